"""Publishing: values, arrays and loans."""

import ctypes
import gc
from typing import Any

import numpy as np
import pytest

import slotcast as sc


@sc.message
class Imu:
    stamp_ns: sc.u64
    accel: sc.f32[3]


@sc.message
class Header:
    number: sc.u32


@pytest.fixture
def imu(domain: sc.Domain) -> Any:
    with sc.Publisher("imu", Imu, domain=domain) as pub, sc.Subscriber("imu", domain=domain) as sub:
        yield pub, sub


@pytest.fixture
def images(domain: sc.Domain) -> Any:
    with sc.Publisher("images", sc.tensor(), domain=domain) as pub, sc.Subscriber("images", domain=domain) as sub:
        yield pub, sub


def test_fields_by_keyword(imu: Any) -> None:
    pub, sub = imu
    assert pub.publish(stamp_ns=1, accel=(0, 0, 9.5)) == 0
    assert pub.publish(Imu(stamp_ns=2, accel=np.array([1, 2, 3]))) == 1
    first, second = sub.recv(timeout=10), sub.recv(timeout=10)
    assert (first.stamp_ns, first["accel"][2], first.sequence) == (1, 9.5, 0)
    assert second.accel.tolist() == [1, 2, 3] and not second.accel.flags.writeable
    copy = second.copy()
    copy["stamp_ns"] = 3
    assert (copy["stamp_ns"], second["stamp_ns"]) == (3, 2)
    assert pub.publish(copy) == 2 and sub.recv(timeout=10).stamp_ns == 3


@pytest.mark.parametrize(
    ("fields", "error", "text"),
    [
        ({"stamp": 1, "accel": (0, 0, 0)}, TypeError, "did you mean `stamp_ns`"),
        ({"stamp_ns": 1}, ValueError, "accel"),
        ({"stamp_ns": -1, "accel": (0, 0, 0)}, ValueError, "stamp_ns"),
        ({"stamp_ns": 1, "accel": (0, 0)}, ValueError, "accel"),
        ({"stamp_ns": "x", "accel": (0, 0, 0)}, ValueError, "stamp_ns"),
        ({"stamp_ns": object(), "accel": (0, 0, 0)}, TypeError, "object"),
    ],
)
def test_wrong_fields_are_named(imu: Any, fields: dict[str, Any], error: type[Exception], text: str) -> None:
    pub, sub = imu
    with pytest.raises(error, match=text):
        pub.publish(**fields)
    assert sub.try_recv() is None


def test_arrays_with_a_header(domain: sc.Domain) -> None:
    with sc.Publisher("points", sc.Slice[sc.f32[3], Header], domain=domain) as pub:
        with sc.Subscriber("points", domain=domain) as sub:
            points = np.arange(12, dtype="f4").reshape(4, 3)
            pub.publish(points, number=7)
            with pub.loan(4, number=8) as loan:
                assert loan.shape == (4, 3)
                loan[:] = points
            pub.publish([[0, 0, 0]], number=9)
            for number in (7, 8):
                sample = sub.recv(timeout=10)
                assert sample.number == sample.header.number == sample["number"] == number
                assert np.array_equal(np.asarray(sample), points) and len(sample) == 4
            assert sub.recv(timeout=10).to_dict() == {"header": {"number": 9}, "elements": [[0, 0, 0]]}
            for wrong, error, text in (
                (points.astype("f8"), TypeError, "float32"),
                (points[:, :2].copy(), ValueError, "shape"),
                (points[::2], ValueError, "not contiguous"),
                (np.array([object()]), TypeError, "Python objects"),
            ):
                with pytest.raises(error, match=text):
                    pub.publish(wrong, number=1)
            with pytest.raises(TypeError, match="did you mean `number`"):
                pub.publish(points, numbr=1)


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"])
def test_tensors_have_type_and_shape(images: Any, dtype: str) -> None:
    pub, sub = images
    array = np.arange(24).astype(dtype).reshape(2, 3, 4)
    pub.publish(array)
    frame = sub.recv(timeout=10)
    seen = np.asarray(frame)
    assert seen.dtype == array.dtype and np.array_equal(seen, array) and not seen.flags.writeable
    assert np.array_equal(np.from_dlpack(frame), array)
    with pytest.raises(ValueError, match="WRITEABLE"):
        seen.flags.writeable = True
    with pytest.raises(TypeError, match="not writable"):
        (ctypes.c_char * 1).from_buffer(frame)


def test_a_loan_is_sent_at_the_end(images: Any) -> None:
    pub, sub = images
    with pub.loan((4, 5, 3)) as image:
        image[:] = 9
        alias = image  # variables may refer to it
    assert alias is image and image.shape == (0,), "nothing refers to what was sent"
    assert np.asarray(sub.recv(timeout=10)).sum() == 9 * 60


def test_a_loan_is_discarded_on_an_exception(images: Any) -> None:
    pub, sub = images
    with pytest.raises(KeyError):
        with pub.loan((4, 5)) as image:
            image[:] = 1
            raise KeyError
    assert sub.try_recv() is None and image.shape == (0,)


@pytest.mark.parametrize("keep", ["slice", "memoryview", "deleted", "list", "base"])
def test_a_view_that_is_alive_is_an_error(images: Any, keep: str) -> None:
    pub, sub = images
    kept: Any = []
    with pytest.raises(BufferError, match="not sent"):
        with pub.loan((64, 64)) as image:
            image[:] = 1
            match keep:
                case "slice":
                    kept = image[1:]
                case "memoryview":
                    kept = memoryview(image)
                case "deleted":
                    kept = memoryview(image)
                    del image
                case "list":
                    kept.append(image)
                case "base":
                    kept = image.base
    assert sub.try_recv() is None, "nothing is sent that can still be written"
    pub.close()
    if keep in ("slice", "memoryview"):
        assert np.asarray(kept).sum() > 0, "the memory is there as long as its view"
        np.asarray(kept)[:] = 2


def test_loans_of_structs_are_zero_at_first(imu: Any) -> None:
    pub, sub = imu
    for stamp in (1, 2):
        with pub.loan() as message:
            assert message["stamp_ns"] == 0
            message["stamp_ns"] = stamp
            message["accel"][2] = 9.5
        del message
    assert [sub.recv(timeout=10).stamp_ns for _ in range(2)] == [1, 2]


def test_huge_and_negative_shapes(images: Any) -> None:
    pub, _ = images
    with pytest.raises(ValueError, match="larger"):
        with pub.loan((1 << 40, 1 << 40)):
            pass
    with pytest.raises((ValueError, sc.PublishFailed)):
        with pub.loan(1 << 62):
            pass
    with pytest.raises(ValueError, match="negative"):
        with pub.loan((-1,)):
            pass
    with pytest.raises(ValueError, match="8 dimensions"):
        pub.publish(np.zeros((1,) * 9, "u1"))


def test_invalid_values_in_a_loan_are_not_sent(domain: sc.Domain) -> None:
    with sc.Publisher("flags", sc.Slice[sc.boolean], domain=domain) as pub, sc.Subscriber("flags", domain=domain) as sub:
        with pytest.raises(ValueError, match="bool"):
            with pub.loan(2000) as flags:
                flags[:] = True
                flags.view("u1")[5] = 7
        assert sub.try_recv() is None
        gc.collect()


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ([("stamp_ns", "u8"), ("accel", "f8", 3)], r"field `accel` is float64\[3\] at byte 8 in the array, and float32\[3\] at byte 8"),
        ([("stamp", "u8"), ("accel", "f4", 3)], "no field `stamp_ns`"),
        ([("accel", "f4", 3), ("stamp_ns", "u8")], "field `stamp_ns` is .*in the array"),
    ],
)
def test_structs_of_another_type_name_the_field(domain: sc.Domain, fields: Any, text: str) -> None:
    of = np.dtype([("stamp_ns", "u8"), ("accel", "f4", 3)], align=True)
    with sc.Publisher("imu", sc.schema_of(of, "Imu"), domain=domain) as pub:
        with pytest.raises(TypeError, match=text):
            pub.publish(np.zeros((), np.dtype(fields, align=True)))
        assert pub.publish(np.zeros((), of)) == 0


def test_arrays_that_are_no_message(domain: sc.Domain) -> None:
    with sc.Publisher("four", sc.f32[4], domain=domain) as pub:
        for wrong in (np.zeros(5, "f4"), np.zeros((2, 2), "f4"), np.zeros(4, "c8"), np.array([None] * 4)):
            with pytest.raises((TypeError, ValueError)):
                pub.publish(wrong)
        assert pub.publish(np.zeros(8, "f4")[::2]) == 0  # as values


def test_integers_are_floats_where_those_are_needed(domain: sc.Domain) -> None:
    with sc.Publisher("level", sc.f64, domain=domain) as pub, sc.Subscriber("level", domain=domain) as sub:
        pub.publish(25)
        pub.publish(np.float64(2.5))
        assert [sub.recv(30).to_dict(), sub.recv(30).to_dict()] == [25.0, 2.5]

"""Types: each way to one gives the hash of Rust's derive."""

import enum
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import slotcast as sc
from conftest import WORKSPACE

GOLDEN = {
    name: hash
    for hash, name in (
        line.split(" ", 1)
        for line in (WORKSPACE / "tests/schema/golden.txt").read_text().splitlines()
        if not line.startswith("#")
    )
}


@sc.message
class Point:
    x: sc.f32
    y: sc.f32


@sc.message(repr=sc.i16)
class Gear(enum.IntEnum):
    Reverse = -1
    Neutral = 0
    First = 1
    Fourth = 4


@sc.message(name="test.Everything", version=2)
class Everything:
    stamp: sc.u64
    wide: sc.u64
    path: sc.FixedVec[Point, 3]
    grid: sc.i32[3][2]
    name: sc.Str[13]
    on: sc.boolean
    gear: Gear
    letter: sc.char
    modes: sc.FixedVec[sc.boolean, 4]


@sc.message(align=32)
class Aligned:
    values: sc.u64[4]


@sc.message
class Wide:
    signed: sc.i128
    unsigned: sc.u128


def stamped(of: Any, name: str = "Stamped") -> Any:
    field = "value" if name == "Stamped" else "values"
    return sc.message(type(name, (), {"__annotations__": {"stamp": sc.u64, field: of}}))


PRIMITIVES = {name: getattr(sc, {"bool": "boolean"}.get(name, name)) for name in list(GOLDEN)[:14]}
TYPES = {
    **PRIMITIVES,
    "[f64; 3]": sc.f64[3],
    "[[u8; 2]; 3]": sc.u8[2][3],
    "Str<16>": sc.Str[16],
    "FixedVec<u32, 5>": sc.FixedVec[sc.u32, 5],
    "Point": Point,
    "Gear": Gear,
    "Everything": Everything,
    "Aligned": Aligned,
    "Stamped<f64>": stamped(sc.f64),
    "Stamped<[Point; 2]>": stamped(sc.messages.Type(Point.__slotcast__)[2]),
    "Samples<1>": stamped(sc.u64[1], "Samples"),
    "Samples<12>": stamped(sc.u64[12], "Samples"),
    "Wide": Wide,
}


@pytest.mark.parametrize("name", GOLDEN)
def test_hashes_are_those_of_rust(name: str) -> None:
    if name == "Tensor":
        header = json.loads(sc.tensor().to_json())["kind"]["slice"]["header"]
        schema = sc.Schema.from_json(json.dumps(header))
    elif name == "Meters":  # no Python name is `0`
        schema = sc.schema_of(np.dtype([("0", "f8")]), "Meters")
    else:
        schema = sc.schema_of(TYPES[name])
    assert schema.hash == GOLDEN[name]
    assert sc.Schema.from_json(schema.to_json()) == schema


def test_numpy_types_lead_to_the_same_hash_and_back() -> None:
    dtype = np.dtype([("x", "<f4"), ("y", "<f4")])
    assert sc.schema_of(dtype, "Point").hash == GOLDEN["Point"]
    assert sc.schema_of(Point.schema.dtype).hash == GOLDEN["Point"]  # it knows its name
    assert Point.schema.dtype == dtype
    everything = Everything.schema.dtype
    offsets = {name: field[1] for name, field in everything.fields.items()}
    described = json.loads(Everything.schema.to_json())["kind"]["struct"]["fields"]
    assert offsets == {field["name"]: field["offset"] for field in described if "pad" not in field["schema"]["kind"]}


def test_a_schema_file_is_a_type(tmp_path: Path) -> None:
    file = tmp_path / "point.json"
    file.write_text(Point.schema.to_json())
    assert sc.schema_of(file) == sc.schema_of(str(file)) == Point.schema


def test_gaps_are_filled() -> None:
    @sc.message
    class Imu:
        stamp_ns: sc.u64
        accel: sc.f32[3]

    assert Imu.schema.size == 24 and Imu.schema.dtype.itemsize == 24
    assert sc.schema_of(np.dtype([("stamp_ns", "u8"), ("accel", "f4", 3)], align=True), "Imu") == Imu.schema


@pytest.mark.parametrize(
    ("of", "error", "text"),
    [
        (np.dtype([("x", "O")]), TypeError, "Python objects"),
        (np.dtype([("x", ">f4")]), TypeError, "little-endian"),
        (np.dtype([("x", "f4")]), TypeError, "sc.schema_of"),
        (np.dtype({"names": ["a", "b"], "formats": ["u4", "u4"], "offsets": [0, 2]}), TypeError, "overlaps"),
    ],
)
def test_types_that_messages_cannot_have(of: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        sc.schema_of(of, None if "schema_of" in text else "Point")


def test_schemas_from_elsewhere_are_checked() -> None:
    for text in ("", "{}", Point.schema.to_json().replace('"size":8', '"size":9')):
        with pytest.raises(sc.SchemaInvalid, match="invalid schema"):
            sc.Schema.from_json(text)


def test_every_kind_of_field_arrives(domain: sc.Domain) -> None:
    fields = {
        "stamp": 1, "wide": 2**63, "path": [{"x": 1.0, "y": 2.0}], "grid": [[1, 2, 3], [4, 5, 6]], "name": "größe",
        "on": True, "gear": Gear.Reverse, "letter": "ß", "modes": [True, False],
    }  # fmt: skip
    with sc.Publisher("all", Everything, domain=domain) as pub, sc.Subscriber("all", domain=domain) as sub:
        pub.publish(**fields)
        pub.publish(Everything(**fields))
        for _ in range(2):
            sample = sub.recv(timeout=10)
            assert sample.to_dict() == fields
            assert sample.gear.name == "Reverse" and isinstance(sample.gear, enum.IntEnum)
            assert sample.name == "größe" and sample["stamp"] == 1 and sample["grid"].tolist() == fields["grid"]
            assert "größe" in sample._repr_html_()
        pub.publish(sub.latest() or sample)  # a sample is a message, too
        assert sub.recv(timeout=10).to_dict() == fields

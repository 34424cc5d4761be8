"""Publishing."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, Self

from ._payload import bytes_of, checked, contiguous
from ._slotcast import Domain, PublisherHandle
from .messages import check_names, schema_of, with_nearest

if TYPE_CHECKING:
    import numpy as np

_TENSOR_CODES = {"u1": 1, "u2": 2, "u4": 3, "u8": 4, "i1": 5, "i2": 6, "i4": 7, "i8": 8, "f4": 9, "f8": 10, "f2": 11}


class Publisher(PublisherHandle):
    """Publishes messages on a topic.

    Several threads can use one: they take turns. A lossless publisher waits for subscribers without
    holding the interpreter's lock; Ctrl-C ends that.

    >>> import slotcast as sc, numpy as np
    >>> domain = sc.testing.temporary_domain()
    >>> pub = sc.Publisher("image", sc.tensor(), domain=domain)
    >>> sub = sc.Subscriber("image", domain=domain)
    >>> with pub.loan((2, 3), dtype="f4") as image:
    ...     image[:] = 1.5
    >>> frame = sub.recv()
    >>> frame.array.shape, frame.array.sum().item(), frame.array.flags.writeable
    ((2, 3), 9.0, False)
    >>> pub.close(); sub.close(); domain.close()
    """

    def __new__(cls, topic: str, type: Any, *, domain: Domain | None = None, **settings: Any) -> Self:
        schema = schema_of(type)
        try:
            return super().__new__(cls, topic, schema, domain=domain, **settings)
        except TypeError as error:
            raise with_nearest(error, settings, PublisherHandle) from None

    def publish(self, value: Any = None, /, **fields: Any) -> int:
        """Publish a message, and return its sequence.

        It is a value or an array; or the fields by keyword. For messages with a header, the elements
        are the value, and the header's fields are the keywords.
        """
        schema = self.schema
        if schema.is_tensor:
            check_names(fields, (), "a tensor")
            array = contiguous(value)
            return self.publish_bytes(bytes_of(array), _tensor_header(array.shape, array.dtype))
        if fields:
            check_names(fields, schema.field_names, schema.name)
        if schema.is_variable and hasattr(value, "dtype"):
            return self.publish_bytes(bytes_of(checked(value, schema.dtype)), fields if schema.has_header else None)
        if schema.has_header:
            return self.publish_value({"header": fields, "elements": value})
        if value is None:
            return self.publish_value(fields)
        if fields:
            raise TypeError("give a value, or fields by keyword, not both")
        if hasattr(value, "dtype") and value.dtype == schema.dtype:  # that of an array is that of its elements
            return self.publish_bytes(bytes_of(contiguous(value)))
        if getattr(getattr(value, "dtype", None), "names", None) is not None:
            checked(value, schema.dtype)  # it fails, and names the field that differs
        return self.publish_value(value)

    @contextmanager
    def loan(self, shape: Any = 1, *, dtype: Any = None, **header: Any) -> Iterator["np.ndarray[Any, Any]"]:
        """Lend a writable array in shared memory, which is sent at the end of the block.

        It is discarded if the block raises. If a view of the array, or another reference to it than
        variables of the function with the block, is alive at the end, that is a `BufferError`, and
        nothing is sent. After the block the array is empty. Its contents are arbitrary at first,
        unless messages have a fixed size: then they are zero.
        """
        import numpy as np

        schema = self.schema
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        count = 1
        for length in shape:
            if length < 0:
                raise ValueError(f"the shape {shape} has a negative length")
            count *= length
        if schema.is_tensor:
            of = np.dtype(dtype if dtype is not None else np.uint8)
            check_names(header, (), "a tensor")
            handle = self.lend_memory(_fits(count * of.itemsize, shape), _tensor_header(shape, of))
        else:
            of = schema.dtype
            check_names(header, schema.field_names if schema.has_header else (), schema.name)
            if not schema.is_variable:
                shape, count = (), 1
            handle = self.lend_memory(_fits(count, shape), header if schema.has_header else None)
        memory: Any = handle.memory()
        at = schema.size if schema.is_variable else 0
        array: np.ndarray[Any, Any] = np.ndarray(shape, of, memory, at) if count else np.empty(shape, of)
        del memory
        try:
            yield array
        except BaseException:
            if _is_referenced_only_by(sys._getframe(), array):
                _empty(array)
            handle.discard()
            raise
        if not _is_referenced_only_by(sys._getframe(), array):
            handle.discard()
            raise BufferError(
                "the message is not sent: something else than a variable refers to its array, such as a view, and could "
                "still write it; delete it before the end of the block"
            )
        _empty(array)
        handle.send()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _empty(array: "np.ndarray[Any, Any]") -> None:
    """Make an array empty, so that it refers to no memory of others."""
    import numpy as np

    nothing: Any = (1, (0,), np.dtype(np.uint8), False, b"")
    array.__setstate__(nothing)


def _is_referenced_only_by(generator: FrameType, array: object) -> bool:
    """Return whether only variables of the user's function refer to an array.

    `generator` is the frame of `loan`, which has one reference, as this function's parameter is.
    """
    here = __file__
    frame = generator.f_back
    while frame is not None and (frame.f_code.co_filename == here or frame.f_globals.get("__name__") == "contextlib"):
        frame = frame.f_back
    if frame is None:
        return False
    variables = frame.f_locals
    is_snapshot = sys.version_info < (3, 13) and variables is not frame.f_globals
    named = sum(value is array for value in variables.values())
    # This function's parameter, the variable of `loan`, and the argument of `getrefcount`.
    ours = 3
    return sys.getrefcount(array) <= ours + named * (2 if is_snapshot else 1)


def _fits(count: int, shape: tuple[int, ...]) -> int:
    if count >= 1 << 63:
        raise ValueError(f"an array of shape {shape} is larger than memory can be")
    return count


def _tensor_header(shape: tuple[int, ...], dtype: "np.dtype[Any]") -> dict[str, Any]:
    code = _TENSOR_CODES.get(dtype.str[1:])
    if code is None or dtype.byteorder == ">":
        raise TypeError(f"a tensor cannot consist of {dtype}: use little-endian integers or floats")
    if len(shape) > 8:
        raise ValueError(f"a tensor has at most 8 dimensions, and the shape is {shape}")
    strides, stride = [0] * len(shape), dtype.itemsize
    for dimension in reversed(range(len(shape))):
        strides[dimension] = stride
        stride *= max(shape[dimension], 1)
    rest = [0] * (8 - len(shape))
    return {"dtype": code, "ndim": len(shape), "order": 0, "shape": [*shape, *rest], "strides": [*strides, *rest]}

"""The bytes of messages, from values and arrays."""

from typing import TYPE_CHECKING, Any

from ._slotcast import Schema
from .messages import check_names

if TYPE_CHECKING:
    import numpy as np


def encode(schema: Schema, value: Any, fields: dict[str, Any]) -> Any:
    """Return the bytes of a value or an array, or of a struct of which the fields are given."""
    if fields:
        check_names(fields, schema.field_names, schema.name)
        if value is not None:
            raise TypeError("give a value, or fields by keyword, not both")
        value = fields
    if schema.is_variable and hasattr(value, "dtype"):
        return bytes_of(checked(value, schema.dtype))
    if hasattr(value, "dtype") and value.dtype == schema.dtype:  # that of an array is that of its elements
        return bytes_of(contiguous(value))
    if getattr(getattr(value, "dtype", None), "names", None) is not None:
        checked(value, schema.dtype)  # it fails, and names the field that differs
    return schema.encode(value)


def contiguous(value: Any) -> "np.ndarray[Any, Any]":
    import numpy as np

    array = np.asarray(value)
    if array.dtype.hasobject:
        raise TypeError(f"an array of {array.dtype} holds Python objects, which other processes cannot read")
    if not array.flags.c_contiguous:
        raise ValueError(
            f"the array of shape {array.shape} and strides {array.strides} is not contiguous: pass np.ascontiguousarray(array)"
        )
    return array


def checked(value: Any, dtype: Any) -> "np.ndarray[Any, Any]":
    """Return elements, if they are of the topic's type. Arrays in messages are further dimensions."""
    import numpy as np

    array = contiguous(value)
    base, inner = dtype.subdtype if dtype.subdtype is not None else (dtype, ())
    if array.dtype != base:
        names = base.names or ()
        for name in names:
            if name not in (array.dtype.names or ()):
                raise TypeError(f"the array has no field `{name}`: messages are of {base}, the array is of {array.dtype}")
            if array.dtype.fields[name][:2] != base.fields[name][:2]:
                theirs, ours = _described(array.dtype.fields[name]), _described(base.fields[name])
                raise TypeError(f"field `{name}` is {theirs} in the array, and {ours} in the messages")
        raise TypeError(f"messages consist of {base}, and the array of {array.dtype}")
    if inner and array.shape[-len(inner) :] != inner:
        raise ValueError(f"elements have the shape {inner}, and the array {array.shape}")
    return np.asarray(array)


def _described(field: Any) -> str:
    dtype, offset = field[:2]
    shape = "".join(f"[{length}]" for length in dtype.shape)
    return f"{dtype.base}{shape} at byte {offset}"


def bytes_of(array: "np.ndarray[Any, Any]") -> Any:
    import numpy as np

    return array.reshape(-1).view(np.uint8)

"""Messages as classes.

>>> import slotcast as sc
>>> @sc.message
... class Point:
...     x: sc.f32
...     y: sc.f32
>>> Point.schema.hash
'acfc8e07d6a2ee87113e5182e7710df2'
>>> Point(x=1, y=2).to_dict()
{'x': 1, 'y': 2}
"""

import enum
import json
import typing
from typing import TYPE_CHECKING, Any

from ._slotcast import Schema


class Type:
    """A type of fields. `f32[3]` is an array of three."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema

    def __getitem__(self, len: int) -> "Type":
        return Type(_array(self._schema, len))

    def __repr__(self) -> str:
        return Schema.from_json(json.dumps(self._schema)).name


def _array(element: dict[str, Any], len: int) -> dict[str, Any]:
    if len < 1:
        raise TypeError(f"an array has at least one element, not {len}")
    return {"size": element["size"] * len, "align": element["align"], "kind": {"array": {"element": element, "len": len}}}


def _primitive(name: str, size: int) -> Any:
    return Type({"name": name, "size": size, "align": size, "kind": {"primitive": name}})


if TYPE_CHECKING:
    # What a field of the type is in Python.
    u8 = u16 = u32 = u64 = u128 = i8 = i16 = i32 = i64 = i128 = int
    f32 = f64 = float
    boolean = bool
    char = str
else:
    u8, u16, u32, u64, u128 = (_primitive(f"u{8 * size}", size) for size in (1, 2, 4, 8, 16))
    i8, i16, i32, i64, i128 = (_primitive(f"i{8 * size}", size) for size in (1, 2, 4, 8, 16))
    f32, f64 = _primitive("f32", 4), _primitive("f64", 8)
    boolean, char = _primitive("bool", 1), _primitive("char", 4)


class Str:
    """Text of bounded length: `Str[16]` has at most 16 bytes of UTF-8."""

    def __class_getitem__(cls, capacity: int) -> Type:
        return Type({"size": capacity, "align": 1, "kind": {"str": {"capacity": capacity}}})


class Pad:
    """Bytes without meaning: `Pad[3]`."""

    def __class_getitem__(cls, bytes: int) -> Type:
        return Type({"size": bytes, "align": 1, "kind": {"pad": {"bytes": bytes}}})


class FixedVec:
    """A list of bounded length: `FixedVec[u32, 5]` has at most 5 elements."""

    def __class_getitem__(cls, of: tuple[Any, int]) -> Type:
        element, capacity = _schema(of[0]), of[1]
        kind = {"list": {"element": element, "capacity": capacity}}
        return Type({"size": 8 + element["size"] * capacity, "align": element["align"], "kind": kind})


class Slice:
    """A message of any number of elements: `Slice[u8]`, or with a header `Slice[u8, Header]`."""

    def __class_getitem__(cls, of: Any) -> Schema:
        element, *header = of if isinstance(of, tuple) else (of,)
        return _slice(_schema(element), _schema(header[0]) if header else None)


def _slice(element: dict[str, Any], header: dict[str, Any] | None) -> Schema:
    kind: dict[str, Any] = {"element": element}
    align, at = element["align"], 0
    if header is not None:
        kind["header"] = header
        align = max(align, header["align"])
        at = header["size"] + -header["size"] % 64
    size = at + element["size"]
    return Schema.from_json(json.dumps({"size": size, "align": align, "kind": {"slice": kind}}))


_TENSOR = {
    "name": "slotcast.Tensor", "version": 1, "size": 136, "align": 8,
    "kind": {"struct": {"fields": [
        {"name": name, "offset": offset, "schema": schema}
        for name, offset, schema in (
            ("dtype", 0, {"name": "u8", "size": 1, "align": 1, "kind": {"primitive": "u8"}}),
            ("ndim", 1, {"name": "u8", "size": 1, "align": 1, "kind": {"primitive": "u8"}}),
            ("order", 2, {"name": "u8", "size": 1, "align": 1, "kind": {"primitive": "u8"}}),
            ("_pad", 3, {"size": 5, "align": 1, "kind": {"pad": {"bytes": 5}}}),
            *((name, at, _array({"name": "u64", "size": 8, "align": 8, "kind": {"primitive": "u64"}}, 8))
              for name, at in (("shape", 8), ("strides", 72))),
        )
    ]}},
}  # fmt: skip


def tensor() -> Schema:
    """Return the schema of arrays of numbers, each of which says its type and shape."""
    return _slice({"name": "u8", "size": 1, "align": 1, "kind": {"primitive": "u8"}}, _TENSOR)


def message(cls: Any = None, *, name: str | None = None, version: int = 0, align: int = 1, repr: Any = None) -> Any:
    """Make a class, or an `enum.IntEnum`, the type of messages: the derive of Python.

    Fields are in the order of the class, each at the next multiple of its alignment, as in C. Gaps
    are filled with padding, which Rust's derive wants to see written: `Pad<N>` has no part in the
    hash. An enum needs `repr=`, the integer type in memory.
    """
    if cls is None:
        return lambda cls: message(cls, name=name, version=version, align=align, repr=repr)
    if isinstance(cls, type) and issubclass(cls, enum.IntEnum):
        schema = _enum(cls, name or cls.__name__, version, repr)
        setattr(cls, "__slotcast__", schema)
        setattr(cls, "schema", Schema.from_json(json.dumps(schema)))
        return cls
    schema = _struct(cls, name or cls.__name__, version, align)
    names = [field["name"] for field in schema["kind"]["struct"]["fields"] if "pad" not in field["schema"]["kind"]]
    namespace = {
        "__doc__": cls.__doc__,
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__slotcast__": schema,
        "__slots__": tuple(names),
        "schema": Schema.from_json(json.dumps(schema)),
    }
    return type(cls.__name__, (Message,), namespace)


class Message:
    """What classes of messages have in common: fields by keyword, and `to_dict`."""

    __slots__: tuple[str, ...] = ()
    __slotcast__: dict[str, Any]
    schema: Schema

    def __init__(self, **fields: Any) -> None:
        check_names(fields, self.__slots__, self.schema.name)
        for name in self.__slots__:
            if name not in fields:
                raise TypeError(f"field `{name}` of {self.schema.name} is missing")
            setattr(self, name, fields[name])

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict."""
        return {name: getattr(self, name) for name in self.__slots__}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and type(self) is type(other) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.to_dict().items())})"


def check_names(given: typing.Iterable[str], known: typing.Sequence[str], what: str) -> None:
    """Fail if a field is not known, and name the nearest that is."""
    for name in given:
        if name not in known:
            import difflib

            near = difflib.get_close_matches(name, known, 1)
            hint = f": did you mean `{near[0]}`?" if near else f"; it has {', '.join(known)}"
            raise TypeError(f"{what} has no field `{name}`{hint}")


def with_nearest(error: TypeError, given: typing.Iterable[str], handle: type) -> TypeError:
    """Return an error that names the nearest keyword, if one of those that were given is unknown."""
    import difflib
    import inspect

    parameters = inspect.signature(handle).parameters.values()
    known = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(known)}"
            return TypeError(f"there is no setting `{name}`: {hint}")
    return error


def _schema(of: Any) -> dict[str, Any]:
    if isinstance(of, Type):
        return of._schema
    schema = getattr(of, "__slotcast__", None)
    if schema is not None:
        return typing.cast(dict[str, Any], schema)
    if typing.get_origin(of) is typing.Annotated:
        return _schema(typing.get_args(of)[1])
    raise TypeError(f"{of!r} is not a type of fields: use sc.u64, sc.f32[3], sc.Str[16] or a message")


def _struct(cls: type, name: str, version: int, align: int) -> dict[str, Any]:
    fields: list[dict[str, Any]] = []
    end = 0
    for field, of in typing.get_type_hints(cls, include_extras=True).items():
        schema = _schema(of)
        end = _pad(fields, end, schema["align"])
        fields.append({"name": field, "offset": end, "schema": schema})
        end, align = end + schema["size"], max(align, schema["align"])
    if not fields:
        raise TypeError(f"{name} has no fields")
    end = _pad(fields, end, align)
    return {"name": name, "version": version, "size": end, "align": align, "kind": {"struct": {"fields": fields}}}


def _pad(fields: list[dict[str, Any]], end: int, align: int) -> int:
    """Fill the gap up to the next multiple of an alignment, and return where that is."""
    gap = -end % align
    if gap:
        schema = {"size": gap, "align": 1, "kind": {"pad": {"bytes": gap}}}
        fields.append({"name": f"_pad{len(fields)}", "offset": end, "schema": schema})
    return end + gap


def _enum(cls: type[enum.IntEnum], name: str, version: int, repr: Any) -> dict[str, Any]:
    if repr is None:
        raise TypeError(f"{name} needs the integer type that it has in memory: @sc.message(repr=sc.u8)")
    of = _schema(repr)
    variants = [{"name": variant.name, "value": int(variant)} for variant in cls]
    kind = {"enum": {"repr": of["kind"]["primitive"], "variants": variants}}
    return {"name": name, "version": version, "size": of["size"], "align": of["align"], "kind": kind}


def schema_of(of: Any, name: str | None = None) -> Schema:
    """Return the schema of a message class, a type of fields, a numpy type, or a path to JSON.

    The name is that of the message; only numpy's structs need it.
    """
    if isinstance(of, Schema):
        return of
    if isinstance(of, str) and of.endswith(".json") or hasattr(of, "__fspath__"):
        with open(of, encoding="utf-8") as file:
            return Schema.from_json(file.read())
    if isinstance(of, Type) or hasattr(of, "__slotcast__"):
        return Schema.from_json(json.dumps(_schema(of)))
    from . import _dtypes

    return Schema.from_json(json.dumps(_dtypes.to_schema(of, name)))

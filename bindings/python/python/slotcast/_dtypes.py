"""From schemas to numpy's types."""

import json
from typing import Any

import numpy as np

_NUMBERS = {
    "u8": "<u1", "u16": "<u2", "u32": "<u4", "u64": "<u8", "u128": "V16",
    "i8": "<i1", "i16": "<i2", "i32": "<i4", "i64": "<i8", "i128": "V16",
    "f32": "<f4", "f64": "<f8", "bool": "?", "char": "<u4",
}  # fmt: skip


def of_json(text: str) -> np.dtype[Any]:
    """Return the type of a message; that of its elements if its size varies."""
    schema = json.loads(text)
    kind = schema["kind"]
    return _of(kind["slice"]["element"] if "slice" in kind else schema)


def _of(schema: dict[str, Any]) -> np.dtype[Any]:
    ((kind, of),) = schema["kind"].items()
    match kind:
        case "primitive":
            return np.dtype(_NUMBERS[of])
        case "enum":
            return np.dtype(_NUMBERS[of["repr"]])
        case "array":
            return np.dtype((_of(of["element"]), (of["len"],)))
        case "str":
            return np.dtype(f"S{of['capacity']}")
        case "pad":
            return np.dtype(f"V{of['bytes']}")
        case "list":
            element = _of(of["element"])
            elements = (element, (of["capacity"],))
            return np.dtype({"names": ["len", "elements"], "formats": ["<u8", elements], "offsets": [0, 8],
                             "itemsize": schema["size"]})  # fmt: skip
        case "struct":
            fields = [field for field in of["fields"] if not _is_padding(field["schema"])]
            # A struct of the type's name and version can be found again in the numpy type.
            about: Any = {"slotcast": {"name": schema.get("name", ""), "version": schema.get("version", 0)}}
            return np.dtype(
                {
                    "names": [field["name"] for field in fields],
                    "formats": [_of(field["schema"]) for field in fields],
                    "offsets": [field["offset"] for field in fields],
                    "itemsize": schema["size"],
                },
                metadata=about,
            )
        case _:
            raise ValueError(f"a {kind} has no numpy type")


def _is_padding(schema: dict[str, Any]) -> bool:
    kind = schema["kind"]
    return "pad" in kind or ("array" in kind and _is_padding(kind["array"]["element"]))


_NAMES = {
    **{f"u{size}": f"u{8 * size}" for size in (1, 2, 4, 8)},
    **{f"i{size}": f"i{8 * size}" for size in (1, 2, 4, 8)},
    "f4": "f32",
    "f8": "f64",
    "b1": "bool",
}


def to_schema(dtype: Any, name: str | None = None) -> dict[str, Any]:
    """Return the schema of a numpy type. Structs are named by `name`, or by their metadata."""
    dtype = np.dtype(dtype)
    if dtype.hasobject:
        raise TypeError(f"{dtype} holds Python objects, which other processes cannot read")
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        schema = to_schema(base, name)
        for count in reversed(shape):
            schema = {"size": schema["size"] * count, "align": schema["align"],
                      "kind": {"array": {"element": schema, "len": count}}}  # fmt: skip
        return schema
    if dtype.fields is not None:
        return _struct(dtype, name)
    if dtype.kind == "S":
        return {"size": dtype.itemsize, "align": 1, "kind": {"str": {"capacity": dtype.itemsize}}}
    primitive = _NAMES.get(dtype.str[1:])
    if primitive is None or dtype.byteorder == ">":
        raise TypeError(f"{dtype} is not a type of messages: use little-endian numbers, bool or S<bytes>")
    return {"name": primitive, "size": dtype.itemsize, "align": dtype.itemsize, "kind": {"primitive": primitive}}


def _struct(dtype: np.dtype[Any], name: str | None) -> dict[str, Any]:
    about: dict[str, Any] = dict(dtype.metadata["slotcast"]) if dtype.metadata and "slotcast" in dtype.metadata else {}
    name = name or about.get("name")
    if not name:
        raise TypeError(f"{dtype} needs the name of its message: give sc.schema_of(dtype, \"Name\")")
    assert dtype.fields is not None and dtype.names is not None
    given: Any = dtype.fields
    fields: list[dict[str, Any]] = []
    end, align = 0, 1

    def pad(to: int) -> None:
        if to > end:
            schema = {"size": to - end, "align": 1, "kind": {"pad": {"bytes": to - end}}}
            fields.append({"name": f"_pad{len(fields)}", "offset": end, "schema": schema})

    for field in sorted(dtype.names, key=lambda field: given[field][1]):
        of, offset = given[field][:2]
        if offset < end:
            raise TypeError(f"field `{field}` overlaps the one before it")
        schema = to_schema(of)
        if offset % schema["align"]:
            raise TypeError(f"field `{field}` is at byte {offset}, not a multiple of {schema['align']}: use align=True")
        pad(offset)
        fields.append({"name": field, "offset": offset, "schema": schema})
        end, align = offset + schema["size"], max(align, schema["align"])
    if dtype.itemsize % align:
        raise TypeError(f"the {dtype.itemsize} bytes of {dtype} are not a multiple of {align}: use align=True")
    pad(dtype.itemsize)
    return {"name": name, "version": about.get("version", 0), "size": dtype.itemsize, "align": align,
            "kind": {"struct": {"fields": fields}}}  # fmt: skip

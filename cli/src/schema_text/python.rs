//! Python: NumPy data types with the exact offsets.

use super::definitions::{Definition, Definitions, Names, identifier};
use slotcast::dynamic::Layout;
use slotcast::schema::{Field, Kind, Primitive, Schema, Variant};
use std::fmt::Write;

pub(super) fn render(layout: &Layout) -> String {
    let (schema, hash) = (layout.schema(), layout.hash());
    let taken = ["np", "IntEnum", "HASH", "MESSAGE", "HEADER", "ELEMENT", "ELEMENTS_AT"];
    let definitions = Definitions::of(schema, &taken, |name| identifier(name, KEYWORDS));
    let mut text = format!(
        "\"\"\"Messages with the layout {hash}.\n\n\
         Read one from bytes with `np.frombuffer(data, dtype=...)`.\n\"\"\"\n\n\
         from enum import IntEnum\n\nimport numpy as np\n\nHASH = \"{hash}\"\n"
    );
    for definition in definitions.iter() {
        text += "\n\n";
        text += &match &definition.schema.kind {
            Kind::Struct { fields } => structure(&definitions, definition, fields),
            Kind::Enum { variants, .. } => enumeration(definition, variants),
            _ => String::new(),
        };
    }
    text += "\n\n";
    match &schema.kind {
        Kind::Slice { header, element } => {
            if let Some(header) = header {
                text += &root(&definitions, "HEADER", header.get());
            }
            text += &root(&definitions, "ELEMENT", element.get());
            let _ = writeln!(text, "# The byte at which the elements begin.\nELEMENTS_AT = {}", schema.elements_at());
        }
        _ => text += &root(&definitions, "MESSAGE", schema),
    }
    text
}

fn root(definitions: &Definitions<'_>, name: &str, schema: &Schema) -> String {
    format!("{name} = np.dtype({})\nassert {name}.itemsize == {}\n", dtype(definitions, schema), schema.size)
}

fn structure(definitions: &Definitions<'_>, Definition { schema, name }: &Definition<'_>, fields: &[Field]) -> String {
    let mut text = comment(&schema.doc, "");
    let _ = writeln!(text, "{name} = np.dtype({{");
    let shown: Vec<&Field> = fields.iter().filter(|field| !field.schema.get().is_padding()).collect();
    let list = |of: &dyn Fn(&Field) -> String| {
        shown.iter().map(|field| format!("        {},\n", of(field))).collect::<String>()
    };
    let _ = write!(text, "    \"names\": [\n{}    ],\n", list(&|field| quoted(&field.name)));
    let format = |field: &Field| dtype(definitions, field.schema.get());
    let _ = write!(text, "    \"formats\": [\n{}    ],\n", list(&format));
    let offsets: Vec<_> = shown.iter().map(|field| field.offset.to_string()).collect();
    let _ = writeln!(text, "    \"offsets\": [{}],\n    \"itemsize\": {},\n}})", offsets.join(", "), schema.size);
    for field in shown.iter().filter(|field| !field.unit.is_empty() || !field.doc.is_empty()) {
        let unit = if field.unit.is_empty() { String::new() } else { format!(" in {}", field.unit) };
        let doc = if field.doc.is_empty() { String::new() } else { format!(": {}", field.doc) };
        text += &comment(&format!("{}{unit}{doc}", field.name).replace('\n', " "), "");
    }
    let _ = writeln!(text, "assert {name}.itemsize == {}", schema.size);
    text
}

fn enumeration(Definition { schema, name }: &Definition<'_>, variants: &[Variant]) -> String {
    let mut text = format!("class {name}(IntEnum):\n");
    text += &comment(&schema.doc, "    ");
    // Names that `Enum` treats specially, or that a member of `int` has.
    let mut names = Names::default();
    for variant in variants {
        let name = identifier(variant.name.trim_matches('_'), KEYWORDS);
        let _ = writeln!(text, "    {} = {}", names.add(name), variant.value);
    }
    text
}

/// Returns what NumPy takes for a data type.
fn dtype(definitions: &Definitions<'_>, schema: &Schema) -> String {
    match &schema.kind {
        Kind::Primitive(kind) => primitive(*kind).to_owned(),
        Kind::Struct { .. } => definitions.name(schema).to_owned(),
        Kind::Enum { repr, .. } => primitive(*repr).to_owned(),
        Kind::Array { element, len } => format!("({}, ({len},))", dtype(definitions, element.get())),
        Kind::Str { capacity } => format!("\"S{capacity}\""),
        Kind::Pad { bytes } => format!("\"V{bytes}\""),
        Kind::List { element, capacity } => format!(
            "{{\"names\": [\"len\", \"items\"], \"formats\": [\"<u8\", ({}, ({capacity},))], \
             \"offsets\": [0, 8], \"itemsize\": {}}}",
            dtype(definitions, element.get()),
            schema.size
        ),
        Kind::Slice { .. } => String::new(), // a message by itself
    }
}

fn primitive(primitive: Primitive) -> &'static str {
    match primitive {
        Primitive::U8 => "\"u1\"",
        Primitive::U16 => "\"<u2\"",
        Primitive::U32 | Primitive::Char => "\"<u4\"",
        Primitive::U64 => "\"<u8\"",
        // NumPy has no integers of 128 bits.
        Primitive::U128 => "{\"names\": [\"low\", \"high\"], \"formats\": [\"<u8\", \"<u8\"]}",
        Primitive::I8 => "\"i1\"",
        Primitive::I16 => "\"<i2\"",
        Primitive::I32 => "\"<i4\"",
        Primitive::I64 => "\"<i8\"",
        Primitive::I128 => "{\"names\": [\"low\", \"high\"], \"formats\": [\"<u8\", \"<i8\"]}",
        Primitive::F32 => "\"<f4\"",
        Primitive::F64 => "\"<f8\"",
        Primitive::Bool => "\"?\"",
    }
}

/// Returns a string literal.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string() // JSON's escapes are Python's
}

fn comment(doc: &str, indent: &str) -> String {
    doc.lines().map(|line| format!("{indent}# {}\n", line.trim_end())).collect()
}

const KEYWORDS: &[&str] = &[
    "False",
    "None",
    "True",
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "finally",
    "for",
    "from",
    "global",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "nonlocal",
    "not",
    "or",
    "pass",
    "raise",
    "return",
    "try",
    "while",
    "with",
    "yield",
    "mro",
    "name",
    "value",
    // The methods of `int`, which a variant of this name would hide.
    "as_integer_ratio",
    "bit_count",
    "bit_length",
    "conjugate",
    "denominator",
    "from_bytes",
    "imag",
    "is_integer",
    "numerator",
    "real",
    "to_bytes",
];

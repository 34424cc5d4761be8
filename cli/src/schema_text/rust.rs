//! Rust: types that derive to the same hash.

use super::definitions::{Definition, Definitions, identifier};
use anyhow::{Result, bail};
use slotcast::dynamic::Layout;
use slotcast::schema::{Field, Kind, Primitive, Schema, Variant};
use std::fmt::Write;

pub(super) fn render(layout: &Layout) -> Result<String> {
    let schema = layout.schema();
    let definitions = Definitions::of(schema, IMPORTED, |name| identifier(name, KEYWORDS));
    let mut text = format!("// Messages with the layout {}.\n\n", layout.hash());
    text += "#[allow(unused_imports)]\nuse slotcast::{FixedVec, Pad, ShmMessage, Str};\n";
    for definition in definitions.iter() {
        text.push('\n');
        text += &match &definition.schema.kind {
            Kind::Struct { fields } => structure(&definitions, definition, fields)?,
            Kind::Enum { repr, variants } => enumeration(definition, *repr, variants)?,
            _ => String::new(),
        };
    }
    text.push('\n');
    match &schema.kind {
        Kind::Slice { header, element } => {
            let element = ty(&definitions, element.get())?;
            let header = header.as_ref().map(|header| ty(&definitions, header.get())).transpose()?;
            let arguments = header.map_or_else(|| format!("[{element}]"), |header| format!("[{element}], {header}"));
            let _ =
                writeln!(text, "/// Publishes these messages.\npub type Publisher = slotcast::Publisher<{arguments}>;");
            let _ = writeln!(text, "/// Receives them.\npub type Subscriber = slotcast::Subscriber<{arguments}>;");
        }
        _ => {
            let _ = writeln!(
                text,
                "const _: () = assert!(<{} as ShmMessage>::HASH.0 == 0x{});",
                ty(&definitions, schema)?,
                layout.hash()
            );
        }
    }
    Ok(text)
}

fn structure(definitions: &Definitions<'_>, definition: &Definition<'_>, fields: &[Field]) -> Result<String> {
    let Definition { schema, name } = definition;
    let needed = fields.iter().map(|field| field.schema.get().align).max().unwrap_or(1);
    let align = if schema.align > needed { format!(", align({})", schema.align) } else { String::new() };
    let mut text = head(definition, &format!("C{align}"));
    let is_tuple = fields.iter().enumerate().all(|(index, field)| field.name == index.to_string());
    let _ = writeln!(text, "pub struct {name} {}", if is_tuple { '(' } else { '{' });
    for field in fields {
        text += &doc(&field.doc, "    ");
        if !field.unit.is_empty() {
            let _ = writeln!(text, "    #[shm(unit = {:?})]", field.unit);
        }
        let ty = ty(definitions, field.schema.get())?;
        let name = if is_tuple { String::new() } else { raw(&field.name, "field", name)? + ": " };
        let _ = writeln!(text, "    pub {name}{ty},");
    }
    text += if is_tuple { ");\n" } else { "}\n" };
    Ok(text)
}

fn enumeration(definition: &Definition<'_>, repr: Primitive, variants: &[Variant]) -> Result<String> {
    let mut text = head(definition, repr.name());
    let _ = writeln!(text, "pub enum {} {{", definition.name);
    for variant in variants {
        text += &doc(&variant.doc, "    ");
        let _ = writeln!(text, "    {} = {},", raw(&variant.name, "variant", &definition.name)?, variant.value);
    }
    text += "}\n";
    Ok(text)
}

/// Returns what stands before a type.
fn head(Definition { schema, name }: &Definition<'_>, repr: &str) -> String {
    let mut settings = Vec::new();
    if schema.name != *name {
        settings.push(format!("name = {:?}", schema.name));
    }
    if schema.version != 0 {
        settings.push(format!("version = {}", schema.version));
    }
    let settings = if settings.is_empty() { String::new() } else { format!("#[shm({})]\n", settings.join(", ")) };
    // The names of other languages are not those of Rust.
    let allowed = "#[allow(non_camel_case_types, non_snake_case)]\n";
    format!("{}#[derive(ShmMessage, Clone, Copy, Debug)]\n#[repr({repr})]\n{settings}{allowed}", doc(&schema.doc, ""))
}

fn ty(definitions: &Definitions<'_>, schema: &Schema) -> Result<String> {
    Ok(match &schema.kind {
        Kind::Primitive(kind) => kind.name().to_owned(),
        Kind::Struct { .. } | Kind::Enum { .. } => definitions.name(schema).to_owned(),
        Kind::Array { element, len } => format!("[{}; {len}]", ty(definitions, element.get())?),
        Kind::Str { capacity } => format!("Str<{capacity}>"),
        Kind::Pad { bytes } => format!("Pad<{bytes}>"),
        Kind::List { element, capacity } => format!("FixedVec<{}, {capacity}>", ty(definitions, element.get())?),
        Kind::Slice { .. } => bail!("a message of variable size cannot be inside another one"),
    })
}

/// Returns the name of a field or variant as Rust writes it. It is part of the hash, so it cannot
/// be changed.
fn raw(name: &str, what: &str, of: &str) -> Result<String> {
    let mut chars = name.chars();
    let begins = chars.next().is_some_and(|c| c == '_' || c.is_alphabetic());
    if !begins || name == "_" || !chars.all(|c| c == '_' || c.is_alphanumeric()) {
        bail!(
            "{what} {name:?} of {of} cannot be written in Rust, where it is no identifier; its name is part of the hash"
        );
    }
    if NEVER_RAW.contains(&name) {
        bail!(
            "{what} {name:?} of {of} cannot be written in Rust, where nothing can have that name; it is part of the hash"
        );
    }
    Ok(if KEYWORDS.contains(&name) { format!("r#{name}") } else { name.to_owned() })
}

fn doc(doc: &str, indent: &str) -> String {
    doc.lines().map(|line| format!("{indent}/// {line}\n")).collect()
}

/// Names of types that the text uses for others.
const IMPORTED: &[&str] = &[
    "FixedVec",
    "Pad",
    "ShmMessage",
    "Str",
    "Publisher",
    "Subscriber",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "f32",
    "f64",
    "bool",
    "char",
    "Clone",
    "Copy",
    "Debug",
];

const NEVER_RAW: &[&str] = &["self", "Self", "super", "crate"];

const KEYWORDS: &[&str] = &[
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

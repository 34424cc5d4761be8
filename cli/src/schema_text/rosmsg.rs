//! ROS message definitions. ROS serializes fields one after another, little-endian and without
//! padding. So where a definition is printed, ROS 1 serializes exactly the bytes of the message.

use super::definitions::{Definition, Definitions, Names};
use anyhow::{Result, bail};
use slotcast::dynamic::Layout;
use slotcast::schema::{Field, Kind, Primitive, Schema, Variant};
use std::fmt::Write;

pub(super) fn render(layout: &Layout) -> Result<String> {
    let schema = layout.schema();
    if !matches!(schema.kind, Kind::Struct { .. }) {
        bail!(
            "{} cannot be a ROS message: {}",
            schema.type_name(),
            match schema.kind {
                Kind::Slice { .. } =>
                    "ROS writes a length before the elements of an array of any length, which is not in these bytes",
                _ => "a ROS message has named fields; make it a struct",
            }
        );
    }
    let definitions = Definitions::of(schema, &[], type_name);
    let mut text = format!("# Layout {}\n", layout.hash());
    // The message itself, then those inside it, as `rosmsg` and bags write them.
    for (index, definition) in definitions.iter().rev().filter(|definition| is_struct(definition)).enumerate() {
        if index > 0 {
            let _ = writeln!(text, "{}\nMSG: {}", "=".repeat(80), definition.name);
        }
        if let Kind::Struct { fields } = &definition.schema.kind {
            text += &structure(&definitions, definition, fields)?;
        }
    }
    Ok(text)
}

fn is_struct(definition: &Definition<'_>) -> bool {
    matches!(definition.schema.kind, Kind::Struct { .. })
}

fn structure(definitions: &Definitions<'_>, definition: &Definition<'_>, fields: &[Field]) -> Result<String> {
    let mut text = comment(&definition.schema.doc);
    let mut constants = Names::default();
    for field in fields {
        if let Some((Kind::Enum { repr, variants }, _)) = enum_of(field.schema.get()) {
            text += &enumeration(field, *repr, variants, &mut constants);
        }
    }
    let mut names = Names::default();
    for field in fields {
        let schema = field.schema.get();
        let of = format!("field `{}` of {}", field.name, definition.schema.name);
        text += &comment(&field.doc);
        let unit = if field.unit.is_empty() { String::new() } else { format!(" # {}", field.unit.replace('\n', " ")) };
        let name = names.add(field_name(&field.name));
        if name != field_name(&field.name) {
            bail!("{of} cannot be in a ROS message: another field is `{}` there, too", field_name(&field.name));
        }
        let _ = writeln!(text, "{} {name}{unit}", ty(definitions, schema, &of)?);
    }
    Ok(text)
}

/// Returns the enum that a field has, alone or in an array.
fn enum_of(schema: &Schema) -> Option<(&Kind, &Schema)> {
    match &schema.kind {
        Kind::Enum { .. } => Some((&schema.kind, schema)),
        Kind::Array { element, .. } => enum_of(element.get()),
        _ => None,
    }
}

/// Returns the variants as constants, named after the field.
fn enumeration(field: &Field, repr: Primitive, variants: &[Variant], constants: &mut Names) -> String {
    let mut text = String::new();
    for variant in variants {
        let name = format!("{}_{}", field_name(&field.name), field_name(&variant.name)).to_ascii_uppercase();
        let _ = writeln!(text, "{} {}={}", integer(repr), constants.add(name), variant.value);
    }
    text
}

fn ty(definitions: &Definitions<'_>, schema: &Schema, of: &str) -> Result<String> {
    Ok(match &schema.kind {
        Kind::Primitive(Primitive::U128 | Primitive::I128) => {
            bail!("{of} cannot be in a ROS message: ROS has no integers of 128 bits")
        }
        Kind::Primitive(Primitive::F32) => "float32".to_owned(),
        Kind::Primitive(Primitive::F64) => "float64".to_owned(),
        Kind::Primitive(Primitive::Bool) => "bool".to_owned(),
        Kind::Primitive(kind) => integer(*kind).to_owned(),
        Kind::Enum { repr, .. } => integer(*repr).to_owned(),
        Kind::Struct { .. } => definitions.name(schema).to_owned(),
        Kind::Array { element, len } => match &element.get().kind {
            Kind::Array { .. } | Kind::Str { .. } => {
                bail!("{of} cannot be in a ROS message: ROS has no arrays of arrays; make the inner one a struct")
            }
            _ => format!("{}[{len}]", ty(definitions, element.get(), of)?),
        },
        Kind::Str { capacity } => format!("uint8[{capacity}]"),
        Kind::Pad { bytes } => bail!(
            "{of} cannot be in a ROS message: it is {bytes} bytes of padding, and ROS writes fields without any; order \
             the fields by falling alignment"
        ),
        Kind::List { .. } => bail!(
            "{of} cannot be in a ROS message: it is a list, before which ROS writes its length in 4 bytes, not 8, and only \
             as many elements as it has"
        ),
        Kind::Slice { .. } => bail!("{of} cannot be in a ROS message: it is of variable size"),
    })
}

fn integer(primitive: Primitive) -> &'static str {
    match primitive {
        Primitive::U8 => "uint8",
        Primitive::U16 => "uint16",
        Primitive::U32 | Primitive::Char => "uint32",
        Primitive::U64 => "uint64",
        Primitive::I8 => "int8",
        Primitive::I16 => "int16",
        Primitive::I32 => "int32",
        _ => "int64",
    }
}

/// Returns a name of only letters and digits that begins with a capital letter.
fn type_name(name: &str) -> String {
    let mut text = String::new();
    for word in name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let mut chars = word.chars();
        text.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        text.extend(chars);
    }
    if !text.starts_with(|c: char| c.is_ascii_uppercase()) {
        text.insert_str(0, "Type");
    }
    text
}

/// Returns a name in lower case, of letters, digits and single underscores, that begins with a
/// letter and does not end with an underscore.
fn field_name(name: &str) -> String {
    let mut text = String::new();
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || c.is_ascii_uppercase() && was_lower {
            text.push('_');
        }
        was_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        text.extend(c.is_ascii_alphanumeric().then(|| c.to_ascii_lowercase()));
    }
    let words: Vec<&str> = text.split('_').filter(|word| !word.is_empty()).collect();
    let text = words.join("_");
    if text.starts_with(|c: char| c.is_ascii_lowercase()) { text } else { format!("field_{text}") }
}

fn comment(doc: &str) -> String {
    doc.lines().map(|line| format!("# {line}\n")).collect()
}

//! Definitions of ROS messages. ROS serializes fields one after another, little-endian, each at a
//! multiple of its size. Rust places those of a `repr(C)` struct without gaps at the same places.
//! So the bytes that ROS serializes of such a definition are exactly the bytes of the message.

use super::cdr;
use super::plan::Plan;
use super::standard::Standard;
use crate::definitions::{Definition, Definitions, Names};
use slotcast::dynamic::Layout;
use slotcast::schema::{Field, Kind, Primitive, Schema, Variant};
use std::fmt::Write;

/// A layout cannot be defined as a ROS message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{of} cannot be in a ROS message: {reason}")]
pub struct NotRos {
    of: String,
    reason: &'static str,
}

/// Returns the definition of the message and of all that it contains, as bags have it. Types get
/// the prefix `package/` where `package` is not empty. Allocates.
///
/// What ROS does not have is written as that which has the same bytes: text as an array of bytes,
/// a list as its length and the memory of all its elements, padding as bytes, 128 bits as two
/// integers, arrays of arrays as one. The elements of a message of variable size become a sequence,
/// whose length is not in the message itself: see [`Encoding`](super::Encoding).
///
/// # Errors
/// For arrays of lists, where two fields would have one name, and where ROS would write a field at
/// another place than it has in memory.
pub fn text(layout: &Layout, package: &str) -> Result<String, NotRos> {
    let schema = layout.schema();
    if !cdr::lies_as_written(schema) {
        let of = schema.type_name().to_string();
        return Err(NotRos { of, reason: "its fields do not lie where ROS writes them" });
    }
    let prefix = if package.is_empty() { String::new() } else { format!("{package}/") };
    let definitions = Definitions::of(schema, &[], type_name);
    let writer = Writer { definitions: &definitions, prefix };
    let mut text = format!("# Layout {}\n", layout.hash());
    text += &writer.root(schema)?;
    for definition in definitions.iter().rev().filter(|definition| is_inner(definition, schema)) {
        let _ = writeln!(text, "{}\nMSG: {}", "=".repeat(80), writer.name(definition));
        text += &writer.structure(definition.schema)?;
    }
    Ok(text)
}

/// Returns the name of the message's own type. No type inside it has this name.
pub(super) fn root_name(schema: &Schema) -> String {
    let Kind::Slice { header, element } = &schema.kind else { return type_name(&schema.name) };
    let definitions = Definitions::of(schema, &[], type_name);
    let mut name = match header {
        Some(header) => type_name(&header.get().name),
        None => type_name(&element.get().name) + "Array",
    };
    while definitions.iter().any(|definition| is_inner(definition, schema) && definition.name == name) {
        name += "Array";
    }
    name
}

/// Returns whether a definition stands for itself, behind that of the message. The fields of a
/// header are fields of the message.
fn is_inner(definition: &Definition<'_>, root: &Schema) -> bool {
    let is_header = match &root.kind {
        Kind::Slice { header: Some(header), element } => {
            let in_elements = Definitions::of(element.get(), &[], type_name);
            header.get() == definition.schema && in_elements.iter().all(|other| other.schema != definition.schema)
        }
        _ => false,
    };
    is_struct(definition) && definition.schema != root && !is_header
}

/// Returns the message of ROS's own that a part of another message is, if it has the same bytes.
fn standard(schema: &Schema) -> Option<Standard> {
    Standard::of(schema).filter(|_| Plan::of(schema).is_some_and(|plan| plan.is_bytes().is_some()))
}

fn is_struct(definition: &Definition<'_>) -> bool {
    matches!(definition.schema.kind, Kind::Struct { .. })
}

struct Writer<'a> {
    definitions: &'a Definitions<'a>,
    prefix: String,
}

impl Writer<'_> {
    fn name(&self, definition: &Definition<'_>) -> String {
        match standard(definition.schema) {
            Some(standard) if !self.prefix.is_empty() => format!("{}/{}", standard.package(), definition.name),
            _ => format!("{}{}", self.prefix, definition.name),
        }
    }

    /// Returns the fields of the message itself. What has no fields gets one: `data`.
    fn root(&self, schema: &Schema) -> Result<String, NotRos> {
        match &schema.kind {
            Kind::Struct { .. } => self.structure(schema),
            Kind::Slice { header, element } => {
                let mut text = header.as_ref().map_or(Ok(String::new()), |header| self.root(header.get()))?;
                if super::gap(schema) > 0 {
                    text += "# Makes the elements begin at a multiple of 8.\nuint32 reserved_before_data\n";
                }
                let (ty, len) = self.ty(element.get(), "the elements")?;
                if len > 1 {
                    let _ = writeln!(text, "# {len} of them for each element.");
                }
                let _ = writeln!(text, "{ty}[] data");
                Ok(text)
            }
            _ => {
                let mut names = Names::default();
                self.field("data", "", "", schema, "the message", &mut names)
            }
        }
    }

    fn structure(&self, schema: &Schema) -> Result<String, NotRos> {
        let Kind::Struct { fields } = &schema.kind else { return Ok(String::new()) };
        let mut text = comment(&schema.doc);
        let mut constants = Names::default();
        for field in fields.iter() {
            if let Some((repr, variants)) = enum_of(field.schema.get()) {
                text += &enumeration(field, repr, variants, &mut constants);
            }
        }
        let mut names = Names::default();
        for field in fields.iter() {
            let of = format!("field `{}` of {}", field.name, schema.name);
            text += &self.field(&field.name, &field.doc, &field.unit, field.schema.get(), &of, &mut names)?;
        }
        Ok(text)
    }

    fn field(
        &self,
        name: &str,
        doc: &str,
        unit: &str,
        schema: &Schema,
        of: &str,
        names: &mut Names,
    ) -> Result<String, NotRos> {
        let mut name = field_name(name);
        if schema.is_padding() {
            name = names.add("padding".to_owned());
        } else if names.add(name.clone()) != name {
            return Err(NotRos { of: of.to_owned(), reason: "another field has this name there, too" });
        }
        let mut text = comment(doc);
        let unit = if unit.is_empty() { String::new() } else { format!(" # {}", unit.replace('\n', " ")) };
        let mut kind = schema;
        if let Kind::List { element, .. } = &schema.kind {
            let length = format!("{name}_length");
            if names.add(length.clone()) != length {
                return Err(NotRos { of: of.to_owned(), reason: "another field has the name of its length there" });
            }
            // A list lies at a multiple of its alignment: in its length, ROS has to see nothing larger.
            let ty = match schema.align {
                0 | 1 => "uint8[8]",
                2 => "uint16[4]",
                4 => "uint32[2]",
                _ => "uint64",
            };
            let _ = writeln!(text, "{ty} {length}");
            kind = element.get();
        }
        let (ty, mut len) = self.ty(kind, of)?;
        let mut is_array = len > 1 || matches!(kind.kind, Kind::Array { .. } | Kind::Str { .. } | Kind::Pad { .. });
        if let Kind::List { capacity, .. } = &schema.kind {
            len *= capacity;
            is_array = true;
        }
        let count = if is_array { format!("[{len}]") } else { String::new() };
        let _ = writeln!(text, "{ty}{count} {name}{unit}");
        if let tail @ 1.. = cdr::tail(schema) {
            let _ = writeln!(text, "uint8[{tail}] {}", names.add("padding".to_owned()));
        }
        Ok(text)
    }

    /// Returns what has a type of its own in ROS, and how many of it are in `schema`.
    fn ty(&self, schema: &Schema, of: &str) -> Result<(String, u64), NotRos> {
        Ok(match &schema.kind {
            Kind::Primitive(Primitive::U128) => ("uint64".to_owned(), 2),
            Kind::Primitive(Primitive::I128) => ("int64".to_owned(), 2),
            Kind::Primitive(Primitive::F32) => ("float32".to_owned(), 1),
            Kind::Primitive(Primitive::F64) => ("float64".to_owned(), 1),
            Kind::Primitive(Primitive::Bool) => ("bool".to_owned(), 1),
            Kind::Primitive(kind) => (integer(*kind).to_owned(), 1),
            Kind::Enum { repr, .. } => (integer(*repr).to_owned(), 1),
            Kind::Struct { .. } => {
                let definition = self.definitions.iter().find(|definition| definition.schema == schema);
                (definition.map_or_else(String::new, |definition| self.name(definition)), 1)
            }
            Kind::Array { element, len } => {
                let (ty, inner) = self.ty(element.get(), of)?;
                (ty, inner * len)
            }
            Kind::Str { capacity } => ("uint8".to_owned(), *capacity),
            Kind::Pad { bytes } => ("uint8".to_owned(), *bytes),
            Kind::List { .. } => {
                return Err(NotRos {
                    of: of.to_owned(),
                    reason: "it has lists in an array, and their lengths are between their elements; make the list a \
                             field of a struct",
                });
            }
            Kind::Slice { .. } => {
                return Err(NotRos { of: of.to_owned(), reason: "it is of variable size" });
            }
        })
    }
}

/// Returns how many things with a type of their own in ROS are in a type.
pub(super) fn units(schema: &Schema) -> u64 {
    match &schema.kind {
        Kind::Primitive(Primitive::U128 | Primitive::I128) => 2,
        Kind::Array { element, len } => units(element.get()) * len,
        Kind::Str { capacity: bytes } | Kind::Pad { bytes } => *bytes,
        _ => 1,
    }
}

/// Returns the enum that a field has, alone or in an array.
fn enum_of(schema: &Schema) -> Option<(Primitive, &[Variant])> {
    match &schema.kind {
        Kind::Enum { repr, variants } => Some((*repr, variants)),
        Kind::Array { element, .. } | Kind::List { element, .. } => enum_of(element.get()),
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
pub(super) fn type_name(name: &str) -> String {
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

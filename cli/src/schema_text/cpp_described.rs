//! What `slotcast.hpp` has to know of a type: the names in the schema, which C++ may not allow.

use super::cpp::{members_of, values_of};
use super::definitions::Definition;
use slotcast::schema::Kind;
use std::fmt::Write;

/// Returns the description of a struct or enum, which stands in the namespace of the type.
pub(super) fn described(Definition { schema, name }: &Definition<'_>) -> String {
    let mut text = String::new();
    let (schema_name, version) = (literal(&schema.name), schema.version);
    match &schema.kind {
        Kind::Struct { fields } => {
            let _ = writeln!(text, "SLOTCAST_STRUCT_BEGIN({name}, {schema_name}, {version})");
            for (member, field) in members_of(name, fields) {
                let _ = writeln!(text, "SLOTCAST_STRUCT_FIELD({name}, {member}, {})", literal(&field.name));
            }
            let _ = writeln!(text, "SLOTCAST_STRUCT_END({name});");
        }
        Kind::Enum { variants, .. } => {
            let _ = writeln!(text, "SLOTCAST_ENUM_BEGIN({name}, {schema_name}, {version})");
            for (value, variant) in values_of(variants) {
                let _ = writeln!(text, "SLOTCAST_ENUM_VALUE({name}, {value}, {})", literal(&variant.name));
            }
            let _ = writeln!(text, "SLOTCAST_ENUM_END({name});");
        }
        _ => {}
    }
    text
}

/// Returns the text as a C++ string literal.
fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            // `??/` could be a trigraph.
            '"' | '\\' | '?' => literal.extend(['\\', c]),
            c if c.is_control() && c.is_ascii() => {
                let _ = write!(literal, "\\{:03o}", u32::from(c));
            }
            c => literal.push(c),
        }
    }
    literal + "\""
}

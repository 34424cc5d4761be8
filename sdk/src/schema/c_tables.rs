//! What `slotcast.h` has to know of the types in a C header: tables of its macros.

use std::fmt::Write as _;

use super::c::{Header, members_of, value_of};
use super::c_names::unused;
use super::{Kind, Primitive, Schema};

impl<'a> Header<'a> {
    /// Returns the tables of all types that are defined, and a function that creates the schema of the
    /// messages.
    pub(super) fn tables(&mut self, message: &'a Schema) -> String {
        let mut text = String::from("#ifdef SLOTCAST_H\n/* What slotcast.h has to know of these types. */\n");
        for (schema, name) in self.types.clone() {
            text += &self.table(schema, &name);
        }
        let parts = self.parts.clone();
        let (name, call) = match (&message.kind, &*parts) {
            (Kind::Slice { header: Some(header), element }, [header_name, element_name]) => {
                let header = self.part(&mut text, header.get(), header_name);
                let element = self.part(&mut text, element.get(), element_name);
                (
                    "Message".to_owned(),
                    format!("sc_schema_describe_slice(SC_TYPE({header}), SC_TYPE({element}), 0, out)"),
                )
            }
            (Kind::Slice { element, .. }, [name]) => {
                let element = self.part(&mut text, element.get(), name);
                ("Message".to_owned(), format!("sc_schema_describe_slice(NULL, SC_TYPE({element}), 0, out)"))
            }
            (_, parts) => {
                let name = parts.first().map_or_else(|| self.name(message).to_owned(), Clone::clone);
                let name = self.part(&mut text, message, &name);
                (name.clone(), format!("sc_schema_describe(SC_TYPE({name}), out)"))
            }
        };
        let function = unused(&mut self.names, format!("{name}_schema"));
        let _ = writeln!(
            text,
            "/* Creates the schema of the messages. */\n\
             static inline SC_UNUSED sc_code {function}(sc_schema **out) {{\n    return {call};\n}}\n#endif"
        );
        text
    }

    /// Returns the name of a type that has a table; writes the table of `name` if it is a part of a message
    /// that has no other name.
    fn part(&mut self, text: &mut String, schema: &'a Schema, name: &str) -> String {
        if matches!(schema.kind, Kind::Struct { .. } | Kind::Enum { .. }) {
            return self.name(schema).to_owned();
        }
        let table = self.unnamed(text, schema, name);
        text.push_str(&table);
        name.to_owned()
    }

    fn table(&mut self, schema: &'a Schema, name: &str) -> String {
        let (title, version) = (literal(&schema.name), schema.version);
        let mut text = String::new();
        match &schema.kind {
            Kind::Struct { fields } => {
                let mut rows = String::new();
                for (member, field) in members_of(fields) {
                    let hint = format!("{name}_{member}");
                    let (kind, arguments) = self.described(&mut text, field.schema.get(), &hint);
                    let row = format!("SC_{kind}({name}, {member}{arguments})");
                    let _ = writeln!(rows, "SC_NAMED({}, {row})", literal(&field.name));
                }
                let _ = write!(text, "SC_STRUCT_BEGIN({name})\n{rows}SC_STRUCT_END({name}, {title}, {version});\n");
            }
            Kind::Enum { repr, variants } => {
                let _ = write!(text, "SC_ENUM({name}, {title}, {version}, {}", primitive(*repr));
                for variant in variants.iter() {
                    let _ = write!(
                        text,
                        ",\n        SC_VARIANT({}, (int64_t){})",
                        literal(&variant.name),
                        value_of(variant)
                    );
                }
                text += ");\n";
            }
            _ => {}
        }
        text
    }

    /// Returns the table of a type that has no name on the other side.
    fn unnamed(&mut self, before: &mut String, schema: &'a Schema, name: &str) -> String {
        let (kind, arguments) = self.described(before, schema, name);
        let kind = if kind == "FIELD" { "PRIMITIVE" } else { kind };
        format!("SC_{kind}_TYPE({name}{arguments});\n")
    }

    /// Returns the macro for a field of this schema, and what stands behind the field in it. Writes what it
    /// needs into `before`.
    fn described(&mut self, before: &mut String, schema: &'a Schema, hint: &str) -> (&'static str, String) {
        let (element, len, kinds) = match &schema.kind {
            Kind::Primitive(kind) => return ("FIELD", format!(", {}", primitive(*kind))),
            Kind::Struct { .. } | Kind::Enum { .. } => return ("NESTED", format!(", {}", self.name(schema))),
            Kind::Str { capacity } => return ("TEXT", format!(", {capacity}")),
            Kind::Pad { .. } => return ("PAD", String::new()),
            // A message by itself, which is described in parts.
            Kind::Slice { .. } => return ("", String::new()),
            Kind::Array { element, len } => (element.get(), len, ["ARRAY", "NESTED_ARRAY"]),
            Kind::List { element, capacity } => (element.get(), capacity, ["LIST", "NESTED_LIST"]),
        };
        match &element.kind {
            Kind::Primitive(kind) => (kinds[0], format!(", {}, {len}", primitive(*kind))),
            Kind::Struct { .. } | Kind::Enum { .. } => (kinds[1], format!(", {}, {len}", self.name(element))),
            _ => {
                let name = unused(&mut self.names, format!("{hint}_element"));
                let table = self.unnamed(before, element, &name);
                let declaration = self.alias_of(element, &name);
                let _ = write!(before, "{declaration}{table}");
                (kinds[1], format!(", {name}, {len}"))
            }
        }
    }
}

fn primitive(primitive: Primitive) -> &'static str {
    match primitive {
        Primitive::U8 => "SC_U8",
        Primitive::U16 => "SC_U16",
        Primitive::U32 => "SC_U32",
        Primitive::U64 => "SC_U64",
        Primitive::U128 => "SC_U128",
        Primitive::I8 => "SC_I8",
        Primitive::I16 => "SC_I16",
        Primitive::I32 => "SC_I32",
        Primitive::I64 => "SC_I64",
        Primitive::I128 => "SC_I128",
        Primitive::F32 => "SC_F32",
        Primitive::F64 => "SC_F64",
        Primitive::Bool => "SC_BOOL",
        Primitive::Char => "SC_CHAR",
    }
}

/// Returns the text as a C string literal.
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

//! A schema as a C header.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use super::{Field, Kind, Primitive, Schema};

impl Schema {
    /// Returns the message, with all types inside it, as a C11 header (GNU dialect). The header
    /// compiles by itself, and its `_Static_assert`s compare every size, alignment and offset with
    /// this schema.
    ///
    /// `Str<N>` becomes `char[N]`. `FixedVec<T, N>` becomes a struct of `uint8_t len[8]` (a
    /// little-endian integer) and `items`. Names that C does not allow get underscores; different
    /// types of one name get a number. Units and documentation become comments.
    ///
    /// ```
    /// use slotcast::ShmMessage;
    ///
    /// #[derive(ShmMessage)]
    /// #[repr(C)]
    /// struct Point {
    ///     #[shm(unit = "m")]
    ///     x: f32,
    /// }
    ///
    /// let header = Point::SCHEMA.to_c();
    /// assert!(header.contains("    float x; /* m */\n} Point;"));
    /// assert!(header.contains("_Static_assert(offsetof(Point, x) == 0"));
    /// ```
    pub fn to_c(&self) -> String {
        let mut header = Header::default();
        header.define(self);
        let mut text = String::from("#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n");
        for definition in header.definitions {
            text.push('\n');
            text.push_str(&definition);
        }
        text
    }
}

/// The definitions so far, inner before outer.
#[derive(Default)]
struct Header<'a> {
    definitions: Vec<String>,
    names: HashMap<String, Vec<&'a Schema>>,
}

impl<'a> Header<'a> {
    /// Defines the types inside `schema` that are not defined yet.
    fn define(&mut self, schema: &'a Schema) {
        match &schema.kind {
            Kind::Primitive(_) | Kind::Str { .. } => {}
            Kind::Array { element, .. } | Kind::List { element, .. } => self.define(element.get()),
            Kind::Slice { header, element } => {
                header.iter().chain([element]).for_each(|part| self.define(part.get()));
            }
            Kind::Enum { .. } | Kind::Struct { .. } => {
                let base = identifier(&schema.name);
                if self.names.get(&base).is_some_and(|all| all.contains(&schema)) {
                    return;
                }
                if let Kind::Struct { fields } = &schema.kind {
                    fields.iter().for_each(|field| self.define(field.schema.get()));
                }
                self.names.entry(base).or_default().push(schema);
                let definition = match &schema.kind {
                    Kind::Struct { fields } => self.structure(schema, fields),
                    _ => self.enumeration(schema),
                };
                self.definitions.push(definition);
            }
        }
    }

    /// Returns the C name of a struct or enum that is defined.
    fn name(&self, schema: &Schema) -> String {
        let base = identifier(&schema.name);
        let same = self.names.get(&base);
        match same.and_then(|all| all.iter().position(|other| *other == schema)) {
            Some(number) if number > 0 => format!("{base}_{}", number + 1),
            _ => base,
        }
    }

    fn structure(&self, schema: &Schema, fields: &[Field]) -> String {
        let name = self.name(schema);
        let mut members = HashSet::new();
        let mut text = comment(&schema.doc, "");
        let needed = fields.iter().map(|field| field.schema.get().align).max().unwrap_or(1);
        let align = match schema.align > needed {
            true => format!("__attribute__((aligned({}))) ", schema.align),
            false => String::new(),
        };
        let _ = writeln!(text, "typedef struct {align}{name} {{");
        let mut asserts = String::new();
        for field in fields {
            let mut member = identifier(&field.name);
            while !members.insert(member.clone()) {
                member.push('_');
            }
            text += &comment(&field.doc, "    ");
            let unit = if field.unit.is_empty() { String::new() } else { format!(" /* {} */", safe(&field.unit)) };
            let _ = writeln!(text, "    {};{unit}", self.declaration(field.schema.get(), &member));
            let _ = writeln!(
                asserts,
                "_Static_assert(offsetof({name}, {member}) == {}, \"{name}.{member}\");",
                field.offset
            );
        }
        let _ = writeln!(text, "}} {name};");
        let _ = writeln!(text, "_Static_assert(sizeof({name}) == {}, \"size of {name}\");", schema.size);
        let _ = writeln!(text, "_Static_assert(_Alignof({name}) == {}, \"alignment of {name}\");", schema.align);
        text + &asserts
    }

    fn enumeration(&self, schema: &Schema) -> String {
        let Kind::Enum { repr, variants } = &schema.kind else {
            return String::new();
        };
        let name = self.name(schema);
        let mut text = comment(&schema.doc, "");
        let _ = writeln!(text, "typedef {} {name};", primitive(*repr));
        for variant in variants.iter() {
            // Parenthesised and cast, because the smallest 64-bit integer has no C literal.
            let value = match i64::try_from(variant.value) {
                Ok(i64::MIN) => "INT64_MIN".to_owned(),
                Ok(value) => format!("INT64_C({value})"),
                Err(_) => format!("UINT64_C({})", variant.value),
            };
            let variant = identifier(&variant.name);
            let _ = writeln!(text, "#define {name}_{variant} (({name}){value})");
        }
        text
    }

    /// Returns `type name[n]…`, without the semicolon.
    fn declaration(&self, schema: &Schema, name: &str) -> String {
        match &schema.kind {
            Kind::Primitive(kind) => format!("{} {name}", primitive(*kind)),
            Kind::Struct { .. } | Kind::Enum { .. } => format!("{} {name}", self.name(schema)),
            Kind::Array { element, len } => self.declaration(element.get(), &format!("{name}[{len}]")),
            Kind::Str { capacity } => format!("char {name}[{capacity}]"),
            Kind::List { element, capacity } => {
                let items = self.declaration(element.get(), &format!("items[{capacity}]"));
                format!("struct {{ uint8_t len[8]; {items}; }} {name}")
            }
            Kind::Slice { header: None, element } => self.declaration(element.get(), &format!("{name}[]")),
            Kind::Slice { header: Some(header), element } => {
                let (header, elements) =
                    (self.declaration(header.get(), "header"), self.declaration(element.get(), "elements[]"));
                format!("struct {{ {header}; _Alignas(64) {elements}; }} {name}")
            }
        }
    }
}

fn primitive(primitive: Primitive) -> &'static str {
    match primitive {
        Primitive::U8 => "uint8_t",
        Primitive::U16 => "uint16_t",
        Primitive::U32 => "uint32_t",
        Primitive::U64 => "uint64_t",
        Primitive::U128 => "unsigned __int128",
        Primitive::I8 => "int8_t",
        Primitive::I16 => "int16_t",
        Primitive::I32 => "int32_t",
        Primitive::I64 => "int64_t",
        Primitive::I128 => "__int128",
        Primitive::F32 => "float",
        Primitive::F64 => "double",
        Primitive::Bool => "bool",
        Primitive::Char => "uint32_t",
    }
}

/// Returns `name` with only letters, digits and underscores, and different from every keyword of C.
fn identifier(name: &str) -> String {
    let mut text: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        text.insert(0, '_');
    }
    if RESERVED.contains(&text.as_str()) {
        text.push('_');
    }
    text
}

const RESERVED: [&str; 47] = [
    "alignas",
    "alignof",
    "asm",
    "auto",
    "bool",
    "break",
    "case",
    "char",
    "const",
    "constexpr",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extern",
    "false",
    "float",
    "for",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "nullptr",
    "register",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "struct",
    "switch",
    "thread_local",
    "true",
    "typedef",
    "typeof",
    "union",
    "unsigned",
    "void",
    "volatile",
    "while",
    "linux",
    "unix",
];

fn comment(doc: &str, indent: &str) -> String {
    doc.lines().map(|line| format!("{indent}/* {} */\n", safe(line))).collect()
}

/// Returns the text so that it cannot end a comment.
fn safe(text: &str) -> String {
    text.replace("*/", "* /").replace('\n', " ")
}

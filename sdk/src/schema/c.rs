//! A schema as a C header.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::c_names::{identifier, unused};
use super::{Field, Kind, Primitive, Schema, Variant};

/// What stands before the types. Without `slotcast.h`, there are no tables.
const INCLUDE: &str = "\
#ifdef __has_include
#if __has_include(<slotcast.h>)
#include <slotcast.h>
#endif
#endif
";

impl Schema {
    /// Returns the message, with all types inside it, as C11. It compiles by itself, and its
    /// `_Static_assert`s compare every size, alignment and offset with this schema. 128-bit
    /// integers and alignments beyond those of the fields need GCC or Clang.
    ///
    /// `Str<N>` becomes `char[N]`. `FixedVec<T, N>` becomes a struct of `uint8_t len[8]` (a
    /// little-endian integer) and `items`. A message that is neither struct nor enum is defined as
    /// `Message`; the parts of a slice are `MessageHeader` and `MessageElement`, and
    /// `MESSAGE_ELEMENTS_AT` is the byte at which its elements begin. Names that C does not allow
    /// get underscores; different types of one name get a number. Units and documentation become
    /// comments.
    ///
    /// Where the C binding is installed, its `slotcast.h` is included, and the types are described for
    /// it: `Point_schema` creates the schema of messages that are a `Point`.
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
        let mut text = String::from("#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n") + INCLUDE;
        let message = header.message(self);
        for definition in header.definitions.iter().chain(&message) {
            text.push('\n');
            text.push_str(definition);
        }
        text.push('\n');
        text + &header.tables(self)
    }
}

/// The definitions so far, inner before outer.
#[derive(Default)]
pub(super) struct Header<'a> {
    definitions: Vec<String>,
    /// The types that are defined, with their names.
    pub(super) types: Vec<(&'a Schema, String)>,
    /// All names at file scope: of types and of variants.
    pub(super) names: HashSet<String>,
    /// The names of the message, or of its parts, if it is neither struct nor enum.
    pub(super) parts: Vec<String>,
}

impl<'a> Header<'a> {
    /// Defines the types inside `schema` that are not defined yet.
    fn define(&mut self, schema: &'a Schema) {
        match &schema.kind {
            Kind::Primitive(_) | Kind::Str { .. } | Kind::Pad { .. } => {}
            Kind::Array { element, .. } | Kind::List { element, .. } => self.define(element.get()),
            Kind::Slice { header, element } => {
                header.iter().chain([element]).for_each(|part| self.define(part.get()));
            }
            Kind::Enum { .. } | Kind::Struct { .. } => {
                if self.types.iter().any(|(known, _)| *known == schema) {
                    return;
                }
                if let Kind::Struct { fields } = &schema.kind {
                    fields.iter().for_each(|field| self.define(field.schema.get()));
                }
                let name = unused(&mut self.names, identifier(&schema.name));
                self.types.push((schema, name));
                let definition = match &schema.kind {
                    Kind::Struct { fields } => self.structure(schema, fields),
                    _ => self.enumeration(schema),
                };
                self.definitions.push(definition);
            }
        }
    }

    /// Returns the C name of a struct or enum that is defined.
    pub(super) fn name(&self, schema: &Schema) -> &str {
        self.types.iter().find(|(known, _)| *known == schema).map_or("", |(_, name)| name)
    }

    /// Returns the definition of a message that is neither struct nor enum.
    fn message(&mut self, schema: &Schema) -> Option<String> {
        match &schema.kind {
            Kind::Struct { .. } | Kind::Enum { .. } => None,
            Kind::Slice { header, element } => {
                let mut text = String::new();
                if let Some(header) = header {
                    text += &self.alias(header.get(), "MessageHeader");
                }
                text += &self.alias(element.get(), "MessageElement");
                let at = unused(&mut self.names, "MESSAGE_ELEMENTS_AT".to_owned());
                let _ = writeln!(
                    text,
                    "/* The byte at which the elements begin. */\n#define {at} {}",
                    schema.elements_at()
                );
                Some(text)
            }
            _ => Some(self.alias(schema, "Message")),
        }
    }

    fn alias(&mut self, schema: &Schema, name: &str) -> String {
        let name = unused(&mut self.names, name.to_owned());
        self.parts.push(name.clone());
        self.alias_of(schema, &name)
    }

    /// Returns the definition of a name that is not used yet.
    pub(super) fn alias_of(&self, schema: &Schema, name: &str) -> String {
        let declaration = self.declaration(schema, name);
        let (extension, declaration) = match declaration.strip_prefix(EXTENSION) {
            Some(rest) => (EXTENSION, rest),
            None => ("", &*declaration),
        };
        format!(
            "{extension}typedef {declaration};\n_Static_assert(sizeof({name}) == {}, \"size of {name}\");\n",
            schema.size
        )
    }

    fn structure(&self, schema: &Schema, fields: &[Field]) -> String {
        let name = self.name(schema);
        let mut text = comment(&schema.doc, "");
        let needed = fields.iter().map(|field| field.schema.get().align).max().unwrap_or(1);
        let align = match schema.align > needed {
            true => format!("__attribute__((aligned({}))) ", schema.align),
            false => String::new(),
        };
        let _ = writeln!(text, "typedef struct {align}{name} {{");
        let mut asserts = String::new();
        for (member, field) in members_of(fields) {
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

    fn enumeration(&mut self, schema: &Schema) -> String {
        let Kind::Enum { repr, variants } = &schema.kind else {
            return String::new();
        };
        let name = self.name(schema).to_owned();
        let mut text = comment(&schema.doc, "");
        let _ = writeln!(text, "typedef {} {name};", primitive(*repr));
        for variant in variants.iter() {
            let value = value_of(variant);
            let variant = unused(&mut self.names, format!("{name}_{}", identifier(&variant.name)));
            let _ = writeln!(text, "#define {variant} (({name}){value})");
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
            Kind::Pad { bytes } => format!("uint8_t {name}[{bytes}]"),
            Kind::List { element, capacity } => {
                let items = self.declaration(element.get(), &format!("items[{capacity}]"));
                format!("struct {{ uint8_t len[8]; {items}; }} {name}")
            }
            // A message by itself, which is defined in parts.
            Kind::Slice { .. } => String::new(),
        }
    }
}

/// Returns the fields of a struct with the names that they have in C.
pub(super) fn members_of(fields: &[Field]) -> Vec<(String, &Field)> {
    let mut members = HashSet::new();
    fields.iter().map(|field| (unused(&mut members, identifier(&field.name)), field)).collect()
}

/// Returns the value as an expression that can be cast: the smallest 64-bit integer has no C literal.
pub(super) fn value_of(variant: &Variant) -> String {
    match i64::try_from(variant.value) {
        Ok(i64::MIN) => "INT64_MIN".to_owned(),
        Ok(value) => format!("INT64_C({value})"),
        Err(_) => format!("UINT64_C({})", variant.value),
    }
}

/// What stands before a type that ISO C does not have, so that compilers accept it.
const EXTENSION: &str = "__extension__ ";

fn primitive(primitive: Primitive) -> &'static str {
    match primitive {
        Primitive::U8 => "uint8_t",
        Primitive::U16 => "uint16_t",
        Primitive::U32 => "uint32_t",
        Primitive::U64 => "uint64_t",
        Primitive::U128 => "__extension__ unsigned __int128",
        Primitive::I8 => "int8_t",
        Primitive::I16 => "int16_t",
        Primitive::I32 => "int32_t",
        Primitive::I64 => "int64_t",
        Primitive::I128 => "__extension__ __int128",
        Primitive::F32 => "float",
        Primitive::F64 => "double",
        Primitive::Bool => "bool",
        Primitive::Char => "uint32_t",
    }
}

fn comment(doc: &str, indent: &str) -> String {
    doc.lines().map(|line| format!("{indent}/* {} */\n", safe(line))).collect()
}

/// Returns the text so that it can neither end nor begin a comment.
fn safe(text: &str) -> String {
    text.replace("*/", "* /").replace("/*", "/ *").replace('\n', " ")
}

//! Messages of ROS's own packages that have the fields of a struct: viewers know them by name.

use slotcast::schema::{Field, Kind, Primitive, Schema};
use std::fmt::Write;

/// The definitions as ROS 2 Jazzy has them, without comments: after the name of a message its
/// constants and fields, then an empty line.
const DEFINITIONS: &str = include_str!("definitions.txt");

/// A message of ROS's own.
#[derive(Clone, Copy)]
pub(super) struct Standard {
    package: &'static str,
    name: &'static str,
    lines: &'static str,
}

impl Standard {
    /// Returns the message that has the name and the fields of this one. Padding does not count, and
    /// text of a bounded length is a string there.
    pub(super) fn of(schema: &Schema) -> Option<Self> {
        let (of, element) = match &schema.kind {
            Kind::Slice { header, element } => (header.as_ref()?.get(), Some(element.get())),
            _ => (schema, None),
        };
        let Kind::Struct { fields } = &of.kind else { return None };
        Self::all().find(|standard| standard.name == of.name && standard.agrees(fields, element))
    }

    /// Returns the package that has it.
    pub(super) fn package(self) -> &'static str {
        self.package
    }

    /// Returns its full name, such as `sensor_msgs/msg/Imu`.
    pub(super) fn full_name(self) -> String {
        format!("{}/msg/{}", self.package, self.name)
    }

    /// Returns its definition, and behind it those of all that it contains.
    pub(super) fn text(self) -> String {
        let mut text = format!("{}\n", self.lines);
        let mut inner = Vec::new();
        self.collect(&mut inner);
        for standard in inner {
            let Self { package, name, lines } = standard;
            let _ = writeln!(text, "{}\nMSG: {package}/{name}\n{lines}", "=".repeat(80));
        }
        text
    }

    fn all() -> impl Iterator<Item = Self> {
        DEFINITIONS.trim_end().split("\n\n").filter_map(|definition| {
            let (title, lines) = definition.split_once('\n')?;
            let (package, name) = title.split_once('/')?;
            Some(Self { package, name, lines })
        })
    }

    fn named(full: &str) -> Option<Self> {
        let (package, name) = full.split_once('/')?;
        Self::all().find(|standard| (standard.package, standard.name) == (package, name))
    }

    /// Returns types and names.
    fn fields(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.lines.lines().filter(|line| !line.contains('=')).filter_map(|line| line.split_once(' '))
    }

    fn collect(self, found: &mut Vec<Self>) {
        let inner = self.fields().filter_map(|(ty, _)| Self::named(ty.trim_end_matches("[]")));
        for standard in inner {
            if found.iter().all(|known| (known.package, known.name) != (standard.package, standard.name)) {
                found.push(standard);
                standard.collect(found);
            }
        }
    }

    fn agrees(self, fields: &[Field], element: Option<&Schema>) -> bool {
        let mut own = fields.iter().filter(|field| !field.schema.get().is_padding());
        let agrees = self.fields().all(|(ty, name)| match ty.strip_suffix("[]") {
            Some(ty) => element.is_some_and(|element| is(element, ty)),
            None => own.next().is_some_and(|field| field.name == name && is(field.schema.get(), ty)),
        });
        agrees && own.next().is_none() && element.is_some() == self.has_sequence()
    }

    /// Returns whether its last field is a sequence. No other field of these is one.
    fn has_sequence(self) -> bool {
        self.fields().any(|(ty, _)| ty.ends_with("[]"))
    }
}

/// Returns whether a field has this type of ROS's.
fn is(schema: &Schema, ty: &str) -> bool {
    if let Some((ty, len)) = ty.strip_suffix(']').and_then(|ty| ty.split_once('[')) {
        let (element, count) = flat(schema);
        return count.to_string() == len && is(element, ty);
    }
    match &schema.kind {
        Kind::Primitive(primitive) => name(*primitive) == Some(ty),
        Kind::Enum { repr, .. } => name(*repr) == Some(ty),
        Kind::Str { .. } => ty == "string",
        Kind::Struct { fields } => {
            Standard::named(ty).is_some_and(|standard| standard.name == schema.name && standard.agrees(fields, None))
        }
        _ => false,
    }
}

/// Returns what an array consists of, and how much of it: of arrays of arrays the innermost.
fn flat(schema: &Schema) -> (&Schema, u64) {
    match &schema.kind {
        Kind::Array { element, len } => {
            let (inner, count) = flat(element.get());
            (inner, count.saturating_mul(*len))
        }
        _ => (schema, 1),
    }
}

fn name(primitive: Primitive) -> Option<&'static str> {
    Some(match primitive {
        Primitive::U8 => "uint8",
        Primitive::U16 => "uint16",
        Primitive::U32 => "uint32",
        Primitive::U64 => "uint64",
        Primitive::I8 => "int8",
        Primitive::I16 => "int16",
        Primitive::I32 => "int32",
        Primitive::I64 => "int64",
        Primitive::F32 => "float32",
        Primitive::F64 => "float64",
        Primitive::Bool => "bool",
        _ => return None,
    })
}

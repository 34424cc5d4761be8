//! Nothing that another process says about its layout is believed.

use std::collections::HashSet;

use super::{Field, Kind, MAX_DEPTH, Nested, Primitive, Schema, Variant};

/// The longest name in a schema, in bytes.
const MAX_NAME: usize = 256;

/// A schema that describes no possible type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a possible schema: {}{problem}", if path.is_empty() { String::new() } else { format!("`{path}` ") })]
pub struct SchemaError {
    /// Where in the schema: `pose.position`; empty for the schema itself.
    pub path: String,
    /// What is wrong there.
    pub problem: String,
}

impl Schema {
    /// Checks a schema that came from elsewhere before it is used to read memory or shown to anyone.
    ///
    /// Afterwards it holds, for this schema and all within: sizes are more than 0 and add up without
    /// overflow; alignments are powers of two; fields follow one another without gap or overlap, each
    /// aligned; enum values are different and within their type; names are unique, not empty and without
    /// control characters; nesting is at most [`MAX_DEPTH`] deep and
    /// [`canonical_bytes`](Schema::canonical_bytes) exist.
    ///
    /// # Errors
    ///
    /// [`SchemaError`] with the first thing that is wrong, and where.
    pub fn check(&self) -> Result<(), SchemaError> {
        match &self.kind {
            Kind::Slice { header, element } => check_slice(self, header.as_ref(), element)?,
            _ => check(self, 1)?,
        }
        match self.canonical_bytes() {
            Ok(_) => Ok(()),
            Err(error) => problem(error.to_string()),
        }
    }
}

/// A message of variable size, which is nothing but a message.
fn check_slice(schema: &Schema, header: Option<&Nested>, element: &Nested) -> Result<(), SchemaError> {
    expect_name(schema, "")?;
    check_text(&schema.doc, usize::MAX, "documentation")?;
    if let Some(header) = header {
        check(header.get(), 2).map_err(|error| error.within("header"))?;
    }
    check(element.get(), 2).map_err(|error| error.within("[]"))?;
    let align = header.map_or(1, |header| header.get().align).max(element.get().align);
    let size = schema.elements_at().checked_add(element.get().size).filter(|&size| size <= i64::MAX as u64);
    if size != Some(schema.size) || align != schema.align {
        return problem(format!(
            "claims {} bytes, aligned to {}, which is not what its parts are",
            schema.size, schema.align
        ));
    }
    Ok(())
}

fn check(schema: &Schema, depth: u32) -> Result<(), SchemaError> {
    if depth > MAX_DEPTH {
        return problem(format!("is nested more than {MAX_DEPTH} deep"));
    }
    if !schema.align.is_power_of_two() || schema.align > 1 << 29 {
        return problem(format!("has an alignment of {}", schema.align));
    }
    if schema.size == 0 || !schema.size.is_multiple_of(schema.align) || schema.size > i64::MAX as u64 {
        return problem(format!("has {} bytes, aligned to {}", schema.size, schema.align));
    }
    check_text(&schema.doc, usize::MAX, "documentation")?;
    let (size, align) = match &schema.kind {
        Kind::Primitive(primitive) => {
            expect_name(schema, primitive.name())?;
            (Some(primitive.size()), primitive.size())
        }
        Kind::Struct { fields } => {
            check_name(&schema.name)?;
            // A struct may ask for more alignment than its fields need.
            (Some(check_fields(fields, depth)?), schema.align.max(greatest_align(fields)))
        }
        Kind::Enum { repr, variants } => {
            check_name(&schema.name)?;
            check_variants(*repr, variants)?;
            (Some(repr.size()), repr.size())
        }
        Kind::Array { element, len } => {
            expect_name(schema, "")?;
            let element = element.get();
            check(element, depth + 1).map_err(|error| error.within("[]"))?;
            (element.size.checked_mul(*len), element.align)
        }
        Kind::Str { capacity: bytes } | Kind::Pad { bytes } => {
            expect_name(schema, "")?;
            (Some(*bytes), 1)
        }
        Kind::List { element, capacity } => {
            expect_name(schema, "")?;
            let element = element.get();
            check(element, depth + 1).map_err(|error| error.within("[]"))?;
            if element.align > 8 || *capacity == 0 {
                return problem(format!("is a list of {capacity} elements aligned to {}", element.align));
            }
            (element.size.checked_mul(*capacity).and_then(|size| size.checked_add(8)), element.align)
        }
        Kind::Slice { .. } => return problem("is of variable size inside another type".to_owned()),
    };
    if size != Some(schema.size) || align != schema.align {
        return problem(format!(
            "claims {} bytes, aligned to {}, which is not what its parts are",
            schema.size, schema.align
        ));
    }
    Ok(())
}

/// The size of all fields together.
fn check_fields(fields: &[Field], depth: u32) -> Result<u64, SchemaError> {
    let mut names = HashSet::new();
    let mut end = 0_u64;
    for field in fields {
        check_name(&field.name)?;
        let inside = |error: SchemaError| error.within(&field.name);
        if !names.insert(&field.name) {
            return problem("is there twice".to_owned()).map_err(inside);
        }
        check_text(&field.doc, usize::MAX, "documentation").map_err(inside)?;
        check_text(&field.unit, MAX_NAME, "a unit").map_err(inside)?;
        let schema = field.schema.get();
        check(schema, depth + 1).map_err(inside)?;
        if field.offset != end || !field.offset.is_multiple_of(schema.align) {
            return problem(format!(
                "is at byte {}, aligned to {}, after a field that ends at {end}",
                field.offset, schema.align
            ))
            .map_err(inside);
        }
        end = match end.checked_add(schema.size) {
            Some(end) => end,
            None => return problem("ends beyond all memory".to_owned()).map_err(inside),
        };
    }
    Ok(end)
}

fn greatest_align(fields: &[Field]) -> u64 {
    fields.iter().map(|field| field.schema.get().align).max().unwrap_or(1)
}

fn check_variants(repr: Primitive, variants: &[Variant]) -> Result<(), SchemaError> {
    let Some((least, greatest)) = repr.enum_range() else {
        return problem(format!("is an enum of {}", repr.name()));
    };
    if variants.is_empty() {
        return problem("is an enum without variants".to_owned());
    }
    let mut names = HashSet::new();
    let mut values = HashSet::new();
    for variant in variants {
        check_name(&variant.name)?;
        check_text(&variant.doc, usize::MAX, "documentation")?;
        if !names.insert(&variant.name) || !values.insert(variant.value) {
            return problem(format!("has variant {} = {} twice", variant.name, variant.value));
        }
        if variant.value < least || variant.value > greatest {
            return problem(format!("has variant {} = {}, which is no {}", variant.name, variant.value, repr.name()));
        }
    }
    Ok(())
}

fn expect_name(schema: &Schema, name: &str) -> Result<(), SchemaError> {
    if schema.name != name || schema.version != 0 {
        return problem(format!("is named {:?} instead of {name:?}", schema.name));
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), SchemaError> {
    if name.is_empty() || name.contains(char::is_whitespace) {
        return problem(format!("has {name:?} as a name"));
    }
    check_text(name, MAX_NAME, "a name")
}

/// Text that can be shown on a terminal without taking it over.
fn check_text(text: &str, max: usize, what: &str) -> Result<(), SchemaError> {
    if text.len() > max {
        return problem(format!("has {what} of {} bytes", text.len()));
    }
    match text.chars().find(|&c| c.is_control() && c != '\n' && c != '\t') {
        Some(control) => problem(format!("has {what} with the control character {control:?} in it")),
        None => Ok(()),
    }
}

fn problem<T>(problem: String) -> Result<T, SchemaError> {
    Err(SchemaError { path: String::new(), problem })
}

impl SchemaError {
    /// The same, seen from what has the schema in it by `name`.
    fn within(mut self, name: &str) -> SchemaError {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{name}{dot}{}", self.path);
        self
    }
}

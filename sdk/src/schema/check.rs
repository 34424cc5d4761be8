//! Checking a schema from elsewhere: nothing that another process claims about its layout is
//! believed.

use crate::error_debug::debug_is_display;
use std::collections::HashSet;

use super::{Field, Kind, MAX_DEPTH, Nested, Primitive, Schema, Variant};

/// The longest name or unit in a schema, in bytes.
const MAX_NAME: usize = 256;

/// A schema that does not describe a possible type.
///
/// ```
/// use slotcast::ShmMessage;
///
/// let mut schema = u32::SCHEMA.clone();
/// schema.size = 3;
/// let error = schema.check().unwrap_err();
/// assert_eq!(error.to_string(), "not a valid schema: has 3 bytes, which is not a multiple of its alignment, 4");
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid schema: {}{problem}", if path.is_empty() { String::new() } else { format!("`{path}` ") })]
pub struct SchemaError {
    /// The path inside the schema, such as `pose.position`; empty for the schema itself.
    pub path: String,
    /// What is wrong there.
    pub problem: String,
}

debug_is_display!(struct SchemaError { path, problem });

impl Schema {
    /// Checks a schema from elsewhere. Do this before you read memory by it, or print it.
    ///
    /// If it returns `Ok`, the following holds for this schema and all schemas inside it:
    ///
    /// - Sizes are more than 0 and add up without overflow. Alignments are powers of two.
    /// - Fields follow one another without gap or overlap, each aligned.
    /// - Enum values are distinct and in the range of their type.
    /// - Names are unique, not empty, and without control characters.
    /// - Nesting is at most [`MAX_DEPTH`] deep, and [`canonical_bytes`](Schema::canonical_bytes)
    ///   exist.
    ///
    /// ```
    /// use slotcast::schema::Schema;
    ///
    /// let json = r#"{"name":"u16","size":2,"align":2,"kind":{"primitive":"u16"}}"#;
    /// let schema: Schema = serde_json::from_str(json)?;
    /// schema.check()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SchemaError`] with the first problem, and where it is.
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

/// Checks a message of variable size, which cannot be inside another type.
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
        return size_mismatch(schema);
    }
    Ok(())
}

/// Checks that size and alignment are possible by themselves.
fn check_measures(schema: &Schema) -> Result<(), SchemaError> {
    if !schema.align.is_power_of_two() || schema.align > 1 << 29 {
        return problem(format!("has an alignment of {}, which is not a power of two up to 2^29", schema.align));
    }
    if schema.size == 0 || schema.size > i64::MAX as u64 {
        return problem(format!("has {} bytes, and must have between 1 and 2^63 - 1", schema.size));
    }
    if !schema.size.is_multiple_of(schema.align) {
        return problem(format!(
            "has {} bytes, which is not a multiple of its alignment, {}",
            schema.size, schema.align
        ));
    }
    Ok(())
}

/// Checks a schema that is not a slice, at `depth` levels of nesting.
fn check(schema: &Schema, depth: u32) -> Result<(), SchemaError> {
    if depth > MAX_DEPTH {
        return problem(format!("is nested more than {MAX_DEPTH} levels deep"));
    }
    check_measures(schema)?;
    check_text(&schema.doc, usize::MAX, "documentation")?;
    let (size, align) = match &schema.kind {
        Kind::Primitive(primitive) => {
            expect_name(schema, primitive.name())?;
            (Some(primitive.size()), primitive.size())
        }
        Kind::Struct { fields } => {
            check_name(&schema.name)?;
            // A struct may have more alignment than its fields need.
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
                return problem(format!(
                    "is a list of {capacity} elements aligned to {}; a list has at least 1, aligned to at most 8",
                    element.align
                ));
            }
            (element.size.checked_mul(*capacity).and_then(|size| size.checked_add(8)), element.align)
        }
        Kind::Slice { .. } => return problem("is a slice inside another type".to_owned()),
    };
    if size != Some(schema.size) || align != schema.align {
        return size_mismatch(schema);
    }
    Ok(())
}

/// Checks all fields. Returns their size together.
fn check_fields(fields: &[Field], depth: u32) -> Result<u64, SchemaError> {
    let mut names = HashSet::new();
    let mut end = 0_u64;
    for field in fields {
        check_name(&field.name)?;
        let inside = |error: SchemaError| error.within(&field.name);
        if !names.insert(&field.name) {
            return problem("occurs twice".to_owned()).map_err(inside);
        }
        check_text(&field.doc, usize::MAX, "documentation").map_err(inside)?;
        check_text(&field.unit, MAX_NAME, "a unit").map_err(inside)?;
        let schema = field.schema.get();
        check(schema, depth + 1).map_err(inside)?;
        if field.offset != end || !field.offset.is_multiple_of(schema.align) {
            return problem(format!(
                "is at byte {}, aligned to {}, after a field that ends at byte {end}",
                field.offset, schema.align
            ))
            .map_err(inside);
        }
        end = match end.checked_add(schema.size) {
            Some(end) => end,
            None => return problem("ends beyond the address space".to_owned()).map_err(inside),
        };
    }
    Ok(end)
}

fn greatest_align(fields: &[Field]) -> u64 {
    fields.iter().map(|field| field.schema.get().align).max().unwrap_or(1)
}

fn check_variants(repr: Primitive, variants: &[Variant]) -> Result<(), SchemaError> {
    let Some((least, greatest)) = repr.enum_range() else {
        return problem(format!(
            "is an enum represented by {}, which is not an integer type of up to 64 bits",
            repr.name()
        ));
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
            return problem(format!(
                "has variant {} = {}, which does not fit {}",
                variant.name,
                variant.value,
                repr.name()
            ));
        }
    }
    Ok(())
}

fn expect_name(schema: &Schema, name: &str) -> Result<(), SchemaError> {
    if schema.name != name || schema.version != 0 {
        return problem(format!(
            "has the name {:?} and version {} instead of {name:?} and 0",
            schema.name, schema.version
        ));
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), SchemaError> {
    if name.is_empty() || name.contains(char::is_whitespace) {
        return problem(format!("has the name {name:?}, which is empty or contains a space"));
    }
    check_text(name, MAX_NAME, "a name")
}

/// Checks that a text can be printed on a terminal without controlling it.
fn check_text(text: &str, max: usize, what: &str) -> Result<(), SchemaError> {
    if text.len() > max {
        return problem(format!("has {what} of {} bytes, more than {max}", text.len()));
    }
    match text.chars().find(|&c| c.is_control() && c != '\n' && c != '\t') {
        Some(control) => problem(format!("has {what} that contains the control character {control:?}")),
        None => Ok(()),
    }
}

fn size_mismatch(schema: &Schema) -> Result<(), SchemaError> {
    let Schema { size, align, .. } = schema;
    problem(format!("claims {size} bytes aligned to {align}, which differs from what its parts add up to"))
}

fn problem<T>(problem: String) -> Result<T, SchemaError> {
    Err(SchemaError { path: String::new(), problem })
}

impl SchemaError {
    /// Returns the same error as seen from a schema that contains this one as `name`.
    fn within(mut self, name: &str) -> SchemaError {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{name}{dot}{}", self.path);
        self
    }
}

//! What the code emitted by `#[derive(ShmMessage)]` calls. It is for nothing else, and may change
//! at any time: the derive and this crate always have the same version.

pub use std::borrow::Cow;
pub use std::mem::{align_of, offset_of, size_of};
pub use std::primitive;
pub use std::result::Result;

pub use super::const_checks::{Extent, extent, no_destructor, no_padding_before, pinned_hash};
pub use super::enumeration::{EnumRepr, validate_enum};
pub use super::reasons::*;
pub use super::{Field, InvalidValue, Kind, Nested, Primitive, Schema, SchemaHash, ShmMessage, Variant};

/// Returns the description of one field.
pub const fn field(
    name: &'static str,
    offset: usize,
    schema: &'static Schema,
    doc: &'static str,
    unit: &'static str,
) -> Field {
    Field {
        name: Cow::Borrowed(name),
        offset: offset as u64,
        schema: Nested::Static(schema),
        doc: Cow::Borrowed(doc),
        unit: Cow::Borrowed(unit),
    }
}

/// Returns the description of one variant.
pub const fn variant(name: &'static str, value: i128, doc: &'static str) -> Variant {
    Variant { name: Cow::Borrowed(name), value, doc: Cow::Borrowed(doc) }
}

/// Returns the bytes of a field.
#[inline(always)]
pub fn part(message: &[u8], offset: usize, size: usize) -> &[u8] {
    &message[offset..offset + size]
}

/// Returns the result of a field's validation as seen from the struct.
///
/// # Errors
///
/// That of `validated`.
#[inline(always)]
pub fn in_field(name: &'static str, validated: Result<(), InvalidValue>) -> Result<(), InvalidValue> {
    validated.map_err(|error| error.in_field(name))
}

/// The schema of a type that the derive refused. No program that compiles has it.
pub const REFUSED: &Schema = &Schema {
    name: Cow::Borrowed("refused"),
    version: 0,
    size: 1,
    align: 1,
    doc: Cow::Borrowed(""),
    kind: Kind::Primitive(Primitive::U8),
};

/// Returns the validation error of a type that the derive refused.
#[cold]
pub fn refused() -> InvalidValue {
    InvalidValue::new("refused", "a message")
}

/// What a message needs besides its layout. It is a bound for code in which something else is
/// already reported.
pub trait ThreadSafe<'a>: Sized + Send + Sync + 'static {}

impl<T: Send + Sync + 'static> ThreadSafe<'_> for T {}

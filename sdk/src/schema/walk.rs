//! Looking into a schema in a `const fn`, where `Cow` does not dereference.
#![allow(clippy::ptr_arg, reason = "in a constant, only a reference to the `Cow` itself can be taken apart")]

use std::borrow::Cow;

use super::{Field, Kind, Primitive, Schema, Variant};

/// The fields as a slice, also in a `const fn`.
pub(super) const fn fields_of<'a>(fields: &'a Cow<'static, [Field]>) -> &'a [Field] {
    match fields {
        Cow::Borrowed(fields) => fields,
        Cow::Owned(fields) => fields.as_slice(),
    }
}

/// The variants as a slice, also in a `const fn`.
pub(super) const fn variants_of<'a>(variants: &'a Cow<'static, [Variant]>) -> &'a [Variant] {
    match variants {
        Cow::Borrowed(variants) => variants,
        Cow::Owned(variants) => variants.as_slice(),
    }
}

/// The text as a slice, also in a `const fn`.
pub(super) const fn str_of<'a>(text: &'a Cow<'static, str>) -> &'a str {
    match text {
        Cow::Borrowed(text) => text,
        Cow::Owned(text) => text.as_str(),
    }
}

impl Schema {
    /// Whether every bit pattern of this size is a value of this type: true unless there is a
    /// `bool`, a `char` or an enum in it. What a list holds beyond its length does not count,
    /// but its element type does.
    pub const fn every_bit_pattern_valid(&self) -> bool {
        match &self.kind {
            Kind::Primitive(Primitive::Bool | Primitive::Char) | Kind::Enum { .. } => false,
            Kind::Primitive(_) | Kind::Str { .. } | Kind::Pad { .. } => true,
            Kind::Struct { fields } => {
                let fields = fields_of(fields);
                let mut i = 0;
                while i < fields.len() {
                    if !fields[i].schema.get().every_bit_pattern_valid() {
                        return false;
                    }
                    i += 1;
                }
                true
            }
            Kind::Array { element, .. } | Kind::List { element, .. } => element.get().every_bit_pattern_valid(),
            Kind::Slice { header, element } => {
                let header = match header {
                    Some(header) => header.get().every_bit_pattern_valid(),
                    None => true,
                };
                header && element.get().every_bit_pattern_valid()
            }
        }
    }

    /// Whether all bytes zero is a value of this type: true unless there is an enum without a
    /// variant of value 0 in it (elements of a list do not count: zero bytes are an empty list).
    pub const fn zero_valid(&self) -> bool {
        match &self.kind {
            Kind::Primitive(_) | Kind::Str { .. } | Kind::Pad { .. } | Kind::List { .. } => true,
            Kind::Enum { variants, .. } => {
                let variants = variants_of(variants);
                let mut i = 0;
                while i < variants.len() {
                    if variants[i].value == 0 {
                        return true;
                    }
                    i += 1;
                }
                false
            }
            Kind::Struct { fields } => {
                let fields = fields_of(fields);
                let mut i = 0;
                while i < fields.len() {
                    if !fields[i].schema.get().zero_valid() {
                        return false;
                    }
                    i += 1;
                }
                true
            }
            Kind::Array { element, .. } => element.get().zero_valid(),
            Kind::Slice { header, element } => {
                let header = match header {
                    Some(header) => header.get().zero_valid(),
                    None => true,
                };
                header && element.get().zero_valid()
            }
        }
    }
}

//! Reading a schema in a `const fn`, where `Cow` does not dereference.
#![allow(clippy::ptr_arg, reason = "in a constant, only a reference to the `Cow` itself can be taken apart")]

use std::borrow::Cow;

use super::{Field, Kind, Primitive, Schema, Variant};

/// Returns the fields as a slice.
pub(super) const fn fields_of<'a>(fields: &'a Cow<'static, [Field]>) -> &'a [Field] {
    match fields {
        Cow::Borrowed(fields) => fields,
        Cow::Owned(fields) => fields.as_slice(),
    }
}

/// Returns the variants as a slice.
pub(super) const fn variants_of<'a>(variants: &'a Cow<'static, [Variant]>) -> &'a [Variant] {
    match variants {
        Cow::Borrowed(variants) => variants,
        Cow::Owned(variants) => variants.as_slice(),
    }
}

/// Returns the text as a slice.
pub(super) const fn str_of<'a>(text: &'a Cow<'static, str>) -> &'a str {
    match text {
        Cow::Borrowed(text) => text,
        Cow::Owned(text) => text.as_str(),
    }
}

impl Schema {
    /// Returns whether every bit pattern of this size is a value of this type: true unless it
    /// contains a `bool`, a `char` or an enum. The element type of a list counts, although the
    /// memory beyond the list's length may have any contents.
    ///
    /// ```
    /// use slotcast::ShmMessage;
    ///
    /// assert!(<[f32; 3]>::SCHEMA.every_bit_pattern_valid());
    /// assert!(!<[bool; 3]>::SCHEMA.every_bit_pattern_valid());
    /// ```
    pub const fn every_bit_pattern_valid(&self) -> bool {
        match &self.kind {
            Kind::Primitive(Primitive::Bool | Primitive::Char) | Kind::Enum { .. } => false,
            Kind::Primitive(_) | Kind::Str { .. } => true,
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

    /// Returns whether zero bytes are a value of this type: true unless it contains an enum without
    /// a variant of value 0. Elements of a list do not count, because zero bytes are an empty list.
    ///
    /// ```
    /// use slotcast::ShmMessage;
    ///
    /// #[derive(ShmMessage)]
    /// #[repr(u8)]
    /// enum Gear {
    ///     First = 1,
    ///     Second = 2,
    /// }
    ///
    /// assert!(u64::SCHEMA.zero_valid());
    /// assert!(!Gear::SCHEMA.zero_valid());
    /// ```
    pub const fn zero_valid(&self) -> bool {
        match &self.kind {
            Kind::Primitive(_) | Kind::Str { .. } | Kind::List { .. } => true,
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

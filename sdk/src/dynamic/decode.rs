//! From bytes to values.

use super::layout::{LIST_HEAD, Layout, Shape, Type};
use super::{Value, path::ListElement};
use crate::schema::{InvalidValue, Primitive, ShmMessage, no_variant};

impl Layout {
    /// Decodes a message. Allocates in proportion to the message.
    ///
    /// The result is what a typed subscriber would see: a string ends at the first NUL or the first
    /// byte that is not UTF-8, and a list's length is at most its capacity.
    ///
    /// # Errors
    /// When the bytes are not a valid value, by the same rules as [`ShmMessage::validate`], or have
    /// not the size of a message.
    pub fn decode(&self, bytes: &[u8]) -> Result<Value, InvalidValue> {
        self.validate(bytes)?;
        Ok(decode(self.root(), bytes))
    }

    /// Decodes a message, valid or not: an invalid `bool`, `char` or enum becomes the integer that
    /// it is in memory. For display, not for processing.
    ///
    /// # Errors
    /// Only when the bytes have not the size of a message.
    pub fn decode_anything(&self, bytes: &[u8]) -> Result<Value, InvalidValue> {
        self.check_len(bytes)?;
        Ok(decode(self.root(), bytes))
    }

    /// Checks that bytes are a message, by the same rules as [`ShmMessage::validate`]. Allocates
    /// only for an error.
    ///
    /// # Errors
    /// For the first field, in the order of offsets, whose bytes are not a valid value of its type.
    pub fn validate(&self, bytes: &[u8]) -> Result<(), InvalidValue> {
        self.check_len(bytes)?;
        validate(self.root(), bytes)
    }

    fn check_len(&self, bytes: &[u8]) -> Result<(), InvalidValue> {
        if self.fits(bytes.len()) {
            return Ok(());
        }
        Err(InvalidValue::new(
            format_args!("{} bytes", bytes.len()),
            format_args!("{} of {} bytes", self.root(), self.size()),
        ))
    }
}

/// Checks a value. `bytes` has a size that `ty` can have.
pub(super) fn validate(ty: &Type, bytes: &[u8]) -> Result<(), InvalidValue> {
    if ty.every_bit_pattern_valid {
        return Ok(());
    }
    match &ty.shape {
        Shape::Primitive(Primitive::Bool) => bool::validate(bytes),
        Shape::Primitive(Primitive::Char) => char::validate(bytes),
        Shape::Primitive(_) | Shape::Str => Ok(()),
        Shape::Enum(of) => match integer(of.repr, bytes) {
            Value::Int(value) if of.by_value(value).is_none() => Err(no_variant(value, &of.schema)),
            _ => Ok(()),
        },
        Shape::Struct { fields, .. } => fields.iter().try_for_each(|field| {
            let part = &bytes[field.offset..field.offset + field.ty.size];
            validate(&field.ty, part).map_err(|error| error.in_field(&field.name))
        }),
        Shape::Array { element, .. } => validate_all(element, bytes),
        Shape::List { element, capacity } => validate_all(element, elements(element, *capacity, bytes)),
        Shape::Slice { header, element } => {
            if let Some(header) = header {
                validate(header, &bytes[..header.size]).map_err(|error| error.in_field("header"))?;
            }
            validate_all(element, &bytes[ty.size..])
        }
    }
}

fn validate_all(element: &Type, bytes: &[u8]) -> Result<(), InvalidValue> {
    bytes
        .chunks_exact(element.size)
        .enumerate()
        .try_for_each(|(index, part)| validate(element, part).map_err(|error| error.in_element(index)))
}

/// Decodes a value. `bytes` has a size that `ty` can have.
pub(super) fn decode(ty: &Type, bytes: &[u8]) -> Value {
    match &ty.shape {
        Shape::Primitive(primitive) => self::primitive(*primitive, bytes),
        Shape::Struct { fields, .. } => {
            if let Some(field) = ty.newtype() {
                return decode(&field.ty, &bytes[field.offset..field.offset + field.ty.size]);
            }
            let part = |offset: usize, size: usize| &bytes[offset..offset + size];
            let value = |field: &super::layout::Field| {
                (field.name.clone(), decode(&field.ty, part(field.offset, field.ty.size)))
            };
            Value::Struct(fields.iter().map(value).collect())
        }
        Shape::Enum(of) => match integer(of.repr, bytes) {
            Value::Int(value) => match of.by_value(value) {
                Some(name) => Value::Enum { name: name.clone(), value },
                None => Value::Int(value),
            },
            other => other,
        },
        Shape::Array { element, .. } => decode_all(element, bytes),
        Shape::Str => Value::Str(text(bytes).to_owned()),
        Shape::List { element, capacity } => decode_all(element, elements(element, *capacity, bytes)),
        Shape::Slice { header, element } => {
            let elements = decode_all(element, &bytes[ty.size..]);
            match header {
                None => elements,
                Some(header) => {
                    let header = decode(header, &bytes[..header.size]);
                    Value::Struct(vec![("header".into(), header), ("elements".into(), elements)])
                }
            }
        }
    }
}

fn decode_all(element: &Type, bytes: &[u8]) -> Value {
    if element.is_u8() {
        Value::Bytes(bytes.to_owned())
    } else {
        Value::List(bytes.chunks_exact(element.size).map(|part| decode(element, part)).collect())
    }
}

/// Returns the elements of a list that are in use, of all its bytes.
fn elements<'a>(element: &Type, capacity: usize, list: &'a [u8]) -> &'a [u8] {
    &list[LIST_HEAD..][..len(list, capacity) * element.size]
}

/// Returns a list's length, at most its capacity.
fn len(list: &[u8], capacity: usize) -> usize {
    let mut head = [0; LIST_HEAD];
    head.copy_from_slice(&list[..LIST_HEAD]);
    usize::try_from(u64::from_le_bytes(head)).unwrap_or(capacity).min(capacity)
}

/// Returns whether a message has the element.
pub(super) fn is_present(element: &ListElement, message: &[u8]) -> bool {
    element.index < len(&message[element.len_at..], element.capacity)
}

/// Does what [`Str::as_str`](crate::Str::as_str) does.
fn text(bytes: &[u8]) -> &str {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    match std::str::from_utf8(&bytes[..end]) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    }
}

fn primitive(primitive: Primitive, bytes: &[u8]) -> Value {
    match (primitive, integer(primitive, bytes)) {
        (Primitive::Bool, Value::Int(0)) => Value::Bool(false),
        (Primitive::Bool, Value::Int(1)) => Value::Bool(true),
        (Primitive::Char, Value::Int(code)) => {
            let value = u32::try_from(code).ok().and_then(char::from_u32);
            value.map_or(Value::Int(code), Value::Char)
        }
        (_, number) => number,
    }
}

/// Returns a number, or the number behind a `bool` or `char`.
fn integer(primitive: Primitive, bytes: &[u8]) -> Value {
    macro_rules! read {
        ($type:ty) => {{
            let mut value = [0; size_of::<$type>()];
            value.copy_from_slice(bytes);
            Value::from(<$type>::from_le_bytes(value))
        }};
    }
    match primitive {
        Primitive::U8 | Primitive::Bool => read!(u8),
        Primitive::U16 => read!(u16),
        Primitive::U32 | Primitive::Char => read!(u32),
        Primitive::U64 => read!(u64),
        Primitive::U128 => read!(u128),
        Primitive::I8 => read!(i8),
        Primitive::I16 => read!(i16),
        Primitive::I32 => read!(i32),
        Primitive::I64 => read!(i64),
        Primitive::I128 => read!(i128),
        Primitive::F32 => read!(f32),
        Primitive::F64 => read!(f64),
    }
}

//! From values to bytes.

use super::encode_error::{Count, Expected, Given};
use super::layout::{Enum, Field, LIST_HEAD, Layout, Shape, Type};
use super::nan;
use super::path::Names;
use super::{EncodeError, EncodeErrorKind, Value};
use crate::schema::Primitive;

/// Whether structs may lack fields, whose bytes then stay what they are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fields {
    All,
    Some,
}

impl Layout {
    /// Encodes a message into memory of its size. Does not allocate. After an error, `out` contains
    /// a part of it.
    ///
    /// # Errors
    /// As [`encode`](Self::encode); for messages of variable size.
    ///
    /// # Panics
    /// If `out` has not the size of a message.
    pub fn encode_into(&self, value: &Value, out: &mut [u8]) -> Result<(), EncodeError> {
        assert_eq!(out.len(), self.size(), "`out` has the size of a message");
        encode(self.root(), value, out, Fields::All)
    }

    /// Changes those fields of a message that the value has, and leaves the others as they are.
    /// (`vec![0; layout.size()]` is a message with all fields zero.)
    ///
    /// Elements of arrays may lack fields, too. A list is replaced as a whole, so its elements must
    /// be complete. Allocates a copy. After an error nothing is changed.
    ///
    /// # Errors
    /// As [`encode`](Self::encode), except that fields may be missing; for messages of variable
    /// size.
    ///
    /// # Panics
    /// If `message` has not the size of a message.
    ///
    /// # Examples
    ///
    /// ```
    /// use slotcast::ShmMessage;
    /// use slotcast::dynamic::{Layout, Value};
    ///
    /// #[derive(ShmMessage)]
    /// #[repr(C)]
    /// struct Pose {
    ///     x: f64,
    ///     y: f64,
    /// }
    ///
    /// let layout = Layout::of::<Pose>()?;
    /// let mut message = vec![0; layout.size()];
    /// layout.encode_over(&Value::from([("y", 2.0.into())]), &mut message)?;
    /// assert_eq!(layout.decode(&message)?.to_string(), "{x: 0.0, y: 2.0}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn encode_over(&self, value: &Value, message: &mut [u8]) -> Result<(), EncodeError> {
        assert_eq!(message.len(), self.size(), "`message` has the size of a message");
        let mut copy = message.to_owned();
        encode(self.root(), value, &mut copy, Fields::Some)?;
        message.copy_from_slice(&copy);
        Ok(())
    }
}

/// Writes a complete value of `ty`. `out` has its size.
pub(super) fn encode_whole(ty: &Type, value: &Value, out: &mut [u8]) -> Result<(), EncodeError> {
    encode(ty, value, out, Fields::All)
}

fn encode(ty: &Type, value: &Value, out: &mut [u8], which: Fields) -> Result<(), EncodeError> {
    match &ty.shape {
        Shape::Primitive(Primitive::F32) => write(out, &f32_of(ty, value)?.to_le_bytes()),
        Shape::Primitive(Primitive::F64) => write(out, &f64_of(ty, value)?.to_le_bytes()),
        Shape::Primitive(Primitive::Bool) => match value {
            Value::Bool(value) => write(out, &[u8::from(*value)]),
            _ => return Err(EncodeError::wrong_type(ty, value)),
        },
        Shape::Primitive(Primitive::Char) => write(out, &u32::from(char_of(ty, value)?).to_le_bytes()),
        Shape::Primitive(primitive) => write_integer(ty, *primitive, value, out)?,
        Shape::Enum(of) => write_integer(ty, of.repr, &variant_of(ty, of, value)?, out)?,
        Shape::Struct { fields, .. } => return encode_struct(ty, fields, value, out, which),
        Shape::Array { element, len } => {
            let given = count(ty, element, value)?;
            if given != *len {
                return Err(EncodeError::does_not_fit(ty, Count(given)));
            }
            encode_all(ty, element, value, out, which)?;
        }
        Shape::Str => encode_text(ty, value, out)?,
        Shape::List { element, capacity } => {
            let given = count(ty, element, value)?;
            if given > *capacity {
                return Err(EncodeError::does_not_fit(ty, Count(given)));
            }
            let (head, places) = out.split_at_mut(LIST_HEAD);
            head.copy_from_slice(&(given as u64).to_le_bytes());
            let (used, rest) = places.split_at_mut(given * element.size);
            encode_all(ty, element, value, used, Fields::All)?;
            rest.fill(0);
        }
        Shape::Slice { .. } => return Err(EncodeError::wrong_type(ty, value)), // not of a fixed size
    }
    Ok(())
}

fn write(out: &mut [u8], bytes: &[u8]) {
    out.copy_from_slice(bytes);
}

fn encode_struct(ty: &Type, fields: &[Field], value: &Value, out: &mut [u8], which: Fields) -> Result<(), EncodeError> {
    if let Some(field) = ty.newtype().filter(|field| !is_written_out(field, value)) {
        encode(&field.ty, value, &mut out[field.offset..field.offset + field.ty.size], which)?;
        clear_padding(fields, out);
        return Ok(());
    }
    let Value::Struct(given) = value else { return Err(EncodeError::wrong_type(ty, value)) };
    let mut used = 0;
    for (index, field) in fields.iter().enumerate() {
        // Usually they are in order.
        let same_place = given.get(index).filter(|given| given.0 == field.name);
        match same_place.or_else(|| given.iter().find(|given| given.0 == field.name)) {
            Some((_, value)) => {
                used += 1;
                let part = &mut out[field.offset..field.offset + field.ty.size];
                encode(&field.ty, value, part, which).map_err(|error| error.within(&field.name))?;
            }
            None if which == Fields::Some => {}
            None => {
                let error = EncodeError::new(EncodeErrorKind::Missing, "nothing", Expected(&field.ty));
                return Err(error.within(&field.name));
            }
        }
    }
    clear_padding(fields, out);
    if used == given.len() { Ok(()) } else { Err(superfluous(ty, fields, given)) }
}

/// Returns whether the value of a newtype is given as a struct with the field `0`, not as that
/// field.
fn is_written_out(field: &Field, value: &Value) -> bool {
    match value {
        Value::Struct(given) if given.is_empty() => !matches!(field.ty.inner().shape, Shape::Struct { .. }),
        Value::Struct(given) => given.iter().all(|(name, _)| &**name == "0"),
        _ => false,
    }
}

/// Zeroes the padding between the fields and at the end.
fn clear_padding(fields: &[Field], out: &mut [u8]) {
    let mut end = 0;
    for field in fields {
        out[end..field.offset].fill(0);
        end = field.offset + field.ty.size;
    }
    out[end..].fill(0);
}

/// Returns what is wrong with more fields than the struct has.
#[cold]
fn superfluous(ty: &Type, fields: &[Field], given: &[(std::sync::Arc<str>, Value)]) -> EncodeError {
    for (index, (name, value)) in given.iter().enumerate() {
        if fields.iter().all(|field| field.name != *name) {
            let expected = format!("{ty} has {}", Names(fields.iter().map(|field| &*field.name)));
            return EncodeError::new(EncodeErrorKind::Unknown, Given(value), expected).within(name);
        }
        if given[..index].iter().any(|earlier| earlier.0 == *name) {
            return EncodeError::new(EncodeErrorKind::Twice, Given(value), "one").within(name);
        }
    }
    EncodeError::new(EncodeErrorKind::Unknown, "more", ty)
}

/// Returns how many elements are given.
pub(super) fn count(ty: &Type, element: &Type, value: &Value) -> Result<usize, EncodeError> {
    match value {
        Value::List(values) => Ok(values.len()),
        Value::Bytes(bytes) if element.is_u8() => Ok(bytes.len()),
        _ => Err(EncodeError::wrong_type(ty, value)),
    }
}

/// Writes the complete elements that are given. `out` has capacity for as many.
pub(super) fn encode_whole_elements(element: &Type, value: &Value, out: &mut [u8]) -> Result<(), EncodeError> {
    encode_all(element, element, value, out, Fields::All)
}

/// Writes the elements that are given. `out` has capacity for as many.
fn encode_all(ty: &Type, element: &Type, value: &Value, out: &mut [u8], which: Fields) -> Result<(), EncodeError> {
    match value {
        Value::Bytes(bytes) => write(out, bytes),
        Value::List(values) => {
            for (index, (value, out)) in values.iter().zip(out.chunks_exact_mut(element.size)).enumerate() {
                encode(element, value, out, which).map_err(|error| error.within(&format!("[{index}]")))?;
            }
        }
        _ => return Err(EncodeError::wrong_type(ty, value)),
    }
    Ok(())
}

fn encode_text(ty: &Type, value: &Value, out: &mut [u8]) -> Result<(), EncodeError> {
    let Value::Str(text) = value else { return Err(EncodeError::wrong_type(ty, value)) };
    if text.len() > out.len() {
        return Err(EncodeError::does_not_fit(ty, format_args!("a string of {} bytes", text.len())));
    }
    if let Some(at) = text.bytes().position(|byte| byte == 0) {
        return Err(EncodeError::does_not_fit(ty, format_args!("a string with a NUL character at byte {at}")));
    }
    let (used, rest) = out.split_at_mut(text.len());
    used.copy_from_slice(text.as_bytes());
    rest.fill(0);
    Ok(())
}

fn write_integer(ty: &Type, primitive: Primitive, value: &Value, out: &mut [u8]) -> Result<(), EncodeError> {
    let unsigned = match value {
        Value::Int(value) => u128::try_from(*value).ok(),
        Value::U128(value) => Some(*value),
        _ => None,
    };
    let (signed, unsigned) = match (value, unsigned) {
        (Value::Int(signed), unsigned) => (Some(*signed), unsigned),
        (Value::U128(_), unsigned) => (None, unsigned),
        (Value::F32(_) | Value::F64(_), _) => {
            let whole = value.as_f64().and_then(whole).ok_or_else(|| EncodeError::wrong_type(ty, value))?;
            (Some(whole), u128::try_from(whole).ok())
        }
        (Value::Str(digits), _) => match (digits.parse().ok(), digits.parse().ok()) {
            (None, None) => return Err(EncodeError::wrong_type(ty, value)),
            numbers => numbers,
        },
        _ => return Err(EncodeError::wrong_type(ty, value)),
    };
    macro_rules! write {
        ($number:ident as $type:ty) => {{
            let number = $number.and_then(|number| <$type>::try_from(number).ok());
            let number = number.ok_or_else(|| EncodeError::does_not_fit(ty, Given(value)))?;
            write(out, &number.to_le_bytes());
        }};
    }
    match primitive {
        Primitive::U8 => write!(unsigned as u8),
        Primitive::U16 => write!(unsigned as u16),
        Primitive::U32 => write!(unsigned as u32),
        Primitive::U64 => write!(unsigned as u64),
        Primitive::U128 => write!(unsigned as u128),
        Primitive::I8 => write!(signed as i8),
        Primitive::I16 => write!(signed as i16),
        Primitive::I32 => write!(signed as i32),
        Primitive::I64 => write!(signed as i64),
        Primitive::I128 => write!(signed as i128),
        Primitive::F32 | Primitive::F64 | Primitive::Bool | Primitive::Char => {
            return Err(EncodeError::wrong_type(ty, value));
        }
    }
    Ok(())
}

/// Returns the integer that a floating-point number is, if it is exactly one.
#[expect(clippy::cast_possible_truncation, reason = "the bounds are checked")]
fn whole(number: f64) -> Option<i128> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53: beyond it several integers round to one number
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i128)
}

fn f64_of(ty: &Type, value: &Value) -> Result<f64, EncodeError> {
    let number = match value {
        Value::Int(_) | Value::U128(_) | Value::F32(_) | Value::F64(_) => value.as_f64(),
        Value::Str(text) => match text.as_str() {
            "NaN" | ".nan" => Some(f64::NAN), // as YAML spells it
            "inf" | ".inf" => Some(f64::INFINITY),
            "-inf" | "-.inf" => Some(f64::NEG_INFINITY),
            text => nan::bits(text, 16).map(f64::from_bits).filter(|number| number.is_nan()),
        },
        _ => None,
    };
    number.ok_or_else(|| EncodeError::wrong_type(ty, value))
}

fn f32_of(ty: &Type, value: &Value) -> Result<f32, EncodeError> {
    match value {
        Value::F32(number) => return Ok(*number), // with its bits, also those of a NaN
        Value::Str(text) if text.starts_with("NaN(") => {
            let bits = nan::bits(text, 8).and_then(|bits| u32::try_from(bits).ok());
            let number = bits.map(f32::from_bits).filter(|number| number.is_nan());
            return number.ok_or_else(|| EncodeError::wrong_type(ty, value));
        }
        _ => {}
    }
    let wide = f64_of(ty, value)?;
    if wide.to_bits() == f64::NAN.to_bits() {
        return Ok(f32::NAN);
    }
    #[expect(clippy::cast_possible_truncation, reason = "the nearest is meant")]
    let number = wide as f32;
    if wide.is_finite() && number.is_infinite() {
        return Err(EncodeError::does_not_fit(ty, Given(value)));
    }
    Ok(number)
}

fn char_of(ty: &Type, value: &Value) -> Result<char, EncodeError> {
    let one = match value {
        Value::Char(value) => Some(*value),
        Value::Str(text) => {
            let mut chars = text.chars();
            chars.next().filter(|_| chars.next().is_none())
        }
        _ => None,
    };
    one.ok_or_else(|| EncodeError::wrong_type(ty, value))
}

fn variant_of(ty: &Type, of: &Enum, value: &Value) -> Result<Value, EncodeError> {
    let found = match value {
        Value::Str(name) => of.by_name(name),
        Value::Enum { name, value } => of.by_name(name).filter(|found| found == value),
        Value::Int(value) => of.by_value(*value).map(|_| *value),
        _ => None,
    };
    found.map(Value::Int).ok_or_else(|| EncodeError::wrong_type(ty, value))
}

//! Values of any layout.

use super::path::{Segment, segments};
use std::fmt;
use std::sync::{Arc, LazyLock};

/// Any value that can be in a message. [The module](crate::dynamic) has a table of how types are
/// represented.
///
/// # Examples
///
/// ```
/// use slotcast::dynamic::Value;
///
/// let pose = Value::from([("x", 1.5.into()), ("flags", vec![Value::from(true)].into())]);
/// assert_eq!(pose.get("flags[0]"), Some(&Value::Bool(true)));
/// assert_eq!(pose.to_string(), "{x: 1.5, flags: [true]}");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `bool`.
    Bool(bool),
    /// An integer of any type.
    Int(i128),
    /// A `u128` that is greater than the greatest `i128`.
    U128(u128),
    /// `f32`, with the bits that it has in the message.
    F32(f32),
    /// `f64`, with the bits that it has in the message.
    F64(f64),
    /// `char`.
    Char(char),
    /// A string.
    Str(String),
    /// An array or a list of `u8`.
    Bytes(Vec<u8>),
    /// An array or a list.
    List(Vec<Value>),
    /// A struct's fields, in their order.
    Struct(Vec<(Arc<str>, Value)>),
    /// A variant of an enum.
    Enum {
        /// Its name.
        name: Arc<str>,
        /// Its value in memory.
        value: i128,
    },
}

/// The elements of [`Value::Bytes`], for references.
static BYTES: LazyLock<[Value; 256]> = LazyLock::new(|| {
    let mut byte = -1;
    std::array::from_fn(|_| {
        byte += 1;
        Value::Int(byte)
    })
});

impl Value {
    /// Returns the value at a path such as `pose.flags[2]`; this value itself if the path is empty.
    /// Returns `None` if there is no such value, or the path is not valid. Does not allocate.
    ///
    /// The field `0` of a value that is no struct is that value: newtypes are shown as their field.
    pub fn get(&self, path: &str) -> Option<&Value> {
        segments(path).try_fold(self, |value, segment| match (segment.ok()?, value) {
            (Segment::Field(name), Value::Struct(fields)) => {
                let field = fields.iter().find(|field| &*field.0 == name).map(|field| &field.1);
                field.or_else(|| (name == "0").then_some(value))
            }
            (Segment::Field("0"), value) => Some(value),
            (Segment::Index(index), Value::List(elements)) => elements.get(index),
            (Segment::Index(index), Value::Bytes(bytes)) => bytes.get(index).map(|&byte| &BYTES[usize::from(byte)]),
            _ => None,
        })
    }

    /// Returns the `f64` nearest to a number, to a `bool` (0 or 1) or to an enum's value. Returns
    /// `None` for anything else.
    #[expect(clippy::cast_precision_loss, reason = "the nearest is meant")]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Bool(value) => Some(f64::from(u8::from(*value))),
            Value::Int(value) | Value::Enum { value, .. } => Some(*value as f64),
            Value::U128(value) => Some(*value as f64),
            Value::F32(value) => Some(f64::from(*value)),
            Value::F64(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns an integer, or an enum's value. Returns `None` for anything else.
    pub fn as_int(&self) -> Option<i128> {
        match self {
            Value::Int(value) | Value::Enum { value, .. } => Some(*value),
            _ => None,
        }
    }

    /// Returns a string, or an enum's name. Returns `None` for anything else.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            Value::Enum { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Returns what it is, in words.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Bool(_) => "a bool",
            Value::Int(_) | Value::U128(_) => "an integer",
            Value::F32(_) | Value::F64(_) => "a number",
            Value::Char(_) => "a char",
            Value::Str(_) => "a string",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "a list",
            Value::Struct(_) => "a struct",
            Value::Enum { .. } => "a variant",
        }
    }
}

/// Prints it for people: as Rust would write it, without the names of types.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(value) => write!(f, "{value}"),
            Value::Int(value) => write!(f, "{value}"),
            Value::U128(value) => write!(f, "{value}"),
            Value::F32(value) => write!(f, "{value:?}"),
            Value::F64(value) => write!(f, "{value:?}"),
            Value::Char(value) => write!(f, "{value:?}"),
            Value::Str(value) => write!(f, "{value:?}"),
            Value::Bytes(bytes) => all(f, "[", bytes, "]", |f, byte| write!(f, "{byte}")),
            Value::List(values) => all(f, "[", values, "]", |f, value| write!(f, "{value}")),
            Value::Struct(fields) => all(f, "{", fields, "}", |f, (name, value)| write!(f, "{name}: {value}")),
            Value::Enum { name, .. } => f.write_str(name),
        }
    }
}

fn all<T>(
    f: &mut fmt::Formatter<'_>,
    open: &str,
    items: &[T],
    close: &str,
    write: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_str(open)?;
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write(f, item)?;
    }
    f.write_str(close)
}

macro_rules! from {
    ($($type:ty => $value:ident => $result:expr;)*) => { $(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $result
            }
        }
    )* };
}

from! {
    bool => value => Value::Bool(value);
    u8 => value => Value::Int(value.into());
    u16 => value => Value::Int(value.into());
    u32 => value => Value::Int(value.into());
    u64 => value => Value::Int(value.into());
    u128 => value => i128::try_from(value).map_or(Value::U128(value), Value::Int);
    i8 => value => Value::Int(value.into());
    i16 => value => Value::Int(value.into());
    i32 => value => Value::Int(value.into());
    i64 => value => Value::Int(value.into());
    i128 => value => Value::Int(value);
    f32 => value => Value::F32(value);
    f64 => value => Value::F64(value);
    char => value => Value::Char(value);
    &str => value => Value::Str(value.to_owned());
    String => value => Value::Str(value);
    Vec<u8> => value => Value::Bytes(value);
    Vec<Value> => value => Value::List(value);
    Vec<(Arc<str>, Value)> => value => Value::Struct(value);
}

/// Creates a struct.
impl<const N: usize> From<[(&str, Value); N]> for Value {
    fn from(fields: [(&str, Value); N]) -> Self {
        Value::Struct(fields.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

//! Why values cannot be encoded.

use super::Value;
use super::layout::{Shape, Type};
use super::path::Names;
use crate::error_debug::debug_is_display;
use crate::schema::Primitive;
use std::fmt;

/// Why a value cannot be encoded.
///
/// # Examples
///
/// ```
/// use slotcast::dynamic::{EncodeErrorKind, Layout, Value};
///
/// let error = Layout::of::<[u8; 2]>()?.encode(&Value::Bytes(vec![1, 2, 3])).unwrap_err();
/// assert_eq!(error.kind, EncodeErrorKind::DoesNotFit);
/// println!("{error}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct EncodeError {
    /// Where, from the message's root, such as `pose.flags[2]`. Empty for the message itself.
    pub path: String,
    /// What is wrong.
    pub kind: EncodeErrorKind,
    /// What was given, in words.
    pub given: String,
    /// What is expected there, in words.
    pub expected: String,
}

debug_is_display!(struct EncodeError { path, kind, given, expected });

/// What is wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeErrorKind {
    /// It is too large, too small, too long or too short.
    DoesNotFit,
    /// It is of another type.
    WrongType,
    /// A field is missing.
    Missing,
    /// There is no such field.
    Unknown,
    /// A field is given twice.
    Twice,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, kind, given, expected } = self;
        match path.as_str() {
            "" => f.write_str("the message")?,
            path => write!(f, "field `{path}`")?,
        }
        match kind {
            EncodeErrorKind::DoesNotFit => write!(f, ": {given} does not fit {expected}"),
            EncodeErrorKind::WrongType => write!(f, ": {given} is not {expected}"),
            EncodeErrorKind::Missing => write!(f, " is missing: it is {expected}"),
            EncodeErrorKind::Unknown => write!(f, " is unknown: {expected}"),
            EncodeErrorKind::Twice => write!(f, " is given twice"),
        }
    }
}

impl std::error::Error for EncodeError {}

impl EncodeError {
    pub(super) fn new(kind: EncodeErrorKind, given: impl fmt::Display, expected: impl fmt::Display) -> Self {
        Self { path: String::new(), kind, given: given.to_string(), expected: expected.to_string() }
    }

    #[cold]
    pub(super) fn wrong_type(ty: &Type, value: &Value) -> Self {
        Self::new(EncodeErrorKind::WrongType, Given(value), Expected(ty))
    }

    #[cold]
    pub(super) fn does_not_fit(ty: &Type, given: impl fmt::Display) -> Self {
        Self::new(EncodeErrorKind::DoesNotFit, given, Expected(ty))
    }

    pub(super) fn within(mut self, name: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') || name.is_empty() { "" } else { "." };
        self.path = format!("{name}{dot}{}", self.path);
        self
    }
}

/// Prints a value as far as it is of interest in an error.
pub(super) struct Given<'a>(pub(super) &'a Value);

impl fmt::Display for Given<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 40;
        match self.0 {
            Value::Bytes(_) | Value::List(_) | Value::Struct(_) => f.write_str(self.0.kind()),
            Value::Str(text) if text.len() > SHOWN => write!(f, "a string of {} bytes", text.len()),
            Value::Enum { name, value } => write!(f, "variant {name} ({value})"),
            value => write!(f, "{value}"),
        }
    }
}

/// Prints how many elements there are, in words.
pub(super) struct Count(pub(super) usize);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of {} element{}", self.0, if self.0 == 1 { "" } else { "s" })
    }
}

/// Prints a type, and what it accepts.
pub(super) struct Expected<'a>(pub(super) &'a Type);

impl fmt::Display for Expected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ty = self.0;
        match &ty.shape {
            Shape::Primitive(Primitive::U128) => write!(f, "{ty} (0 to {})", u128::MAX),
            Shape::Primitive(Primitive::I128) => write!(f, "{ty} ({} to {})", i128::MIN, i128::MAX),
            Shape::Primitive(Primitive::F32 | Primitive::F64) => write!(f, "{ty} (a number)"),
            Shape::Primitive(Primitive::Bool) => write!(f, "{ty} (true or false)"),
            Shape::Primitive(Primitive::Char) => write!(f, "{ty} (one character)"),
            Shape::Primitive(primitive) => match primitive.enum_range() {
                Some((least, greatest)) => write!(f, "{ty} ({least} to {greatest})"),
                None => write!(f, "{ty}"),
            },
            Shape::Struct { fields, .. } => {
                write!(f, "{ty} (a struct of {})", Names(fields.iter().map(|field| &*field.name)))
            }
            Shape::Enum(of) => {
                write!(f, "{ty} ({})", Names(of.variants.iter().map(|variant| &*variant.0)))
            }
            Shape::Array { len, .. } => write!(f, "{ty} (a list of {len})"),
            Shape::Str => write!(f, "{ty} (a string of at most {} bytes, without NUL)", ty.size),
            Shape::List { capacity, .. } => write!(f, "{ty} (a list of at most {capacity})"),
            Shape::Slice { header: None, .. } => write!(f, "{ty} (a list)"),
            Shape::Slice { header: Some(_), .. } => write!(f, "{ty} (a struct of header, elements)"),
        }
    }
}

//! Expressions that select messages: comparisons of fields, with `and`, `or`, `not` and
//! parentheses.

mod parse;

use crate::fields;
use anyhow::{Result, anyhow};
use slotcast::dynamic::{Accessor, EncodeErrorKind, Layout, Value};
use std::cmp::Ordering;
use std::str::FromStr;

/// An expression as it was written, for messages of any layout.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    Any(Vec<Expression>),
    All(Vec<Expression>),
    Not(Box<Expression>),
    Compare(Operand, Comparison, Operand),
    Truth(Operand),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Field(String),
    Literal(Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl FromStr for Expression {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        parse::parse(text)
    }
}

/// An expression for messages of one layout.
pub(crate) enum Filter {
    Any(Vec<Filter>),
    All(Vec<Filter>),
    Not(Box<Filter>),
    Compare(Side, Comparison, Side),
    Truth(Side),
}

/// One side of a comparison.
pub(crate) enum Side {
    Field(Box<Accessor>),
    Literal(Value),
}

impl Expression {
    /// Finds the fields that it names.
    ///
    /// # Errors
    /// When there is no such field, or a field cannot be compared with what it is compared with.
    pub(crate) fn bind(&self, layout: &Layout) -> Result<Filter> {
        let all = |parts: &[Self]| parts.iter().map(|part| part.bind(layout)).collect::<Result<Vec<_>>>();
        Ok(match self {
            Self::Any(parts) => Filter::Any(all(parts)?),
            Self::All(parts) => Filter::All(all(parts)?),
            Self::Not(part) => Filter::Not(Box::new(part.bind(layout)?)),
            Self::Truth(operand) => {
                let side = operand.bind(layout)?;
                side.check(layout, &Side::Literal(Value::Bool(true)))?;
                Filter::Truth(side)
            }
            Self::Compare(left, comparison, right) => {
                let (left, right) = sides(left, right, layout)?;
                left.check(layout, &right)?;
                right.check(layout, &left)?;
                Filter::Compare(left, *comparison, right)
            }
        })
    }
}

impl Operand {
    fn bind(&self, layout: &Layout) -> Result<Side> {
        match self {
            Self::Literal(value) => Ok(Side::Literal(value.clone())),
            Self::Field(path) => match (fields::find(layout, path), path.strip_prefix("m.")) {
                (Ok(field), _) => Ok(Side::Field(Box::new(field))),
                // As filters of `ros2 topic echo` name the message.
                (Err(error), Some(path)) => match fields::find(layout, path) {
                    Ok(field) => Ok(Side::Field(Box::new(field))),
                    Err(_) => Err(error),
                },
                (Err(error), None) => Err(error),
            },
        }
    }
}

/// Binds both sides of a comparison. A word that is no field stands for itself if it is a variant
/// of the other side.
fn sides(left: &Operand, right: &Operand, layout: &Layout) -> Result<(Side, Side)> {
    match (left.bind(layout), right.bind(layout)) {
        (Ok(left), Ok(right)) => Ok((left, right)),
        (Ok(left), Err(error)) => match variant(right, &left, layout) {
            Some(right) => Ok((left, right)),
            None => Err(no_variant(error, right, &left, layout)),
        },
        (Err(error), Ok(right)) => match variant(left, &right, layout) {
            Some(left) => Ok((left, right)),
            None => Err(no_variant(error, left, &right, layout)),
        },
        (Err(error), Err(_)) => Err(error),
    }
}

fn variant(word: &Operand, of: &Side, layout: &Layout) -> Option<Side> {
    let Operand::Field(word) = word else { return None };
    let literal = Side::Literal(Value::from(word.as_str()));
    let Side::Field(field) = of else { return None };
    // Only enums accept names and numbers; texts are written in quotes.
    let is_enum = field.write(&mut vec![0; layout.size()], &Value::from(word.as_str())).is_ok()
        && field.write(&mut vec![0; layout.size()], &Value::from("\u{1}\u{2}")).is_err();
    is_enum.then_some(literal)
}

/// Returns what a word could have been that is compared with a field: a name of its enum, or a text
/// without quotes.
fn no_variant(error: anyhow::Error, word: &Operand, of: &Side, layout: &Layout) -> anyhow::Error {
    let (Operand::Field(word), Side::Field(field)) = (word, of) else { return error };
    match field.write(&mut vec![0; layout.size()], &Value::from(word.as_str())) {
        Ok(()) => anyhow!("{error}; a text is written in quotes: \"{word}\""),
        Err(refused) if field.write(&mut vec![0; layout.size()], &Value::from("\u{1}")).is_err() => {
            anyhow!("`{word}` is no field, and {refused}")
        }
        Err(_) => error,
    }
}

impl Side {
    /// Checks that a field can be compared with the other side if that is a literal.
    fn check(&self, layout: &Layout, other: &Self) -> Result<()> {
        let (Self::Field(field), Self::Literal(value)) = (self, other) else { return Ok(()) };
        match field.write(&mut vec![0; layout.size()], value) {
            Err(error) if error.kind == EncodeErrorKind::WrongType && !is_fraction(field, layout, value) => {
                Err(anyhow!("cannot compare: {error}"))
            }
            _ => Ok(()),
        }
    }

    fn read(&self, message: &[u8]) -> Option<Value> {
        match self {
            Self::Field(field) => field.read(message).ok()?,
            Self::Literal(value) => Some(value.clone()),
        }
    }
}

/// Returns whether a fraction is compared with an integer.
fn is_fraction(field: &Accessor, layout: &Layout, value: &Value) -> bool {
    matches!(value, Value::F64(_)) && field.write(&mut vec![0; layout.size()], &Value::Int(0)).is_ok()
}

impl Filter {
    /// Returns whether it selects a message. A comparison with an element that the message does not
    /// have, or with a field that is not valid, is false.
    pub(crate) fn selects(&self, message: &[u8]) -> bool {
        match self {
            Self::Any(parts) => parts.iter().any(|part| part.selects(message)),
            Self::All(parts) => parts.iter().all(|part| part.selects(message)),
            Self::Not(part) => !part.selects(message),
            Self::Truth(side) => side.read(message) == Some(Value::Bool(true)),
            Self::Compare(left, comparison, right) => match (left.read(message), right.read(message)) {
                (Some(left), Some(right)) => comparison.holds(compare(&left, &right)),
                _ => false,
            },
        }
    }
}

impl Comparison {
    /// Returns whether it holds for values in this order; `None` is for NaN.
    fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Self::Equal => order == Some(Ordering::Equal),
            Self::NotEqual => order != Some(Ordering::Equal),
            Self::Less => order == Some(Ordering::Less),
            Self::AtMost => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Self::Greater => order == Some(Ordering::Greater),
            Self::AtLeast => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

/// Compares values: numbers exactly, variants by name or by number.
fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Char(left), Value::Char(right)) => Some(left.cmp(right)),
        (Value::Char(left), Value::Str(right)) => Some(left.to_string().as_str().cmp(right)),
        (Value::Str(left), Value::Char(right)) => Some(left.as_str().cmp(&right.to_string())),
        // The nearest `f32` is meant by a literal, so that a field of 0.1 equals 0.1.
        #[expect(clippy::cast_possible_truncation, reason = "the nearest is meant")]
        (Value::F32(left), Value::F64(right)) => left.partial_cmp(&(*right as f32)),
        #[expect(clippy::cast_possible_truncation, reason = "the nearest is meant")]
        (Value::F64(left), Value::F32(right)) => (*left as f32).partial_cmp(right),
        (Value::U128(left), Value::U128(right)) => Some(left.cmp(right)),
        (Value::U128(_), Value::Int(_)) => Some(Ordering::Greater),
        (Value::Int(_), Value::U128(_)) => Some(Ordering::Less),
        _ => match (left.as_int().zip(right.as_int()), left.as_str().zip(right.as_str())) {
            (_, Some((left, right))) => Some(left.cmp(right)),
            (Some((left, right)), None) => Some(left.cmp(&right)),
            (None, None) => left.as_f64()?.partial_cmp(&right.as_f64()?),
        },
    }
}

#[cfg(test)]
mod tests;

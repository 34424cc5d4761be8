//! Values as YAML.
//!
//! What is written is read again as the same message, bit for bit. It is YAML 1.2 that readers of
//! YAML 1.1 understand, too: text that they would take for something else is quoted.

use anyhow::Result;
use serde::{Serialize, Serializer};
use serde_saphyr::{DoubleQuoted, FlowMap, FlowSeq, SerializerOptions};
use slotcast::dynamic::Value;
use std::io::Write;

/// Writes a value, and a line end. With `flow` all of it is in one line.
pub(crate) fn write(out: &mut impl Write, value: &Value, flow: bool) -> Result<()> {
    let mut options = SerializerOptions::default();
    // A text that ends with spaces or line ends is quoted, which leaves no doubt about them.
    options.prefer_block_scalars = false;
    // Otherwise fields are quoted that are called `y`.
    options.yaml_12 = true;
    let text = serde_saphyr::to_string_with_options(&Yaml { value, flow }, options)?;
    let body = text.strip_prefix(DIRECTIVE).unwrap_or(&text);
    Ok(out.write_all(body.as_bytes())?)
}

/// What begins a document that names its version.
const DIRECTIVE: &str = "%YAML 1.2\n---\n";

/// What readers of YAML 1.1 take for a bool.
const BOOLS: [&str; 8] = ["yes", "no", "on", "off", "y", "n", "true", "false"];

/// Serializes a value as it is written in YAML: floats as YAML spells them, and lists of numbers in
/// one line. Integers beyond 64 bits are text, because most readers do not know them.
struct Yaml<'a> {
    value: &'a Value,
    flow: bool,
}

impl<'a> Yaml<'a> {
    fn part(&self, value: &'a Value) -> Self {
        Self { value, flow: self.flow }
    }
}

impl Serialize for Yaml<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::F32(value) if is_usual(value.is_nan(), value.to_bits() == f32::NAN.to_bits()) => {
                serializer.serialize_f32(*value)
            }
            Value::F64(value) if is_usual(value.is_nan(), value.to_bits() == f64::NAN.to_bits()) => {
                serializer.serialize_f64(*value)
            }
            Value::Bytes(bytes) => FlowSeq(bytes).serialize(serializer),
            Value::List(values) => {
                let parts: Vec<_> = values.iter().map(|value| self.part(value)).collect();
                if self.flow || values.iter().all(is_scalar) {
                    FlowSeq(parts).serialize(serializer)
                } else {
                    parts.serialize(serializer)
                }
            }
            Value::Struct(fields) => {
                let parts = Fields { of: self, fields };
                if self.flow { FlowMap(parts).serialize(serializer) } else { parts.serialize(serializer) }
            }
            Value::Enum { name: text, .. } if is_bool(text) => DoubleQuoted(&**text).serialize(serializer),
            Value::Str(text) if is_bool(text) => DoubleQuoted(text.as_str()).serialize(serializer),
            value => value.serialize(serializer),
        }
    }
}

fn is_bool(text: &str) -> bool {
    BOOLS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

struct Fields<'a> {
    of: &'a Yaml<'a>,
    fields: &'a [(std::sync::Arc<str>, Value)],
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.fields.iter().map(|(name, value)| (&**name, self.of.part(value))))
    }
}

/// Returns whether YAML has a spelling for a float: for every one but the unusual NaNs.
fn is_usual(is_nan: bool, is_usual_nan: bool) -> bool {
    !is_nan || is_usual_nan
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Bytes(_) | Value::List(_) | Value::Struct(_))
}

#[cfg(test)]
mod tests;

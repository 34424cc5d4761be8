//! Serde support of values, for self-describing formats: JSON, YAML, CBOR, MessagePack.

use super::Value;
use super::nan::Nan;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// How deep values may be nested: deeper than any schema.
const MAX_DEPTH: u32 = 64;

/// In human-readable formats such as JSON, integers that exceed 64 bits become strings of their
/// digits, and floats that are not finite become `"NaN"`, `"inf"` and `"-inf"`: many readers know
/// neither. A NaN that is not the usual one is written with its bits, as `"NaN(0x7fc00001)"`.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let for_people = serializer.is_human_readable();
        match self {
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => serializer.serialize_i64(value),
                (_, Ok(value)) => serializer.serialize_u64(value),
                _ if for_people => serializer.collect_str(value),
                _ => serializer.serialize_i128(*value),
            },
            Value::U128(value) if for_people => serializer.collect_str(value),
            Value::U128(value) => serializer.serialize_u128(*value),
            Value::F32(value) if for_people && value.is_nan() => serializer.collect_str(&Nan::F32(*value)),
            Value::F32(value) if for_people && !value.is_finite() => serializer.collect_str(value),
            Value::F32(value) => serializer.serialize_f32(*value),
            Value::F64(value) if for_people && value.is_nan() => serializer.collect_str(&Nan::F64(*value)),
            Value::F64(value) if for_people && !value.is_finite() => serializer.collect_str(value),
            Value::F64(value) => serializer.serialize_f64(*value),
            Value::Char(value) => serializer.serialize_char(*value),
            Value::Str(value) => serializer.serialize_str(value),
            Value::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Value::List(values) => {
                let mut seq = serializer.serialize_seq(Some(values.len()))?;
                values.iter().try_for_each(|value| seq.serialize_element(value))?;
                seq.end()
            }
            Value::Struct(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                fields.iter().try_for_each(|(name, value)| map.serialize_entry(&**name, value))?;
                map.end()
            }
            Value::Enum { name, .. } => serializer.serialize_str(name),
        }
    }
}

/// Without a layout, enums and chars become strings, and the bytes of JSON a list.
/// [`Layout::encode`](super::Layout::encode) accepts them like this. There is no value for null.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        AtDepth(0).deserialize(deserializer)
    }
}

/// Reads a value at this depth of nesting.
#[derive(Clone, Copy)]
struct AtDepth(u32);

impl AtDepth {
    fn below<E: Error>(self) -> Result<Self, E> {
        if self.0 == MAX_DEPTH {
            return Err(E::custom(format_args!("values are nested more than {MAX_DEPTH} deep")));
        }
        Ok(Self(self.0 + 1))
    }
}

impl<'de> DeserializeSeed<'de> for AtDepth {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AtDepth {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of a message: a number, bool, string, list or struct")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f32<E: Error>(self, value: f32) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_char<E: Error>(self, value: char) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_bytes<E: Error>(self, value: &[u8]) -> Result<Value, E> {
        Ok(value.to_owned().into())
    }

    fn visit_byte_buf<E: Error>(self, value: Vec<u8>) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut values = Vec::new(); // the length that the format announces is not trusted
        while let Some(value) = seq.next_element_seed(below)? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut fields = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            fields.push((Arc::from(name), map.next_value_seed(below)?));
        }
        Ok(Value::Struct(fields))
    }
}

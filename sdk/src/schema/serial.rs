//! Bounded text and lists for serde: a text is a string, a list is a sequence. No feature is needed for
//! it, because schemas need serde anyway.

use super::{FixedVec, ShmMessage, Str};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;

/// A string: [`as_str`](Str::as_str).
impl<const N: usize> Serialize for Str<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// From a string, which must fit and have no NUL character.
impl<'de, const N: usize> Deserialize<'de> for Str<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text)
    }
}

struct Text<const N: usize>;

impl<const N: usize> Visitor<'_> for Text<N> {
    type Value = Str<N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a string of at most {N} bytes, without NUL")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Str<N>, E> {
        text.try_into().map_err(E::custom)
    }
}

/// A sequence of the elements.
impl<T: ShmMessage + Serialize, const N: usize> Serialize for FixedVec<T, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

/// From a sequence of at most `N` elements.
impl<'de, T: ShmMessage + Deserialize<'de>, const N: usize> Deserialize<'de> for FixedVec<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Elements(PhantomData))
    }
}

struct Elements<T, const N: usize>(PhantomData<T>);

impl<'de, T: ShmMessage + Deserialize<'de>, const N: usize> Visitor<'de> for Elements<T, N> {
    type Value = FixedVec<T, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {N} elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<FixedVec<T, N>, A::Error> {
        let mut list = FixedVec::new();
        while let Some(element) = elements.next_element()? {
            if list.push(element).is_err() {
                return Err(A::Error::custom(format_args!("the list has more than {N} elements, its capacity")));
            }
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_lists_round_trip() {
        let text: Str<8> = "größe".try_into().unwrap();
        let list = FixedVec::<Str<8>, 3>::from_slice(&[text, Str::new()]).unwrap();
        let json = serde_json::to_string(&list).unwrap();
        assert_eq!(json, r#"["größe",""]"#);
        assert_eq!(serde_json::from_str::<FixedVec<Str<8>, 3>>(&json).unwrap(), list);
        assert_eq!(serde_json::from_value::<Str<8>>("größe".into()).unwrap(), text);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let error = |json: &str| serde_json::from_str::<FixedVec<Str<2>, 2>>(json).unwrap_err().to_string();
        assert!(error(r#"["a", "b", "c"]"#).starts_with("the list has more than 2 elements, its capacity"));
        assert!(error(r#"["abc"]"#).starts_with("the text has 3 bytes, and the capacity is 2"));
        assert!(error(r#"["\u0000"]"#).starts_with("the text contains the NUL character at byte 0"));
        assert!(error("[1]").contains("expected a string of at most 2 bytes, without NUL"));
        assert!(error("{}").contains("expected a list of at most 2 elements"));
    }
}

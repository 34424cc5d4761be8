//! The 128-bit hash that identifies a layout.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use xxhash_rust::const_xxh3::xxh3_128;

/// The 128-bit hash of a schema's canonical bytes (XXH3-128, seed 0).
///
/// It prints, parses and serializes as 32 hexadecimal digits:
///
/// ```
/// use slotcast::ShmMessage;
/// use slotcast::schema::SchemaHash;
///
/// let hash = u64::HASH;
/// assert_eq!(hash, u64::SCHEMA.hash());
/// assert_eq!(hash.to_string().parse::<SchemaHash>()?, hash);
/// # Ok::<(), slotcast::schema::ParseHashError>(())
/// ```
///
/// XXH3 is not cryptographic: the hash identifies a layout but does not protect against forgery.
/// Where that matters, compare the schemas themselves with
/// [`Schema::same_layout`](super::Schema::same_layout).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaHash(pub u128);

impl SchemaHash {
    /// Returns the hash of canonical bytes.
    pub const fn of(canonical: &[u8]) -> SchemaHash {
        SchemaHash(xxh3_128(canonical))
    }
}

impl fmt::Display for SchemaHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for SchemaHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SchemaHash({self})")
    }
}

/// A text that is not a schema hash.
///
/// ```
/// use slotcast::schema::SchemaHash;
///
/// let error = "beef".parse::<SchemaHash>().unwrap_err();
/// assert_eq!(error.to_string(), "\"beef\" is not a schema hash: expected 32 hexadecimal digits");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a schema hash: expected 32 hexadecimal digits")]
pub struct ParseHashError(String);

impl FromStr for SchemaHash {
    type Err = ParseHashError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseHashError(text.chars().take(64).collect());
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(error());
        }
        u128::from_str_radix(text, 16).map(SchemaHash).map_err(|_| error())
    }
}

impl Serialize for SchemaHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SchemaHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

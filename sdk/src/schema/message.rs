use super::{Schema, SchemaHash};

/// A type that can be shared between processes as it lies in memory.
///
/// # Safety
///
/// To be written out.
pub unsafe trait ShmMessage: Sized + Send + Sync + 'static {
    /// The layout of this type.
    const SCHEMA: &'static Schema;
    /// The hash of [`SCHEMA`](Self::SCHEMA).
    const HASH: SchemaHash = Self::SCHEMA.hash();
    /// Whether every bit pattern of this size is a value of this type.
    const EVERY_BIT_PATTERN_VALID: bool;
    /// Whether all bytes zero is a value of this type.
    const ZERO_VALID: bool;

    /// Checks that `bytes` (of exactly this type's size, at any alignment) is a value of this type.
    fn validate(bytes: &[u8]) -> Result<(), InvalidValue>;
}

/// Bytes that are no value of the type that they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("field `{path}`: {found} is not {expected}")]
pub struct InvalidValue {
    /// Where, from the message's root: `pose.flags[2]`.
    pub path: String,
    /// The bytes found, in words.
    pub found: String,
    /// What is valid there.
    pub expected: String,
}

//! What a message looks like in memory, said so that both sides can compare it.

mod message;

pub use message::{InvalidValue, ShmMessage};

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The layout of one message type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// The type's name.
    pub name: Cow<'static, str>,
    /// Its size in bytes.
    pub size: u64,
    /// Its alignment in bytes.
    pub align: u64,
}

/// The 128-bit hash of a schema's canonical bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct SchemaHash(pub u128);

impl Schema {
    /// The hash by which two sides recognise each other.
    pub const fn hash(&self) -> SchemaHash {
        SchemaHash(self.size as u128)
    }
}

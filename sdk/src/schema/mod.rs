//! What a message looks like in memory, said so that both sides can compare it.
//!
//! [`ShmMessage`] is the trait of everything that can be published. Each message type has a
//! [`Schema`]: one value that exists both at compile time (made by the derive) and at run time
//! (read from another process). Two sides connect when their schemas have the same
//! [canonical bytes](Schema::canonical_bytes), which is what the [`SchemaHash`] stands for.

mod message;

mod descriptor;
mod walk;

mod canonical;
mod hash;

mod check;

mod c;
mod difference;
mod display;

mod enumeration;
mod fixed_vec;
mod leaf;
mod pad;
mod text;
mod validity;

pub mod tensor;

pub(crate) mod derive_support;

mod checks;
mod const_text;
mod reasons;

pub use canonical::{MAX_CANONICAL_BYTES, MAX_DEPTH, NotCanonical};
pub use check::SchemaError;
pub use descriptor::{Field, Kind, Nested, Primitive, Schema, Variant};
pub use difference::{Difference, DifferenceKind, FieldLocation};
pub use fixed_vec::{FixedVec, ListFull};
pub use hash::{ParseHashError, SchemaHash};
pub use message::{InvalidValue, ShmMessage};
pub use pad::Pad;
pub use text::{Str, StrError};
pub use validity::{AnyBytesValid, ZeroValid};

pub(crate) use const_text::ConstText;
pub(crate) use enumeration::no_variant;

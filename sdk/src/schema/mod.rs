//! What a message looks like in memory, described so that two processes can compare it.
//!
//! [`ShmMessage`] is the trait of everything that can be published. Each message type has a
//! [`Schema`], which exists at compile time (created by the derive) and at run time (read from
//! another process). Two sides connect if their schemas have the same [canonical
//! bytes](Schema::canonical_bytes); the [`SchemaHash`] is a hash of these.
//!
//! | item | purpose |
//! | --- | --- |
//! | [`ShmMessage`], [`InvalidValue`] | the trait of messages, and what is wrong with received bytes |
//! | [`Str`], [`FixedVec`] | text and lists inside a message |
//! | [`tensor`] | a header for arrays whose shape is known at run time |
//! | [`Schema`], [`Kind`], [`Field`], [`Variant`], [`Primitive`], [`Nested`] | the description of a layout |
//! | [`SchemaHash`] | the identity of a layout |
//! | [`Difference`] | how two layouts differ |
//! | [`Schema::check`], [`SchemaError`] | whether a description from elsewhere is possible |
//! | [`Schema::to_c`] | the layout as a C header |

mod message;

mod descriptor;
mod walk;

mod canonical;
mod from_canonical;
mod hash;

mod check;

mod c;
mod c_names;
mod c_tables;
mod difference;
mod display;

mod enumeration;
mod fixed_vec;
mod leaf;
mod pad;
mod serial;
mod shortened;
mod text;
mod validity;

pub mod tensor;

pub(crate) mod derive_support;

mod const_checks;
mod const_text;
mod reasons;

pub use canonical::{MAX_CANONICAL_BYTES, NotCanonical};
pub use check::SchemaError;
pub use descriptor::{Field, Kind, MAX_DEPTH, Nested, Primitive, Schema, Variant};
pub use difference::{Difference, DifferenceKind, FieldLocation};
pub use fixed_vec::{FixedVec, ListFull};
pub use from_canonical::ParseCanonicalError;
pub use hash::{ParseHashError, SchemaHash};
pub use message::{InvalidValue, ShmMessage};
pub use pad::Pad;
pub use text::{Str, StrError};
pub use validity::{AnyBytesValid, ZeroValid};

pub(crate) use const_text::ConstText;
pub(crate) use enumeration::no_variant;
pub(crate) use shortened::shortened;

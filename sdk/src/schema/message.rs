//! The trait of everything that can be published.
#![allow(unsafe_code, reason = "the trait is a promise, so it is unsafe to implement")]

use std::fmt;

use super::{Schema, SchemaHash};

/// A type that can be shared between processes as it lies in memory.
///
/// Implement it with the derive, which checks all of what follows and refuses with a reason:
///
/// ```
/// use slotcast::ShmMessage;
///
/// #[derive(ShmMessage, Clone, Copy, Debug)]
/// #[repr(C)]
/// struct Imu {
///     /// When it was measured.
///     #[shm(unit = "ns")]
///     stamp_ns: u64,
///     #[shm(unit = "m/s^2")]
///     accel: [f32; 3],
///     gyro: [f32; 3],
/// }
///
/// assert_eq!(Imu::SCHEMA.size, 32);
/// ```
///
/// # Safety
///
/// Whoever implements this by hand promises, for this type and for every type inside it:
///
/// - **Layout.** It is fixed by the language and the same in every program: `repr(C)`, with or
///   without `align(N)`, `repr(transparent)`, or a field-less enum with a primitive
///   representation. Its size is not 0.
/// - **No padding.** Every byte of every value is part of some field, so all bytes are initialised
///   and none carries what another object left behind.
/// - **No pointers**, references, handles, or anything else that means something in one process
///   only.
/// - **No destructor.** `needs_drop::<Self>()` is false: a value may be copied out of
///   shared memory any number of times, or never.
/// - **No interior mutability.** Bytes do not change behind `&Self`.
/// - **`SCHEMA` is true**: its size, alignment, offsets and kinds are those of this type, with
///   every nested type.
/// - **`EVERY_BIT_PATTERN_VALID` is true only if** any initialised bytes of this size are a value
///   of this type, and **`ZERO_VALID` only if** zero bytes are.
/// - **`validate` is complete**: if it returns `Ok(())` for some bytes, these bytes, at an address
///   aligned for this type, are a value of it. It does not read beyond the slice that it is given.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "`{Self}` cannot be shared between processes as it is",
    note = "if `{Self}` is a struct of your own, add `#[derive(ShmMessage)]` and `#[repr(C)]` to it; \
            if it is an enum without fields, `#[derive(ShmMessage)]` and `#[repr(u8)]`",
    note = "if it is a union, which of its fields holds is not in its bytes: make it a struct with a field that says \
            which, or bytes (`[u8; N]`)",
    note = "if it comes from another crate, make a message of your own that has its fields, and \
            convert",
    note = "instead of the standard library's types: `slotcast::Str<N>` for `String`, \
            `slotcast::FixedVec<T, N>` for `Vec<T>`, `u64` for `usize` and for times (in nanoseconds); \
            data of any length is published as a slice: `[T]`, or `[u8]` for text"
)]
pub unsafe trait ShmMessage: Sized + Send + Sync + 'static {
    /// The layout of this type.
    const SCHEMA: &'static Schema;

    /// The hash of [`SCHEMA`](Self::SCHEMA).
    const HASH: SchemaHash = Self::SCHEMA.hash();

    /// Whether every bit pattern of this size is a value of this type. If not, received bytes
    /// are [validated](Self::validate), and only copies of them are looked at. Without this as the schema says; a type
    /// with fewer values than its kind, such as one of `NonZeroU32`, says `false`.
    const EVERY_BIT_PATTERN_VALID: bool = Self::SCHEMA.every_bit_pattern_valid();

    /// Whether all bytes zero is a value of this type. Without this as the schema says.
    const ZERO_VALID: bool = Self::SCHEMA.zero_valid();

    /// Checks that `bytes` are a value of this type. They are exactly as many as this type's size,
    /// at any alignment.
    ///
    /// For types in which [every bit pattern is valid](Self::EVERY_BIT_PATTERN_VALID) this is
    /// nothing, also after compilation. Allocates only to make an error.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`] for the first field, in the order of offsets, whose bytes are no value of
    /// its type.
    ///
    /// # Panics
    ///
    /// May panic if `bytes` has another length.
    fn validate(bytes: &[u8]) -> Result<(), InvalidValue>;
}

/// Bytes that are no value of the type that they should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidValue {
    /// Where, from the message's root: `pose.flags[2]`; empty for the message itself.
    pub path: String,
    /// The bytes found, in words.
    pub found: String,
    /// What is valid there.
    pub expected: String,
}

impl InvalidValue {
    /// An error about a value that is not inside anything yet.
    #[cold]
    pub fn new(found: impl fmt::Display, expected: impl fmt::Display) -> InvalidValue {
        InvalidValue { path: String::new(), found: found.to_string(), expected: expected.to_string() }
    }

    /// The same error, seen from a struct that has the value in its field `name`.
    #[cold]
    #[must_use]
    pub fn in_field(self, name: &str) -> InvalidValue {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        InvalidValue { path: format!("{name}{dot}{}", self.path), ..self }
    }

    /// The same error, seen from an array or a list that has the value at `index`.
    #[cold]
    #[must_use]
    pub fn in_element(self, index: usize) -> InvalidValue {
        self.in_field(&format!("[{index}]"))
    }
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => write!(f, "the message is {}, not {}", self.found, self.expected),
            path => write!(f, "field `{path}` is {}, not {}", self.found, self.expected),
        }
    }
}

impl std::error::Error for InvalidValue {}

//! The trait of everything that can be published.
#![allow(unsafe_code, reason = "the trait is a promise, so it is unsafe to implement")]

use std::fmt;

use super::{Schema, SchemaHash};

/// A type whose bytes can be shared between processes.
///
/// Implement it with the derive, which checks all requirements below and names the one that is not
/// met:
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
/// assert!(Imu::EVERY_BIT_PATTERN_VALID);
/// ```
///
/// An enum without fields needs an integer representation:
///
/// ```
/// use slotcast::ShmMessage;
///
/// #[derive(ShmMessage, Clone, Copy, Debug)]
/// #[repr(u8)]
/// enum Mode {
///     Idle,
///     Driving,
/// }
///
/// let error = Mode::validate(&[7]).unwrap_err();
/// assert_eq!(error.to_string(), "the message is 7, not a `Mode` (0 Idle, 1 Driving)");
/// ```
///
/// Settings on the type are `#[shm(name = "…")]`, `version = N`, `hash = "…"` and `crate = "…"`; on
/// a field, `unit = "…"`.
///
/// # Safety
///
/// An implementation by hand must ensure the following, for this type and for every type inside it:
///
/// - **Layout.** The language defines it, and it is the same in every program: `repr(C)`, with or
///   without `align(N)`, `repr(transparent)`, or an enum without fields and with a primitive
///   representation. The size is not 0.
/// - **No padding.** Every byte of every value belongs to a field. So all bytes are initialised,
///   and none contains leftovers of another object.
/// - **No pointers**, references, handles, or anything else that is meaningful in one process only.
/// - **No destructor.** `needs_drop::<Self>()` is false: a value may be copied out of shared memory
///   any number of times, or never.
/// - **No interior mutability.** Bytes do not change behind `&Self`.
/// - **`SCHEMA` is true.** Its size, alignment, offsets and kinds are those of this type, including
///   every nested type.
/// - **`EVERY_BIT_PATTERN_VALID` is true only if** any initialised bytes of this size are a value
///   of this type.
/// - **`ZERO_VALID` is true only if** zero bytes are a value of this type.
/// - **`validate` is complete.** If it returns `Ok(())` for some bytes, then these bytes, at an
///   address aligned for this type, are a value of it. It does not read beyond the slice.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "`{Self}` cannot be shared between processes as it is",
    note = "for a struct of your own, add `#[derive(ShmMessage)]` and `#[repr(C)]`; for an enum without fields, \
            `#[derive(ShmMessage)]` and `#[repr(u8)]`",
    note = "for a union, use a struct with a field that says which value it has, or bytes (`[u8; N]`)",
    note = "for a type from another crate, define a message of your own that has its fields, and convert",
    note = "in place of standard library types use `slotcast::Str<N>` for `String`, `slotcast::FixedVec<T, N>` for \
            `Vec<T>`, and `u64` for `usize` and for times (in nanoseconds); publish data of any length as a slice: \
            `[T]`, or `[u8]` for text"
)]
pub unsafe trait ShmMessage: Sized + Send + Sync + 'static {
    /// The layout of this type.
    const SCHEMA: &'static Schema;

    /// The hash of [`SCHEMA`](Self::SCHEMA).
    const HASH: SchemaHash = Self::SCHEMA.hash();

    /// Fails to compile if the layout of this type, or of one inside, breaks a rule that only the
    /// compiler can check: above all, if it has padding. The derive checks a type that is not
    /// generic at once. What a generic one is used with is checked by this constant, when an
    /// endpoint is created. So that `cargo check` reports it too, name it:
    ///
    /// ```
    /// use slotcast::ShmMessage;
    ///
    /// #[derive(ShmMessage)]
    /// #[repr(C)]
    /// struct Stamped<T> {
    ///     stamp_ns: u64,
    ///     value: T,
    /// }
    ///
    /// const _: () = Stamped::<f64>::LAYOUT_CHECKED; // with `u8` it would not compile
    /// ```
    const LAYOUT_CHECKED: () = ();

    /// Whether every bit pattern of this size is a value of this type.
    ///
    /// If not, received bytes are [validated](Self::validate), and only copies of them are read.
    /// The default is what the schema implies. A type with fewer values than its kind, such as a
    /// wrapper around `NonZeroU32`, must set it to `false`.
    const EVERY_BIT_PATTERN_VALID: bool = Self::SCHEMA.every_bit_pattern_valid();

    /// Whether zero bytes are a value of this type. The default is what the schema implies.
    const ZERO_VALID: bool = Self::SCHEMA.zero_valid();

    /// Checks that `bytes` are a value of this type. There must be exactly as many as its size, at
    /// any alignment.
    ///
    /// If [every bit pattern is valid](Self::EVERY_BIT_PATTERN_VALID) this compiles to nothing. It
    /// allocates only to create an error.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`] for the first field, in the order of offsets, whose bytes are not a value
    /// of its type.
    ///
    /// # Panics
    ///
    /// May panic if `bytes` has another length.
    fn validate(bytes: &[u8]) -> Result<(), InvalidValue>;
}

/// Bytes that are not a value of the type that they should be.
///
/// ```
/// use slotcast::ShmMessage;
///
/// #[derive(ShmMessage)]
/// #[repr(C)]
/// struct Status {
///     motors_on: [bool; 3],
/// }
///
/// let error = Status::validate(&[0, 1, 2]).unwrap_err();
/// assert_eq!(error.path, "motors_on[2]");
/// assert_eq!(error.to_string(), "field `motors_on[2]` is 2, not a bool (0 or 1)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidValue {
    /// The path from the message's root, such as `pose.flags[2]`; empty for the message itself.
    pub path: String,
    /// The value that was found, as text.
    pub found: String,
    /// What would be valid, as text.
    pub expected: String,
}

impl InvalidValue {
    /// Creates an error about the message itself.
    #[cold]
    pub fn new(found: impl fmt::Display, expected: impl fmt::Display) -> InvalidValue {
        InvalidValue { path: String::new(), found: found.to_string(), expected: expected.to_string() }
    }

    /// Returns the same error as seen from a struct that has the value in its field `name`.
    #[cold]
    #[must_use]
    pub fn in_field(self, name: &str) -> InvalidValue {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        InvalidValue { path: format!("{name}{dot}{}", self.path), ..self }
    }

    /// Returns the same error as seen from an array or list that has the value at `index`.
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

//! Bytes without meaning.
//!
//! # Safety
//!
//! The file opts into unsafe code to promise what `ShmMessage` asks of an implementation; the
//! promise is proved where it is made.
#![allow(unsafe_code, reason = "the promise about the layout of a type is an `unsafe impl`")]

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{InvalidValue, Kind, Schema, ShmMessage};

/// `N` bytes of padding, at least 1: they fill the gap before a field that must be aligned, or at
/// the end of a struct.
///
/// The compiler leaves such gaps without defined contents, and a message has none of these: every
/// byte of it is shared. A field of this type is the gap, spelled out. It has no value: any two are
/// equal, and tools do not show it. Neither the field's name nor how a gap is divided into fields
/// counts when two sides compare their layouts. Only where the other fields are, and how large the
/// struct is, does.
///
/// ```
/// use slotcast::{Pad, ShmMessage};
///
/// #[derive(ShmMessage, Clone, Copy, Debug, Default, PartialEq)]
/// #[repr(C)]
/// pub struct Sample {
///     pub channel: u32,
///     pub _pad: Pad<4>,
///     pub stamp_ns: u64,
/// }
///
/// let sample = Sample { channel: 7, stamp_ns: 1, ..Sample::default() };
/// assert_eq!(sample._pad, Pad::ZERO);
/// ```
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(transparent)]
pub struct Pad<const N: usize>([u8; N]);

impl<const N: usize> Pad<N> {
    /// All bytes zero.
    pub const ZERO: Self = Pad([0; N]);
}

// SAFETY: transparent over `[u8; N]`: no padding of the compiler's, every bit pattern valid, no
// pointers, no destructor, no interior mutability. The schema says exactly that; N = 0 does not
// compile.
unsafe impl<const N: usize> ShmMessage for Pad<N> {
    const SCHEMA: &'static Schema = {
        assert!(N > 0, "`Pad<0>` is no padding: remove the field");
        &Schema {
            name: Cow::Borrowed(""),
            version: 0,
            size: N as u64,
            align: 1,
            doc: Cow::Borrowed(""),
            kind: Kind::Pad { bytes: N as u64 },
        }
    };
    const EVERY_BIT_PATTERN_VALID: bool = true;
    const ZERO_VALID: bool = true;

    #[inline(always)]
    fn validate(_: &[u8]) -> Result<(), InvalidValue> {
        Ok(())
    }
}

impl<const N: usize> Default for Pad<N> {
    fn default() -> Self {
        Self::ZERO
    }
}

impl<const N: usize> fmt::Debug for Pad<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pad<{N}>")
    }
}

/// Any two are equal.
impl<const N: usize> PartialEq for Pad<N> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<const N: usize> Eq for Pad<N> {}

impl<const N: usize> PartialOrd for Pad<N> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<const N: usize> Ord for Pad<N> {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl<const N: usize> Hash for Pad<N> {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

//! Text of a bounded length inside a message.
//!
//! # Safety
//!
//! The file opts into unsafe code to implement `ShmMessage`; the implementation proves that it
//! meets the requirements.
#![allow(unsafe_code, reason = "`ShmMessage` is unsafe to implement")]

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::str::{FromStr, Utf8Error};

use super::{InvalidValue, Kind, Schema, ShmMessage};

/// Text of up to `N` bytes of UTF-8, stored inside the message; `N` is at least 1.
///
/// ```
/// use slotcast::Str;
///
/// let frame: Str<16> = "base_link".try_into()?;
/// assert_eq!(frame.as_str(), "base_link");
/// assert_eq!(frame.len(), 9);
/// assert_eq!(frame, "base_link");
/// assert_eq!("base_link".parse::<Str<32>>()?, frame);
/// # Ok::<(), slotcast::StrError>(())
/// ```
///
/// In memory it is `N` bytes: the text, then zeros. So a text cannot contain the NUL character.
///
/// The bytes can have any value if another process wrote them, which is never unsound. For
/// [`as_str`](Str::as_str) the text ends before the first byte that is not UTF-8;
/// [`to_str`](Str::to_str) returns an error.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Str<const N: usize>([u8; N]);

impl<const N: usize> Str<N> {
    /// The largest length in bytes.
    pub const CAPACITY: usize = N;

    /// Creates an empty text.
    pub const fn new() -> Self {
        Str([0; N])
    }

    /// Creates a text from as much of `text` as fits. It ends before the first character that does
    /// not fit, or is NUL.
    ///
    /// ```
    /// assert_eq!(slotcast::Str::<4>::truncated("größe").as_str(), "grö");
    /// ```
    pub const fn truncated(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut len = 0;
        while len < bytes.len() && len < N && bytes[len] != 0 {
            len += 1;
        }
        while !text.is_char_boundary(len) {
            len -= 1;
        }
        let mut all = [0; N];
        all.split_at_mut(len).0.copy_from_slice(bytes.split_at(len).0);
        Str(all)
    }

    /// Returns the text. It ends at the first NUL, at the first byte that is not UTF-8, or after
    /// `N` bytes.
    ///
    /// Takes time proportional to the length, because it checks every byte.
    pub const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.as_bytes()) {
            Ok(text) => text,
            Err(error) => match std::str::from_utf8(self.0.split_at(error.valid_up_to()).0) {
                Ok(text) => text,
                Err(_) => "",
            },
        }
    }

    /// Returns the text up to the first NUL.
    ///
    /// # Errors
    ///
    /// If the text is not UTF-8, and at which byte. That happens only if another process wrote
    /// bytes that it should not.
    pub const fn to_str(&self) -> Result<&str, Utf8Error> {
        std::str::from_utf8(self.as_bytes())
    }

    /// Returns the bytes up to the first NUL.
    pub const fn as_bytes(&self) -> &[u8] {
        let mut len = 0;
        while len < N && self.0[len] != 0 {
            len += 1;
        }
        self.0.split_at(len).0
    }
}

/// A text that does not fit in a [`Str`].
///
/// ```
/// use slotcast::{Str, StrError};
///
/// let error = Str::<4>::try_from("robot").unwrap_err();
/// assert_eq!(error, StrError::TooLong { len: 5, capacity: 4 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StrError {
    /// It has more bytes than the capacity.
    #[error("the text has {len} bytes, and the capacity is {capacity}: shorten it, or use `Str::truncated`")]
    TooLong {
        /// The length of the text in bytes.
        len: usize,
        /// The capacity in bytes.
        capacity: usize,
    },
    /// It contains the NUL character, which would end the text.
    #[error("the text contains the NUL character at byte {at}, which would end it there: remove it")]
    Nul {
        /// The byte at which it is, from 0.
        at: usize,
    },
}

impl<const N: usize> TryFrom<&str> for Str<N> {
    type Error = StrError;

    fn try_from(text: &str) -> Result<Self, StrError> {
        if let Some(at) = text.bytes().position(|byte| byte == 0) {
            return Err(StrError::Nul { at });
        }
        if text.len() > N {
            return Err(StrError::TooLong { len: text.len(), capacity: N });
        }
        Ok(Str::truncated(text))
    }
}

impl<const N: usize> FromStr for Str<N> {
    type Err = StrError;

    fn from_str(text: &str) -> Result<Self, StrError> {
        text.try_into()
    }
}

// SAFETY: transparent over `[u8; N]`: no padding, every bit pattern valid, no pointers, no
// destructor, no interior mutability. The schema describes exactly that. N = 0 does not compile.
unsafe impl<const N: usize> ShmMessage for Str<N> {
    const SCHEMA: &'static Schema = {
        assert!(N > 0, "`Str<0>` cannot hold any text: make its capacity at least 1");
        &Schema {
            name: Cow::Borrowed(""),
            version: 0,
            size: N as u64,
            align: 1,
            doc: Cow::Borrowed(""),
            kind: Kind::Str { capacity: N as u64 },
        }
    };
    const EVERY_BIT_PATTERN_VALID: bool = true;
    const ZERO_VALID: bool = true;

    #[inline(always)]
    fn validate(_: &[u8]) -> Result<(), InvalidValue> {
        Ok(())
    }
}

impl<const N: usize> Default for Str<N> {
    fn default() -> Self {
        Str::new()
    }
}

impl<const N: usize> Deref for Str<N> {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl<const N: usize> AsRef<str> for Str<N> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl<const N: usize> fmt::Display for Str<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Str<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<const N: usize, const M: usize> PartialEq<Str<M>> for Str<N> {
    fn eq(&self, other: &Str<M>) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl<const N: usize> Eq for Str<N> {}

impl<const N: usize> PartialEq<str> for Str<N> {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl<const N: usize> PartialEq<&str> for Str<N> {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl<const N: usize> PartialOrd for Str<N> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<const N: usize> Ord for Str<N> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl<const N: usize> std::hash::Hash for Str<N> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_between_characters() {
        assert_eq!(Str::<3>::truncated("abcd").as_str(), "abc");
        assert_eq!(Str::<3>::truncated("aäö").as_str(), "aä");
        assert_eq!(Str::<2>::truncated("aäö").as_str(), "a");
        assert_eq!(Str::<2>::truncated("𝛼").as_str(), "");
        assert_eq!(Str::<9>::truncated("a\0b").as_str(), "a");
    }

    #[test]
    fn refuses_what_does_not_fit() {
        assert_eq!(Str::<3>::try_from("abc").unwrap().as_str(), "abc");
        assert_eq!(Str::<3>::try_from("abcd"), Err(StrError::TooLong { len: 4, capacity: 3 }));
        assert_eq!("a\0".parse::<Str<3>>(), Err(StrError::Nul { at: 1 }));
    }

    #[test]
    fn reads_corrupt_bytes_as_far_as_possible() {
        let corrupt = Str([b'a', 0xff, b'b', 0]);
        assert_eq!(corrupt.as_str(), "a");
        assert_eq!(corrupt.to_str().unwrap_err().valid_up_to(), 1);
        assert_eq!(Str([0xff; 4]).as_str(), "");
        assert_eq!(Str([b'a', 0, 0xff, 0xff]), "a");
    }
}

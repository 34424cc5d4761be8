//! Text of a bounded length inside a message.
//!
//! # Safety
//!
//! The file opts into unsafe code to promise what `ShmMessage` asks of an implementation; each promise is proved
//! where it is made.
#![allow(unsafe_code, reason = "promises about the layout are `unsafe impl`")]

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::str::{FromStr, Utf8Error};

use super::{InvalidValue, Kind, Schema, ShmMessage};

/// Text of up to `N` bytes of UTF-8, in the message itself; `N` is at least 1.
///
/// In memory it is `N` bytes: the text, then zeros. Text cannot contain the NUL character.
///
/// ```
/// use slotcast::Str;
///
/// let frame: Str<16> = "base_link".try_into()?;
/// assert_eq!(frame.as_str(), "base_link");
/// assert_eq!(frame.len(), 9);
/// # Ok::<(), slotcast::StrError>(())
/// ```
///
/// Bytes that another process wrote can be anything. That is never unsound: what is not UTF-8 ends
/// the text for [`as_str`](Str::as_str), and [`to_str`](Str::to_str) tells.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Str<const N: usize>([u8; N]);

impl<const N: usize> Str<N> {
    /// The greatest length in bytes.
    pub const CAPACITY: usize = N;

    /// The empty text.
    pub const fn new() -> Self {
        Str([0; N])
    }

    /// As much of `text` as fits: cut before the first character that does not, or that is NUL.
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

    /// The text: up to the first NUL, or to the first byte that is not UTF-8, or all.
    ///
    /// Takes time proportional to the length: it looks at every byte.
    pub const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.as_bytes()) {
            Ok(text) => text,
            Err(error) => match std::str::from_utf8(self.0.split_at(error.valid_up_to()).0) {
                Ok(text) => text,
                Err(_) => "",
            },
        }
    }

    /// The text up to the first NUL, if it is UTF-8: as it is unless another process wrote it and
    /// did not keep to the contract.
    ///
    /// # Errors
    ///
    /// At which byte it is not UTF-8.
    pub const fn to_str(&self) -> Result<&str, Utf8Error> {
        std::str::from_utf8(self.as_bytes())
    }

    /// The bytes up to the first NUL.
    pub const fn as_bytes(&self) -> &[u8] {
        let mut len = 0;
        while len < N && self.0[len] != 0 {
            len += 1;
        }
        self.0.split_at(len).0
    }
}

/// A text that does not fit into a [`Str`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StrError {
    /// It has more bytes than there is room for.
    #[error("the text has {len} bytes, and there is room for {capacity}: shorten it, or use `Str::truncated`")]
    TooLong {
        /// How many bytes it has.
        len: usize,
        /// How many there is room for.
        capacity: usize,
    },
    /// It contains the NUL character, which ends a text.
    #[error("the text has a NUL character at byte {at}, which would end it there")]
    Nul {
        /// Where, from 0.
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

// SAFETY: transparent over `[u8; N]`: no padding, every bit pattern valid, no pointers, no destructor,
// no interior mutability. The schema says exactly that; N = 0 does not compile.
unsafe impl<const N: usize> ShmMessage for Str<N> {
    const SCHEMA: &'static Schema = {
        assert!(N > 0, "`Str<0>` has no bytes to share: give it room for at least one");
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
    fn makes_the_best_of_rubbish() {
        let rubbish = Str([b'a', 0xff, b'b', 0]);
        assert_eq!(rubbish.as_str(), "a");
        assert_eq!(rubbish.to_str().unwrap_err().valid_up_to(), 1);
        assert_eq!(Str([0xff; 4]).as_str(), "");
        assert_eq!(Str([b'a', 0, 0xff, 0xff]), "a");
    }
}

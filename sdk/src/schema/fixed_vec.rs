//! A list of bounded length inside a message.
//!
//! # Safety
//!
//! This file turns memory that is always initialised into values of `T`. It upholds: the bytes of every
//! place are initialised (with zeros, or with a value that was there before), and the first `len()` places
//! hold values of `T`, where `len()` is what the length field says, but never more than `N`. Received bytes are
//! held to that by `validate`.
#![allow(unsafe_code, reason = "see above")]

use std::borrow::Cow;
use std::fmt;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};

use super::{InvalidValue, Kind, Nested, Schema, ShmMessage};

/// A list of up to `N` elements, in the message itself; `N` is at least 1.
///
/// In memory it is the length as 64-bit little-endian integer, then places for `N` elements. `T` is a
/// message with an alignment of at most 8. It always takes the space of `N` elements; for data whose size
/// varies much, publish a slice (`Publisher::<[T], Header>`).
///
/// ```
/// use slotcast::FixedVec;
///
/// let mut ranges = FixedVec::<f32, 8>::new();
/// ranges.push(1.5)?;
/// ranges.push(2.5)?;
/// assert_eq!(ranges.as_slice(), [1.5, 2.5]);
/// assert_eq!(ranges.iter().sum::<f32>(), 4.0);
/// # Ok::<(), slotcast::ListFull<f32>>(())
/// ```
///
/// A length that another process wrote can be anything; more than `N` counts as `N`.
#[repr(C)]
pub struct FixedVec<T: ShmMessage, const N: usize> {
    len: [u8; 8],
    places: [MaybeUninit<T>; N],
}

impl<T: ShmMessage, const N: usize> FixedVec<T, N> {
    /// The greatest length.
    pub const CAPACITY: usize = N;

    const CHECKED: () = {
        assert!(N > 0, "`FixedVec<T, 0>` has no room: give it room for at least one element");
        assert!(
            align_of::<T>() <= 8,
            "elements of a `FixedVec` have an alignment of at most 8: of what has more, such as `u128`, use \
             an array and a length of your own"
        );
        assert!(size_of::<Self>() == 8 + N * size_of::<T>());
        assert!(!std::mem::needs_drop::<T>());
    };

    /// An empty list.
    pub const fn new() -> Self {
        let () = Self::CHECKED;
        FixedVec { len: [0; 8], places: [const { MaybeUninit::zeroed() }; N] }
    }

    /// The elements of `slice`.
    ///
    /// # Errors
    ///
    /// [`ListFull`] with the first element that finds no room.
    pub fn from_slice(slice: &[T]) -> Result<Self, ListFull<T>>
    where
        T: Copy,
    {
        let mut list = Self::new();
        for &element in slice {
            list.push(element)?;
        }
        Ok(list)
    }

    /// How many elements there are, at most `N`.
    pub const fn len(&self) -> usize {
        let len = u64::from_le_bytes(self.len);
        if len < N as u64 { clamped(len) } else { N }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is no room for another.
    pub const fn is_full(&self) -> bool {
        self.len() == N
    }

    /// Adds an element at the end.
    ///
    /// # Errors
    ///
    /// [`ListFull`], which hands the element back.
    pub const fn push(&mut self, element: T) -> Result<(), ListFull<T>> {
        let len = self.len();
        if len == N {
            return Err(ListFull { element, capacity: N });
        }
        self.places[len] = MaybeUninit::new(element);
        self.set_len(len + 1);
        Ok(())
    }

    /// Removes the last element.
    pub const fn pop(&mut self) -> Option<T>
    where
        T: Copy,
    {
        let Some(&element) = self.as_slice().last() else {
            return None;
        };
        self.set_len(self.len() - 1);
        Some(element)
    }

    /// Removes all elements from number `len` on.
    pub const fn truncate(&mut self, len: usize) {
        if len < self.len() {
            self.set_len(len);
        }
    }

    /// Removes all elements.
    pub const fn clear(&mut self) {
        self.set_len(0);
    }

    /// The elements.
    pub const fn as_slice(&self) -> &[T] {
        let () = Self::CHECKED;
        let first = self.places.as_ptr().cast::<T>();
        // SAFETY: `first` points to N places within `self`, of which the first `len()` <= N hold values of `T`
        // (see the file's contract); they are borrowed as long as `self` is.
        unsafe { std::slice::from_raw_parts(first, self.len()) }
    }

    /// The elements, to change them.
    pub const fn as_mut_slice(&mut self) -> &mut [T] {
        let () = Self::CHECKED;
        let len = self.len();
        let first = self.places.as_mut_ptr().cast::<T>();
        // SAFETY: as in `as_slice`, and `self` is borrowed mutably. `T` has no padding, so whatever value is
        // written, all bytes stay initialised.
        unsafe { std::slice::from_raw_parts_mut(first, len) }
    }

    const fn set_len(&mut self, len: usize) {
        self.len = (len as u64).to_le_bytes();
    }
}

#[allow(clippy::cast_possible_truncation, reason = "less than a `usize`, as the caller saw")]
const fn clamped(len: u64) -> usize {
    len as usize
}

/// No room for another element; hands it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the list is full: it has room for {capacity} elements")]
pub struct ListFull<T> {
    /// The element that found no room.
    pub element: T,
    /// How many elements there is room for.
    pub capacity: usize,
}

// SAFETY: `repr(C)`; `CHECKED` shows that there is no padding (8 bytes, then N elements, and T's alignment of
// at most 8 divides both); elements uphold the contract. Places beyond the length need not be values, for
// nobody looks at them; any length is valid because it is clamped. `MaybeUninit` allows
// uninitialised bytes, but none here ever are: see the file's contract.
unsafe impl<T: ShmMessage, const N: usize> ShmMessage for FixedVec<T, N> {
    const SCHEMA: &'static Schema = {
        let () = Self::CHECKED;
        &Schema {
            name: Cow::Borrowed(""),
            version: 0,
            size: size_of::<Self>() as u64,
            align: align_of::<Self>() as u64,
            doc: Cow::Borrowed(""),
            kind: Kind::List { element: Nested::Static(T::SCHEMA), capacity: N as u64 },
        }
    };
    const EVERY_BIT_PATTERN_VALID: bool = T::EVERY_BIT_PATTERN_VALID;
    const ZERO_VALID: bool = true;

    #[inline]
    fn validate(bytes: &[u8]) -> Result<(), InvalidValue> {
        if T::EVERY_BIT_PATTERN_VALID {
            return Ok(());
        }
        let (len, places) = bytes.split_at(8);
        let mut le = [0; 8];
        le.copy_from_slice(len);
        let len = usize::try_from(u64::from_le_bytes(le)).unwrap_or(N).min(N);
        for (index, element) in places.chunks_exact(size_of::<T>()).take(len).enumerate() {
            T::validate(element).map_err(|error| error.in_element(index))?;
        }
        Ok(())
    }
}

impl<T: ShmMessage + Copy, const N: usize> Copy for FixedVec<T, N> {}

impl<T: ShmMessage + Copy, const N: usize> Clone for FixedVec<T, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ShmMessage, const N: usize> Default for FixedVec<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: ShmMessage, const N: usize> Deref for FixedVec<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T: ShmMessage, const N: usize> DerefMut for FixedVec<T, N> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.as_mut_slice()
    }
}

impl<'a, T: ShmMessage, const N: usize> IntoIterator for &'a FixedVec<T, N> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.as_slice().iter()
    }
}

impl<T: ShmMessage + fmt::Debug, const N: usize> fmt::Debug for FixedVec<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

impl<T: ShmMessage + PartialEq, const N: usize, const M: usize> PartialEq<FixedVec<T, M>> for FixedVec<T, N> {
    fn eq(&self, other: &FixedVec<T, M>) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl<T: ShmMessage + Eq, const N: usize> Eq for FixedVec<T, N> {}

impl<T: ShmMessage + PartialEq, const N: usize> PartialEq<[T]> for FixedVec<T, N> {
    fn eq(&self, other: &[T]) -> bool {
        self.as_slice() == other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushes_until_full() {
        let mut list = FixedVec::<u16, 2>::new();
        assert!(list.is_empty());
        list.push(1).unwrap();
        list.push(2).unwrap();
        assert_eq!(list.push(3), Err(ListFull { element: 3, capacity: 2 }));
        list.as_mut_slice()[0] = 9;
        assert_eq!(list.as_slice(), [9, 2]);
        assert_eq!(list.pop(), Some(2));
        assert_eq!(list.len(), 1);
        list.clear();
        assert_eq!(list.pop(), None);
    }

    #[test]
    fn clamps_a_length_that_is_too_great() {
        let list = FixedVec::<u8, 3> { len: [0xff; 8], places: [MaybeUninit::new(7); 3] };
        assert_eq!(list.len(), 3);
        assert_eq!(list.as_slice(), [7, 7, 7]);
    }

    #[test]
    fn validates_only_what_is_there() {
        let mut bytes = [0; 8 + 3];
        bytes[10] = 2;
        assert_eq!(FixedVec::<bool, 3>::validate(&bytes), Ok(()));
        bytes[0] = 2;
        assert_eq!(FixedVec::<bool, 3>::validate(&bytes), Ok(()));
        bytes[0] = 200;
        assert_eq!(FixedVec::<bool, 3>::validate(&bytes).unwrap_err().path, "[2]");
    }
}

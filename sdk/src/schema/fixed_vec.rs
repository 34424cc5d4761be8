//! A list of bounded length inside a message.
//!
//! # Safety
//!
//! This file treats initialised memory as values of `T`. It upholds two invariants: the bytes of
//! every place are initialised, with zeros or an earlier value, and the first `len()` places hold
//! values of `T`. `len()` is the length field, but never more than `N`. For received bytes
//! `validate` checks that.
#![allow(unsafe_code, reason = "places are read as values of `T`")]

use std::borrow::Cow;
use std::fmt;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};

use super::{InvalidValue, Kind, Nested, Schema, ShmMessage};

/// A list of up to `N` elements, stored inside the message; `N` is at least 1.
///
/// ```
/// use slotcast::FixedVec;
///
/// let mut ranges = FixedVec::<f32, 8>::new();
/// ranges.push(1.5)?;
/// ranges.push(2.5)?;
/// assert_eq!(ranges.as_slice(), [1.5, 2.5]);
/// assert_eq!(ranges.iter().sum::<f32>(), 4.0);
/// assert_eq!(ranges.pop(), Some(2.5));
/// ranges[0] = 9.5;
/// assert_eq!((ranges.len(), ranges.first(), ranges.is_full()), (1, Some(&9.5), false));
/// # Ok::<(), slotcast::ListFull<f32>>(())
/// ```
///
/// In memory it is the length as a little-endian 64-bit integer, then the memory of `N` elements.
/// `T` is a message with an alignment of at most 8. A list always takes the memory of `N` elements.
/// For data whose size varies a lot, publish a slice: `Publisher::<[T], Header>`.
///
/// The length field can have any value if another process wrote it. More than `N` counts as `N`.
#[repr(C)]
pub struct FixedVec<T: ShmMessage, const N: usize> {
    len: [u8; 8],
    places: [MaybeUninit<T>; N],
}

impl<T: ShmMessage, const N: usize> FixedVec<T, N> {
    /// The largest number of elements.
    pub const CAPACITY: usize = N;

    const CHECKED: () = {
        assert!(N > 0, "`FixedVec<T, 0>` cannot hold an element: make its capacity at least 1");
        assert!(
            align_of::<T>() <= 8,
            "elements of a `FixedVec` must have an alignment of at most 8: for others, such as `u128`, use an \
             array and a length of your own"
        );
        assert!(size_of::<Self>() == 8 + N * size_of::<T>());
        assert!(!std::mem::needs_drop::<T>());
    };

    /// Creates an empty list.
    pub const fn new() -> Self {
        let () = Self::CHECKED;
        FixedVec { len: [0; 8], places: [const { MaybeUninit::zeroed() }; N] }
    }

    /// Creates a list with the elements of `slice`.
    ///
    /// ```
    /// use slotcast::FixedVec;
    ///
    /// let ids = FixedVec::<u32, 4>::from_slice(&[3, 1, 2])?;
    /// assert_eq!(ids.len(), 3);
    /// # Ok::<(), slotcast::ListFull<u32>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ListFull`] with the first element that does not fit.
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

    /// Returns the number of elements, at most `N`.
    pub const fn len(&self) -> usize {
        let len = u64::from_le_bytes(self.len);
        if len < N as u64 { clamped(len) } else { N }
    }

    /// Returns whether the list is empty.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether no other element fits.
    pub const fn is_full(&self) -> bool {
        self.len() == N
    }

    /// Appends an element.
    ///
    /// # Errors
    ///
    /// [`ListFull`], which returns the element.
    pub const fn push(&mut self, element: T) -> Result<(), ListFull<T>> {
        let len = self.len();
        if len == N {
            return Err(ListFull { element, capacity: N });
        }
        self.places[len] = MaybeUninit::new(element);
        self.set_len(len + 1);
        Ok(())
    }

    /// Removes the last element and returns it; `None` if the list is empty.
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

    /// Keeps the first `len` elements and removes the others.
    pub const fn truncate(&mut self, len: usize) {
        if len < self.len() {
            self.set_len(len);
        }
    }

    /// Removes all elements.
    pub const fn clear(&mut self) {
        self.set_len(0);
    }

    /// Returns the elements.
    pub const fn as_slice(&self) -> &[T] {
        let () = Self::CHECKED;
        let first = self.places.as_ptr().cast::<T>();
        // SAFETY: `first` points to N places inside `self`, of which the first `len()` <= N hold
        // values of `T`, by the invariants of this file. They are borrowed as long as `self` is.
        unsafe { std::slice::from_raw_parts(first, self.len()) }
    }

    /// Returns the elements for modification.
    pub const fn as_mut_slice(&mut self) -> &mut [T] {
        let () = Self::CHECKED;
        let len = self.len();
        let first = self.places.as_mut_ptr().cast::<T>();
        // SAFETY: as in `as_slice`, and `self` is borrowed mutably. `T` has no padding, so all
        // bytes stay initialised whatever value is written.
        unsafe { std::slice::from_raw_parts_mut(first, len) }
    }

    const fn set_len(&mut self, len: usize) {
        self.len = (len as u64).to_le_bytes();
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the caller has compared it with a `usize`")]
const fn clamped(len: u64) -> usize {
    len as usize
}

/// A [`FixedVec`] is full. The error returns the element.
///
/// ```
/// use slotcast::FixedVec;
///
/// let mut list = FixedVec::<u8, 1>::from_slice(&[7])?;
/// let error = list.push(8).unwrap_err();
/// assert_eq!((error.element, error.to_string().as_str()), (8, "the list is full: its capacity is 1"));
/// # Ok::<(), slotcast::ListFull<u8>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the list is full: its capacity is {capacity}")]
pub struct ListFull<T> {
    /// The element that did not fit.
    pub element: T,
    /// The capacity of the list.
    pub capacity: usize,
}

// SAFETY: `repr(C)`. `CHECKED` shows that there is no padding: 8 bytes, then N elements, and T's
// alignment of at most 8 divides both. Elements meet the requirements. Places beyond the length
// need not be values, because they are never read, and any length is valid because it is clamped.
// `MaybeUninit` allows uninitialised bytes, but by the invariants of this file all of them are
// initialised.
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
    const LAYOUT_CHECKED: () = T::LAYOUT_CHECKED;
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
    fn clamps_a_length_that_is_too_large() {
        let list = FixedVec::<u8, 3> { len: [0xff; 8], places: [MaybeUninit::new(7); 3] };
        assert_eq!(list.len(), 3);
        assert_eq!(list.as_slice(), [7, 7, 7]);
    }

    #[test]
    fn validates_only_elements_within_the_length() {
        let mut bytes = [0; 8 + 3];
        bytes[10] = 2;
        assert_eq!(FixedVec::<bool, 3>::validate(&bytes), Ok(()));
        bytes[0] = 2;
        assert_eq!(FixedVec::<bool, 3>::validate(&bytes), Ok(()));
        bytes[0] = 200;
        assert_eq!(FixedVec::<bool, 3>::validate(&bytes).unwrap_err().path, "[2]");
    }
}

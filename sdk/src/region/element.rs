//! Values in memory that others write at the same time.
//!
//! # Safety
//!
//! The file opts into unsafe code to copy values word by word. It upholds that words are inside
//! memory that is held, and aligned; that each is accessed atomically, always with the same width;
//! and that only types are read of which any bytes are a value.
#![allow(unsafe_code, reason = "values are copied word by word")]

use super::block::Block;
use crate::schema::{AnyBytesValid, ShmMessage};
use crate::sync::{Byte, SharedWord, Word, Word16, Word32};
use crate::sys::shared_memory::Held;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

/// What structures of a region can contain: messages of which any bytes are a value, because any
/// process may write there. That is numbers, text, and lists, arrays and structs of these.
///
/// # Examples
///
/// ```
/// use slotcast::ShmMessage;
/// use slotcast::region::Element;
///
/// #[derive(ShmMessage, Clone, Copy)]
/// #[repr(C)]
/// struct Point {
///     x: f64,
///     y: f64,
/// }
///
/// fn is_element<T: Element>() {}
/// is_element::<Point>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be in a structure of a region",
    label = "any process may write any bytes there, and some are not a valid `{Self}`",
    note = "derive `ShmMessage`, and use `u8`, `u32` and integers in place of `bool`, `char` and enums"
)]
pub trait Element: ShmMessage + AnyBytesValid {}

impl<T: ShmMessage + AnyBytesValid> Element for T {}

/// Returns the bytes of a value, by which keys are compared.
pub(super) fn bytes_of<T: Element>(value: &T) -> &[u8] {
    let first = std::ptr::from_ref(value).cast();
    // SAFETY: messages have no padding, so all bytes are initialised, and no interior mutability,
    // so they do not change while the value is borrowed.
    unsafe { std::slice::from_raw_parts(first, size_of::<T>()) }
}

/// Values of one type, one after another.
pub(super) struct Elements<T> {
    bytes: Held<Byte>,
    count: usize,
    values: PhantomData<fn() -> T>,
}

impl<T> Clone for Elements<T> {
    fn clone(&self) -> Self {
        Self { bytes: self.bytes.clone(), count: self.count, values: PhantomData }
    }
}

impl<T: Element> Elements<T> {
    const SIZE: usize = size_of::<T>();

    /// The width of the words by which values are copied: the largest that divides their size.
    const UNIT: usize = {
        assert!(T::EVERY_BIT_PATTERN_VALID, "some bit patterns are not a value of this type");
        match Self::SIZE % 8 {
            0 => 8,
            4 => 4,
            2 | 6 => 2,
            _ => 1,
        }
    };

    /// Finds `count` values in a structure, at an offset that is a multiple of 8. Returns `None` if
    /// they are not inside, or can only be read.
    pub(super) fn new(block: &Block, at: usize, count: usize) -> Option<Self> {
        Self::readable(block, at, count).filter(Self::is_writable)
    }

    /// Finds values that may be of a region that can only be read.
    pub(super) fn readable(block: &Block, at: usize, count: usize) -> Option<Self> {
        let bytes = block.words::<Byte>(at, Self::SIZE.checked_mul(count)?)?;
        // Structures are at multiples of 8.
        at.is_multiple_of(8).then_some(Self { bytes, count, values: PhantomData })
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn is_writable(&self) -> bool {
        self.bytes.is_writable()
    }

    /// Copies a value out, word by word.
    ///
    /// # Panics
    /// If there is none at this index.
    #[inline]
    pub(super) fn load(&self, index: usize) -> T {
        let mut value = MaybeUninit::<T>::uninit();
        let to = value.as_mut_ptr();
        match Self::UNIT {
            8 => self.copy_out::<Word>(index, to.cast()),
            4 => self.copy_out::<Word32>(index, to.cast()),
            2 => self.copy_out::<Word16>(index, to.cast()),
            _ => self.copy_out::<Byte>(index, to.cast()),
        }
        // SAFETY: all its bytes were written, and any bytes are a value, as `UNIT` asserts.
        unsafe { value.assume_init() }
    }

    /// Copies a value in, word by word. If the memory can only be read, that ends the process: only
    /// arrays have such values, and check it.
    ///
    /// # Panics
    /// If there is no place at this index.
    #[inline]
    pub(super) fn store(&self, index: usize, value: &T) {
        let from = std::ptr::from_ref(value);
        match Self::UNIT {
            8 => self.copy_in::<Word>(index, from.cast()),
            4 => self.copy_in::<Word32>(index, from.cast()),
            2 => self.copy_in::<Word16>(index, from.cast()),
            _ => self.copy_in::<Byte>(index, from.cast()),
        }
    }

    /// Returns the words of one value.
    #[inline]
    pub(super) fn words<W: SharedWord>(&self, index: usize) -> &[W] {
        assert!(size_of::<W>() == Self::UNIT, "each word has one width");
        assert!(index < self.count, "element {index} of {}", self.count);
        let first = self.bytes.as_ptr();
        // SAFETY: `count` values are inside, and the index is below that.
        let first = unsafe { first.add(index * Self::SIZE) };
        // SAFETY: the words of this value are inside held memory. They are aligned, because the
        // first value is at a multiple of 8, and `UNIT` divides the size of a value. Any bytes are
        // words, and they are accessed atomically, always as `W`.
        unsafe { std::slice::from_raw_parts(first.cast(), Self::SIZE / size_of::<W>()) }
    }

    #[inline]
    fn copy_out<W: SharedWord>(&self, index: usize, to: *mut W::Value) {
        for (at, word) in self.words::<W>(index).iter().enumerate() {
            // SAFETY: the value has as many words, and this is one of them.
            let to = unsafe { to.add(at) };
            // SAFETY: it may be written, and need not be aligned.
            unsafe { to.write_unaligned(word.load()) };
        }
    }

    #[inline]
    fn copy_in<W: SharedWord>(&self, index: usize, from: *const W::Value) {
        for (at, word) in self.words::<W>(index).iter().enumerate() {
            // SAFETY: the value has as many words, and this is one of them.
            let from = unsafe { from.add(at) };
            // SAFETY: it may be read, need not be aligned, and has no padding.
            word.store(unsafe { from.read_unaligned() });
        }
    }
}

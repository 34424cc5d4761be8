//! Integers that processors change atomically.

use super::element::{Element, Elements};
use crate::sync::{Word, Word32};

mod sealed {
    pub trait Sealed {}
}

/// Integers of 4 and 8 bytes: `u32`, `i32`, `u64` and `i64`.
///
/// # Examples
///
/// ```
/// fn is_integer<T: slotcast::region::Integer>() {}
/// is_integer::<i64>();
/// ```
#[allow(private_interfaces, reason = "the trait is sealed")]
pub trait Integer: Element + Copy + PartialEq + sealed::Sealed {
    /// Adds a number, wrapping.
    #[must_use]
    fn wrapping_add(self, number: Self) -> Self;

    #[doc(hidden)]
    fn add_at(elements: &Elements<Self>, index: usize, number: Self) -> Self;

    #[doc(hidden)]
    fn exchange_at(elements: &Elements<Self>, index: usize, current: Self, new: Self) -> bool;
}

macro_rules! integers {
    ($($integer:ident as $bits:ident in $word:ident),*) => {$(
        impl sealed::Sealed for $integer {}

        #[allow(clippy::cast_sign_loss, clippy::cast_possible_wrap, reason = "the bits are meant")]
        #[allow(private_interfaces, reason = "the trait is sealed")]
        impl Integer for $integer {
            #[inline]
            fn wrapping_add(self, number: Self) -> Self {
                $integer::wrapping_add(self, number)
            }

            #[inline]
            fn add_at(elements: &Elements<Self>, index: usize, number: Self) -> Self {
                elements.words::<$word>(index)[0].add(number as $bits) as $integer
            }

            #[inline]
            fn exchange_at(elements: &Elements<Self>, index: usize, current: Self, new: Self) -> bool {
                elements.words::<$word>(index)[0].compare_exchange(current as $bits, new as $bits)
            }
        }
    )*};
}

integers!(u32 as u32 in Word32, i32 as u32 in Word32, u64 as u64 in Word, i64 as u64 in Word);

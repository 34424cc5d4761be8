//! # Safety
//!
//! A message being written, in memory of this process. The file opts into unsafe code to see that memory as the
//! message's type; what it upholds: the memory is held by the loan alone, is large and aligned enough for the type,
//! all its bytes are initialised at all times, and it holds a value of the type whenever a [`Loan`] exists. So nobody
//! gets a `&mut MaybeUninit<T>` to it, through which bytes could be made uninitialised again.
#![allow(unsafe_code, reason = "memory is seen as the message that is in it")]

use crate::buffers::Held;
use crate::{EndpointId, ShmMessage};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// A message that is being written and that nobody else sees yet.
///
/// It is sent with [`Publisher::send`](crate::Publisher::send); dropped, it is discarded. Several may be open at
/// once, and be sent in any order and from any thread.
#[must_use = "a loan that is not sent is discarded"]
pub struct Loan<T> {
    held: Held,
    /// The publisher that it is from.
    publisher: EndpointId,
    value: PhantomData<T>,
}

/// Memory for a message that was not written yet: its bytes are those of earlier messages, or zero.
#[must_use = "a loan that is not written and sent is discarded"]
pub struct LoanUninit<T> {
    held: Held,
    publisher: EndpointId,
    value: PhantomData<T>,
}

impl<T> Loan<T> {
    /// Whoever calls upholds that `held` is the only holder of a buffer for a `T`, which holds a value of it.
    pub(crate) fn new(held: Held, publisher: EndpointId) -> Self {
        Self { held, publisher, value: PhantomData }
    }

    pub(crate) fn publisher(&self) -> EndpointId {
        self.publisher
    }
}

impl<T: ShmMessage> LoanUninit<T> {
    /// Whoever calls upholds that `held` is the only holder of a buffer for a `T`.
    pub(crate) fn new(held: Held, publisher: EndpointId) -> Self {
        Self { held, publisher, value: PhantomData }
    }

    /// Writes the message.
    #[inline]
    pub fn write(self, value: T) -> Loan<T> {
        // SAFETY: the pointer is to memory that is large and aligned enough, and that the loan alone holds. A message has
        // no padding, so all its bytes stay initialised, and no destructor that an earlier one in its place would need.
        unsafe { self.held.start().cast().write(value) };
        Loan::new(self.held, self.publisher)
    }

    /// The bytes of the message, to be filled by other means.
    #[inline]
    pub fn as_bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: so many bytes are there, all initialised; the loan is their only holder, and is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.held.start().as_ptr(), size_of::<T>()) }
    }

    /// Takes the bytes that are there as the message, for types of which every bit pattern is a value (checked when
    /// compiling).
    #[inline]
    pub fn assume_filled(self) -> Loan<T> {
        const { assert!(T::EVERY_BIT_PATTERN_VALID, "not every bit pattern is a value of this type: use `write`") }
        Loan::new(self.held, self.publisher)
    }
}

impl<T> Deref for Loan<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: see the top of this file; nobody else accesses the buffer while it is held.
        unsafe { self.held.start().cast().as_ref() }
    }
}

impl<T> DerefMut for Loan<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: see the top of this file; the loan is the only holder, and is borrowed mutably.
        unsafe { self.held.start().cast().as_mut() }
    }
}

impl<T: fmt::Debug> fmt::Debug for Loan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Loan").field(&**self).finish()
    }
}

impl<T> fmt::Debug for LoanUninit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoanUninit(..)")
    }
}

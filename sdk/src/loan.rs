//! # Safety
//!
//! A message being written, in memory of this process. The file opts into unsafe code to see that memory as the
//! message's type; what it upholds: the memory is held by the loan alone, is large and aligned enough for the
//! type, and holds one of its values whenever a `Loan<T>` (not of `MaybeUninit`) exists.
#![allow(unsafe_code, reason = "memory is seen as the message that is in it")]

use crate::buffers::Held;
use crate::{EndpointId, ShmMessage};
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
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

impl<T> Loan<T> {
    /// Whoever calls upholds that `held` is the only holder of a buffer for a `T`, which holds a value of it.
    pub(crate) fn new(held: Held, publisher: EndpointId) -> Self {
        Self { held, publisher, value: PhantomData }
    }

    pub(crate) fn publisher(&self) -> EndpointId {
        self.publisher
    }
}

impl<T: ShmMessage> Loan<MaybeUninit<T>> {
    /// Writes the message.
    #[inline]
    pub fn write(mut self, value: T) -> Loan<T> {
        MaybeUninit::write(&mut self, value);
        Loan::new(self.held, self.publisher)
    }

    /// Takes what is there as the message, for types of which every bit pattern is a value (checked when
    /// compiling). Loaned memory is never uninitialised: it holds zeros or an earlier message.
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

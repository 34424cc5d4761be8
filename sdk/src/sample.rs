//! # Safety
//!
//! A message received. The file opts into unsafe code to see the bytes as the message's type; what it upholds:
//! the memory is held by samples alone, is large and aligned enough for the type, and holds one of its values.
#![allow(unsafe_code, reason = "memory is seen as the message that is in it")]

use crate::buffers::Held;
use crate::topic::Received;
use crate::{EndpointId, ShmMessage};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// A message received, to be kept as long as wanted, sent to other threads, or cloned at the cost of a counter.
///
/// It is a copy in memory of this process: whatever the publisher does later, it stays what it is, also when the
/// publisher, the subscriber or both are gone.
pub struct Sample<T> {
    held: Held,
    received: Received,
    value: PhantomData<T>,
}

impl<T: ShmMessage> Sample<T> {
    /// Whoever calls upholds that `held` is a buffer for a `T`, which holds a value of it.
    #[inline]
    pub(crate) fn new(held: Held, received: Received) -> Self {
        Self { held, received, value: PhantomData }
    }

    /// The message, out of the sample.
    #[inline]
    pub fn copied(&self) -> T {
        // SAFETY: the pointer is to a live, aligned value; a message is plain data without a destructor, so a
        // copy of its bytes is a value of its own.
        unsafe { self.held.start().cast::<T>().read() }
    }

    /// Its number among the messages of its publisher, from 0.
    #[inline]
    pub fn sequence(&self) -> u64 {
        self.received.sequence
    }

    /// The identity of its publisher: another one after a restart.
    #[inline]
    pub fn publisher(&self) -> EndpointId {
        self.received.publisher
    }

    /// When it was published, in nanoseconds of `CLOCK_MONOTONIC`, if its publisher tells.
    #[inline]
    pub fn timestamp(&self) -> Option<u64> {
        self.received.time
    }

    /// How many messages of this publisher were lost between the last one delivered and this one.
    #[inline]
    pub fn lost_before(&self) -> u64 {
        self.received.lost_before
    }
}

impl<T: ShmMessage> Deref for Sample<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: see the top of this file; a buffer that is held is not written.
        unsafe { self.held.start().cast().as_ref() }
    }
}

impl<T> Clone for Sample<T> {
    fn clone(&self) -> Self {
        Self { held: self.held.clone(), received: self.received, value: PhantomData }
    }
}

impl<T: ShmMessage + fmt::Debug> fmt::Debug for Sample<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sample").field("sequence", &self.sequence()).field("value", &**self).finish()
    }
}

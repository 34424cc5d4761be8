//! # Safety
//!
//! A message received. The file opts into unsafe code to see the bytes as the message's type; what it upholds:
//! the memory is held by samples alone, is large and aligned enough for the type, and holds one of its values; memory of
//! another process is only seen as types of which every bit pattern is a value.
#![allow(unsafe_code, reason = "memory is seen as the message that is in it")]

use crate::buffers::Held;
use crate::payload::{Header, Message, Payload};
use crate::{EndpointId, ShmMessage};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// A message received, to be kept as long as wanted, sent to other threads, or cloned at the cost of a counter.
///
/// Whatever happens to the publisher, the subscriber or both, it stays what it is. A small message is a copy in memory of
/// this process. A large one, or one of variable size, lies where its publisher has written it, and the publisher does
/// not use that memory for another message as long as the sample or a clone of it is held: it trusts its publisher to
/// keep to that. Types of which not every bit pattern is a value are copied and checked in any case; so are messages
/// beyond [`max_samples`](crate::SubscriberBuilder::max_samples). A child of a fork must not look at samples of large
/// messages that its parent received.
pub struct Sample<T: ?Sized, H = ()> {
    held: Held,
    value: PhantomData<(H, Box<T>)>,
}

const _: () = assert!(size_of::<Option<Sample<[u64; 128]>>>() == size_of::<usize>(), "it moves in a register");

impl<T: ?Sized, H> Sample<T, H> {
    /// Whoever calls upholds that `held` is memory of such a message, which was received.
    #[inline]
    pub(crate) fn new(held: Held) -> Self {
        Self { held, value: PhantomData }
    }

    pub(crate) fn held(&self) -> &Held {
        &self.held
    }

    /// Its number among the messages of its publisher, from 0.
    #[inline]
    pub fn sequence(&self) -> u64 {
        self.held.received().sequence
    }

    /// The identity of its publisher: another one after a restart.
    #[inline]
    pub fn publisher(&self) -> EndpointId {
        self.held.received().publisher
    }

    /// When it was published, in nanoseconds of `CLOCK_MONOTONIC`, if its publisher tells.
    #[inline]
    pub fn timestamp(&self) -> Option<u64> {
        self.held.received().time
    }

    /// How many messages of this publisher were lost between the last one delivered and this one.
    #[inline]
    pub fn lost_before(&self) -> u64 {
        self.held.received().lost_before
    }

    /// Whether it lies in its publisher's memory, and was not copied.
    pub fn is_in_place(&self) -> bool {
        self.held.is_pinned()
    }
}

impl<T: ShmMessage> Sample<T> {
    /// The message, out of the sample.
    #[inline]
    pub fn copied(&self) -> T {
        // SAFETY: the pointer is to a live, aligned value; a message is plain data without a destructor, so a
        // copy of its bytes is a value of its own.
        unsafe { self.held.start().cast::<T>().read() }
    }
}

impl<T: ShmMessage, H: Header> Sample<[T], H> {
    /// The elements, out of the sample. Allocates.
    pub fn copied(&self) -> Vec<T> {
        // SAFETY: each is a live, aligned value, and plain data, so a copy of its bytes is a value of its own.
        self.iter().map(|element| unsafe { std::ptr::from_ref(element).read() }).collect()
    }
}

impl<T: Payload + ?Sized, H: ShmMessage> Sample<T, H> {
    /// The header.
    #[inline]
    pub fn header(&self) -> &H {
        // SAFETY: a message with a header begins with it; see the top of this file.
        unsafe { self.held.start().cast().as_ref() }
    }
}

impl<T: Payload + ?Sized, H: Header> Deref for Sample<T, H> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: see the top of this file; what is held is not written.
        unsafe { Message::<T, H>::payload(self.held.start(), self.held.len()).as_ref() }
    }
}

impl<T: ?Sized, H> Clone for Sample<T, H> {
    fn clone(&self) -> Self {
        Self { held: self.held.clone(), value: PhantomData }
    }
}

impl<T: Payload + fmt::Debug + ?Sized, H: Header> fmt::Debug for Sample<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sample").field("sequence", &self.sequence()).field("value", &&**self).finish()
    }
}

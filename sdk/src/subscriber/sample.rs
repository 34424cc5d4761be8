//! # Safety
//!
//! A message received. The file opts into unsafe code to see the bytes as the message's type; what it upholds:
//! the memory is held by samples alone, is large and aligned enough for the type, and holds one of its values; memory of
//! another process is only seen as types of which every bit pattern is a value. What is copied of it is loaded as
//! words that may change, once each.
#![allow(unsafe_code, reason = "memory is seen as the message that is in it")]

use crate::record::{Header, Message, Payload, RawSample};
use crate::registry::EndpointId;
use crate::schema::{InvalidValue, ShmMessage};
use crate::sys::process;
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::ptr::NonNull;
use std::time::Duration;

/// A message received, to be kept as long as wanted, sent to other threads, or cloned at the cost of a counter.
///
/// Whatever happens to the publisher, the subscriber or both, it stays what it is. A small message is a copy in memory of
/// this process. A large one, or one of variable size, lies where its publisher has written it, and the publisher does
/// not use that memory for another message as long as the sample or a clone of it is held: it trusts its publisher to
/// keep to that, and [`copied`](Sample::copied) trusts nobody. Types of which not every bit pattern is a value are copied and checked in any case; so are messages
/// beyond [`max_samples`](crate::SubscriberBuilder::max_samples). A child of a fork must not look at samples of large
/// messages that its parent received.
pub struct Sample<T: ?Sized, H = ()> {
    raw: RawSample,
    value: PhantomData<(H, Box<T>)>,
}

const _: () = assert!(size_of::<Option<Sample<[u64; 128]>>>() == size_of::<usize>(), "it moves in a register");

impl<T: ?Sized, H> Sample<T, H> {
    /// Creates a sample of memory that contains a message.
    ///
    /// # Safety
    /// The caller must ensure that `raw` has at least as many bytes as a message of this type, for slices as one of no
    /// elements, and that they are a valid value of it and stay one: if not every bit pattern is valid, it is not pinned.
    #[inline]
    unsafe fn new(raw: RawSample) -> Self {
        Self { raw, value: PhantomData }
    }

    pub(crate) fn raw(&self) -> &RawSample {
        &self.raw
    }

    /// Its number among the messages of its publisher, from 0.
    #[inline]
    pub fn sequence(&self) -> u64 {
        self.raw.received().sequence
    }

    /// The identity of its publisher: another one after a restart.
    #[inline]
    pub fn publisher(&self) -> EndpointId {
        self.raw.received().publisher
    }

    /// When it was published, in nanoseconds of `CLOCK_MONOTONIC`, if its publisher tells.
    #[inline]
    pub fn timestamp(&self) -> Option<u64> {
        self.raw.received().time
    }

    /// How long ago it was published, if its publisher tells: nothing of one without
    /// [`timestamps`](crate::PublisherBuilder::timestamps). Asks for the time, about 20 ns.
    pub fn age(&self) -> Option<Duration> {
        let published = self.timestamp()?;
        // Clocks of processors may differ a little.
        Some(Duration::from_nanos(process::monotonic_ns().saturating_sub(published)))
    }

    /// How many messages of this publisher were lost between the last one delivered and this one.
    #[inline]
    pub fn lost_before(&self) -> u64 {
        self.raw.received().lost_before
    }

    /// Whether it lies in its publisher's memory, and was not copied.
    pub fn is_in_place(&self) -> bool {
        self.raw.is_pinned()
    }
}

impl<T: Payload + ?Sized, H: Header> Sample<T, H> {
    /// Creates a sample of a message that was received. It is checked if not every bit pattern is valid.
    ///
    /// # Errors
    /// What is wrong with it.
    ///
    /// # Panics
    /// If it is shorter than a message, or has to be checked and can change, because it is pinned.
    #[inline]
    pub(crate) fn check(raw: RawSample) -> Result<Self, InvalidValue> {
        let least = if T::IS_SLICE { Message::<T, H>::PAYLOAD_AT } else { Message::<T, H>::BYTES };
        assert!(raw.len() >= least, "what was received is shorter than a message");
        if !Message::<T, H>::EVERY_BIT_PATTERN_VALID {
            assert!(!raw.is_pinned(), "a message that has to be checked was not copied");
            let bytes = if T::IS_SLICE { raw.len() } else { Message::<T, H>::BYTES };
            Message::<T, H>::validate(&raw.bytes()[..bytes])?;
        }
        // SAFETY: it is large enough, as was asserted. Either every bit pattern is valid, or it was found to be valid and does
        // not change, as it is in memory of this process.
        Ok(unsafe { Self::new(raw) })
    }
}

impl<T: ShmMessage> Sample<T> {
    /// The message, out of the sample: on the stack, so for large ones rather [`copied_boxed`](Self::copied_boxed). It
    /// does not change, whatever the publisher does: for what is checked before it is used. One that writes a message while
    /// it is copied makes it some other value of its type.
    #[inline]
    pub fn copied(&self) -> T {
        if !Message::<T, ()>::IS_POOLED {
            // SAFETY: the pointer is to a live, aligned value in memory of this process; a message is plain data without a
            // destructor, so a copy of its bytes is a value of its own.
            return unsafe { self.raw.start().cast::<T>().read() };
        }
        let mut copy = MaybeUninit::uninit();
        // SAFETY: there is room for a message; it is one after that.
        unsafe { self.copy_first(NonNull::from(&mut copy).cast::<T>()) };
        // SAFETY: as just said.
        unsafe { copy.assume_init() }
    }

    /// The same, on the heap. Allocates.
    pub fn copied_boxed(&self) -> Box<T> {
        let mut copy = Box::new_uninit();
        // SAFETY: there is room for a message; it is one after that.
        unsafe { self.copy_first(NonNull::from(&mut *copy).cast::<T>()) };
        // SAFETY: as just said.
        unsafe { copy.assume_init() }
    }

    /// The same, in the place of another message, which can be used again and again.
    pub fn copy_to(&self, out: &mut T) {
        // SAFETY: there is room for a message, which nobody else accesses, and which has no destructor.
        unsafe { self.copy_first(NonNull::from(out)) };
    }
}

impl<T: ShmMessage, H: Header> Sample<[T], H> {
    /// The elements, out of the sample. Allocates. They do not change, whatever the publisher does: for what is checked
    /// before it is used. One that writes a message while it is copied makes elements some other values of their type.
    pub fn copied(&self) -> Vec<T> {
        let len = self.len();
        let mut copy = Vec::with_capacity(len);
        let out = NonNull::from(copy.spare_capacity_mut()).cast();
        // SAFETY: there is room for so many elements; they are some after that.
        unsafe { self.raw.copy(Message::<[T], H>::PAYLOAD_AT, out, len * size_of::<T>()) };
        // SAFETY: as just said.
        unsafe { copy.set_len(len) };
        copy
    }

    /// The same, in the place of as many other elements, which can be used again and again.
    ///
    /// # Panics
    /// If `out` has not as many elements as the message.
    pub fn copy_to(&self, out: &mut [T]) {
        assert_eq!(out.len(), self.len(), "a message is copied to as many elements as it has");
        // SAFETY: there is room for so many elements, which nobody else accesses, and which have no destructors.
        unsafe { self.raw.copy(Message::<[T], H>::PAYLOAD_AT, NonNull::from(&mut *out).cast(), size_of_val(out)) };
    }
}

impl<T: Payload + ?Sized, H> Sample<T, H> {
    /// Copies what the message begins with: its header, or itself.
    ///
    /// # Safety
    /// It is there; and `out` is valid for writes of it.
    #[inline]
    unsafe fn copy_first<U: ShmMessage>(&self, out: NonNull<U>) {
        // SAFETY: as the caller says. A sample that is pinned is of a type of which every bit pattern is a value, header and
        // all, and bytes of others do not change: so a value is copied.
        unsafe { self.raw.copy(0, out.cast(), size_of::<U>()) };
    }
}

impl<T: Payload + ?Sized, H: ShmMessage> Sample<T, H> {
    /// The header.
    #[inline]
    pub fn header(&self) -> &H {
        // SAFETY: a message with a header begins with it; see the top of this file.
        unsafe { self.raw.start().cast().as_ref() }
    }

    /// The header, out of the sample: as `copied`.
    #[inline]
    pub fn header_copied(&self) -> H {
        let mut copy = MaybeUninit::<H>::uninit();
        // SAFETY: a message with a header begins with it, and there is room for one; it is one after that.
        unsafe { self.copy_first(NonNull::from(&mut copy).cast::<H>()) };
        // SAFETY: as just said.
        unsafe { copy.assume_init() }
    }
}

impl<T: Payload + ?Sized, H: Header> Deref for Sample<T, H> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: a sample holds a message.
        let payload = unsafe { Message::<T, H>::payload(self.raw.start(), self.raw.len()) };
        // SAFETY: see the top of this file; what is held is not written.
        unsafe { payload.as_ref() }
    }
}

impl<T: ?Sized, H> Clone for Sample<T, H> {
    fn clone(&self) -> Self {
        Self { raw: self.raw.clone(), value: PhantomData }
    }
}

impl<T: Payload + fmt::Debug + ?Sized, H: Header> fmt::Debug for Sample<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sample").field("sequence", &self.sequence()).field("value", &&**self).finish()
    }
}

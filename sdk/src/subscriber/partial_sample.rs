//! # Safety
//!
//! A message that is looked at while it is written. The file opts into unsafe code to see the part of it that is there;
//! what it upholds: no reference is given out to more than its publisher has counted, which a publisher that keeps the
//! protocol does not write any more while it is pinned; and every bit pattern is a value of what is seen.
#![allow(unsafe_code, reason = "a part of a message is seen as what is in it")]

use super::sample::Sample;
use super::watched::{PartialProgress, PartialView};
use crate::record::{Header, Message, Payload};
use crate::registry::EndpointId;
use crate::schema::ShmMessage;
use std::fmt;
use std::marker::PhantomData;
use std::slice;

/// A message that its publisher shows while it writes it, in place: as much of it as is there.
///
/// From [`Subscriber::try_recv_partial`](crate::Subscriber::try_recv_partial). What is there becomes more with time and never
/// less, and stays what it is as long as this is held, whatever becomes of the publisher, the subscriber and the message:
/// it counts as one of [`max_samples`](crate::SubscriberBuilder::max_samples), and trusts its publisher as a
/// [`Sample`] in place does. It can be used from several threads.
///
/// Nothing is told to who sleeps: ask again, at the rate at which rows are worth looking at. A publisher that is killed
/// leaves its message as it is, neither complete nor abandoned:
/// [`Subscriber::is_alive`](crate::Subscriber::is_alive) tells.
pub struct PartialSample<T: ?Sized, H = ()> {
    watched: PartialView,
    publisher: EndpointId,
    value: PhantomData<(H, Box<T>)>,
}

impl<T: Payload + ?Sized, H: Header> PartialSample<T, H> {
    /// Creates a view of a message that is being written. Only for types of which every bit pattern is valid, checked at
    /// compile time.
    ///
    /// # Panics
    /// If it is shorter than a message of as many elements or bytes as it will have.
    pub(crate) fn new(publisher: EndpointId, watched: PartialView) -> Self {
        const { assert!(Message::<T, H>::EVERY_BIT_PATTERN_VALID, "messages that have to be checked are seen whole") }
        let most = usize::try_from(watched.most()).expect("at most what is in memory");
        let bytes = if T::IS_SLICE { Message::<T, H>::bytes(most) } else { Message::<T, H>::BYTES.max(most) };
        assert!(watched.len() >= bytes, "the memory of a partial message is shorter than the message");
        // SAFETY: every bit pattern is valid, and it is large enough, as was asserted.
        unsafe { Self::from_view(publisher, watched) }
    }

    /// Creates a view of a message that is being written.
    ///
    /// # Safety
    /// The caller must ensure that `watched` has as many bytes as a message of this type with `watched.most()` elements, or
    /// bytes if it is of fixed size, and that every bit pattern is valid.
    unsafe fn from_view(publisher: EndpointId, watched: PartialView) -> Self {
        Self { watched, publisher, value: PhantomData }
    }

    /// How much of the message is there now: elements, or bytes of a message of fixed size. Two or three loads.
    #[inline]
    pub fn valid(&self) -> usize {
        let valid = match self.watched.progress() {
            PartialProgress::Grows(valid) | PartialProgress::Abandoned(valid) => valid,
            PartialProgress::Whole => self.watched.most(),
        };
        usize::try_from(valid).expect("at most what is in memory")
    }

    /// How much there will be: elements, or bytes of a message of fixed size.
    #[inline]
    pub fn total(&self) -> usize {
        usize::try_from(self.watched.most()).expect("at most what is in memory")
    }

    /// Whether the message was sent: all of it is there, and it arrives as a [`Sample`], too.
    pub fn is_complete(&self) -> bool {
        self.watched.progress() == PartialProgress::Whole
    }

    /// Whether no more of it will come: it was dropped instead of sent, or its publisher has ended; or it was looked at so
    /// late, after its publisher has shown more than 64 others, that nobody knows how it ended.
    pub fn is_abandoned(&self) -> bool {
        matches!(self.watched.progress(), PartialProgress::Abandoned(_))
    }

    /// The identity of its publisher.
    pub fn publisher(&self) -> EndpointId {
        self.publisher
    }

    /// Whether a sample is this message, which was sent meanwhile. A sample that was copied is not recognised.
    pub fn is_of(&self, sample: &Sample<T, H>) -> bool {
        // While it is pinned nothing else is in its place.
        self.publisher == sample.publisher() && self.watched.start() == sample.raw().start()
    }
}

impl<T: ShmMessage> PartialSample<T> {
    /// The bytes of the message that are there now.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: so many bytes are there, initialised, pinned and not written any more: see the top of this file.
        unsafe { slice::from_raw_parts(self.watched.start().as_ptr(), self.valid()) }
    }

    /// The message, once it is complete.
    pub fn message(&self) -> Option<&T> {
        // SAFETY: all of it is there then, aligned, pinned and not written any more, and every bit pattern is a value.
        self.is_complete().then(|| unsafe { self.watched.start().cast().as_ref() })
    }
}

impl<T: ShmMessage, H: Header> PartialSample<[T], H> {
    /// The elements that are there now.
    pub fn elements(&self) -> &[T] {
        // SAFETY: it is as large as a message of no elements at least.
        let start = unsafe { Message::<[T], H>::payload(self.watched.start(), self.watched.len()) }.cast::<T>();
        // SAFETY: so many elements are there, aligned, pinned and not written any more, and every bit pattern is a value:
        // see the top of this file.
        unsafe { slice::from_raw_parts(start.as_ptr(), self.valid()) }
    }
}

impl<T: Payload + ?Sized, H: ShmMessage> PartialSample<T, H> {
    /// The header, which was written before the message was shown.
    pub fn header(&self) -> &H {
        // SAFETY: a message with a header begins with it, and it is not written any more: see the top of this file.
        unsafe { self.watched.start().cast().as_ref() }
    }
}

impl<T: Payload + ?Sized, H: Header> fmt::Debug for PartialSample<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let progress = self.watched.progress();
        f.debug_struct("PartialSample").field("progress", &progress).field("total", &self.total()).finish()
    }
}

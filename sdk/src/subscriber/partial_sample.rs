//! # Safety
//!
//! A message that is read while it is written. The file opts into unsafe code to see the part of it
//! that is valid. It upholds that no reference is given out to more than its publisher has counted.
//! That is pinned, so a publisher that keeps the protocol does not write it any more. And any bytes
//! are a value of what is seen. A header with invalid bit patterns is seen in a copy, which was
//! checked.
#![allow(unsafe_code, reason = "a part of a message is seen as what is in it")]

use super::partial_view::{PartialProgress, PartialView};
use super::sample::Sample;
use crate::record::{Checked, Header, Message, Payload};
use crate::registry::EndpointId;
use crate::schema::{AnyBytesValid, InvalidValue, ShmMessage};
use std::fmt;
use std::marker::PhantomData;
use std::slice;

/// A message that its publisher is still writing, in place: as much of it as is valid.
///
/// [`Subscriber::try_recv_partial`](crate::Subscriber::try_recv_partial) returns it. What is valid
/// grows with time and never shrinks. It stays what it is as long as this is held, whatever becomes
/// of the publisher, the subscriber and the message. It counts as one of
/// [`max_samples`](crate::SubscriberBuilder::max_samples), and trusts its publisher as a [`Sample`]
/// in place does. Several threads can use it.
///
/// Progress wakes nobody: ask again, as often as new parts are worth processing. A publisher that
/// is killed leaves its message as it is, neither complete nor abandoned:
/// [`Subscriber::is_alive`](crate::Subscriber::is_alive) tells.
///
/// # Examples
///
/// ```
/// # use slotcast::{Publisher, Subscriber};
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut subscriber = Subscriber::<[u8]>::builder("camera").domain(&domain).create()?;
/// let mut publisher = Publisher::<[u8]>::builder("camera").domain(&domain).create()?;
/// # subscriber.try_recv()?;
/// # publisher.publish_slice(&[])?;
/// # subscriber.recv()?;
/// let loan = publisher.loan_slice(4)?;
/// let mut image = publisher.publish_partial(loan)?;
/// image.rest_mut()[..2].fill(9);
/// image.advance(2)?;
///
/// let partial = subscriber.try_recv_partial()?.expect("the publisher honours pins");
/// assert_eq!(partial.elements(), [9, 9]);
///
/// image.rest_mut().fill(7);
/// image.advance(2)?;
/// publisher.finish(image)?;
/// assert_eq!(partial.elements(), [9, 9, 7, 7]);
/// assert!(partial.is_complete() && partial.is_of(&subscriber.recv()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PartialSample<T: ?Sized, H = ()> {
    view: PartialView,
    publisher: EndpointId,
    value: PhantomData<(H, Box<T>)>,
}

impl<T: Payload + ?Sized, H: Header> PartialSample<T, H> {
    /// Creates a view of a message that is being written.
    ///
    /// # Errors
    /// When its header is not valid.
    ///
    /// # Panics
    /// If it is shorter than a message of as many elements or bytes as it will have.
    pub(super) fn new(publisher: EndpointId, view: PartialView) -> Result<Self, InvalidValue>
    where
        T: AnyBytesValid,
    {
        // The trait can be implemented by anyone. What is relied on are the constants.
        const {
            assert!(
                Message::<T, H>::ANY_BYTES_OF_PAYLOAD_VALID,
                "messages of this type have to be checked, and cannot be while they are written: its \
                 `EVERY_BIT_PATTERN_VALID` is false"
            );
        }
        let total = usize::try_from(view.total()).expect("at most what is in memory");
        let bytes = if T::IS_SLICE { Message::<T, H>::bytes(total) } else { Message::<T, H>::BYTES.max(total) };
        assert!(view.len() >= bytes, "the memory of a partial message is shorter than the message");
        if let Checked::Header(bytes) = Message::<T, H>::CHECKED {
            // SAFETY: a view has its own holder of the message, and this one was just created.
            let header = unsafe { view.copy_header(bytes) };
            Message::<T, H>::validate_header(header)?;
        }
        // SAFETY: any bytes of the payload are valid, and it is large enough, as was asserted. So
        // are any of the header, or its copy was found to be valid.
        Ok(unsafe { Self::from_view(publisher, view) })
    }

    /// Creates a view of a message that is being written.
    ///
    /// # Safety
    /// The caller must ensure that `view` has as many bytes as a message of this type with
    /// `view.total()` elements, or bytes if it is of fixed size, that any bytes of its payload are
    /// valid, and that its header or the copy of it is.
    unsafe fn from_view(publisher: EndpointId, view: PartialView) -> Self {
        Self { view, publisher, value: PhantomData }
    }

    /// Returns how much of the message is valid now: elements, or bytes of a message of fixed size.
    /// Two or three loads.
    #[inline]
    pub fn valid(&self) -> usize {
        self.view.valid()
    }

    /// Returns how much the whole message has: elements, or bytes of a message of fixed size.
    #[inline]
    pub fn total(&self) -> usize {
        usize::try_from(self.view.total()).expect("at most what is in memory")
    }

    /// Returns whether the message was finished: all of it is valid, and it arrives as a
    /// [`Sample`], too.
    pub fn is_complete(&self) -> bool {
        self.view.progress() == PartialProgress::Whole
    }

    /// Returns whether no more of it will follow: it was dropped instead of finished, or its
    /// publisher has left. Also if this is called for the first time after its publisher has begun
    /// more than 64 other partial messages: then it is not known any more how this one ended.
    pub fn is_abandoned(&self) -> bool {
        matches!(self.view.progress(), PartialProgress::Abandoned(_))
    }

    /// Returns the identity of its publisher.
    pub fn publisher(&self) -> EndpointId {
        self.publisher
    }

    /// Returns whether a sample is this message, which was finished meanwhile. It is not recognised
    /// if it was copied.
    pub fn is_of(&self, sample: &Sample<T, H>) -> bool {
        // While it is pinned nothing else is in its place.
        self.publisher == sample.publisher() && self.view.start() == sample.raw().start()
    }
}

impl<T: ShmMessage> PartialSample<T> {
    /// Returns the bytes of the message that are valid now.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: this many bytes are initialised, pinned and not written any more: see the top of
        // this file.
        unsafe { slice::from_raw_parts(self.view.start().as_ptr(), self.valid()) }
    }

    /// Returns the message, once it is complete.
    pub fn message(&self) -> Option<&T> {
        // SAFETY: then all of it is initialised, aligned, pinned and not written any more, and
        // every bit pattern is valid.
        self.is_complete().then(|| unsafe { self.view.start().cast().as_ref() })
    }
}

impl<T: ShmMessage, H: Header> PartialSample<[T], H> {
    /// Returns the elements that are valid now.
    pub fn elements(&self) -> &[T] {
        // SAFETY: it is at least as large as a message of no elements.
        let start = unsafe { Message::<[T], H>::payload(self.view.start(), self.view.len()) }.cast::<T>();
        // SAFETY: this many elements are initialised, aligned, pinned and not written any more, and
        // every bit pattern is valid: see the top of this file.
        unsafe { slice::from_raw_parts(start.as_ptr(), self.valid()) }
    }
}

impl<T: Payload + ?Sized, H: ShmMessage> PartialSample<T, H> {
    /// Returns the header, which was written before the message was published partially.
    pub fn header(&self) -> &H {
        let is_copied = matches!(Message::<T, H>::CHECKED, Checked::Header(_));
        let header = if is_copied { self.view.header() } else { self.view.start() };
        // SAFETY: a message with a header begins with it, and so does its copy. It is valid, and
        // not written any more: see the top of this file.
        unsafe { header.cast().as_ref() }
    }
}

impl<T: Payload + ?Sized, H: Header> fmt::Debug for PartialSample<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let progress = self.view.progress();
        f.debug_struct("PartialSample").field("progress", &progress).field("total", &self.total()).finish()
    }
}

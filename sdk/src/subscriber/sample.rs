//! # Safety
//!
//! A message that was received. The file opts into unsafe code to see bytes as the message's type.
//! It upholds that the memory is held by samples alone, is large and aligned enough for the type,
//! and contains a valid value. Memory of another process is only seen as types of which any bytes
//! are a value, unless the program vouches for its publishers. A header of another type is seen in
//! a copy. What is copied of that memory is loaded as words that may change, once each.
#![allow(unsafe_code, reason = "memory is seen as the message that is in it")]

use crate::record::{Checked, Header, Message, Payload, RawSample, Received};
use crate::registry::EndpointId;
use crate::schema::{InvalidValue, ShmMessage};
use crate::sys::process;
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::ptr::NonNull;
use std::time::Duration;

/// A message that was received. It can be kept as long as wanted, sent to other threads, and cloned
/// at the cost of a counter.
///
/// It stays what it is, whatever happens to the publisher and the subscriber. A small message is a
/// copy in memory of this process. A large one, or one of variable size, lies where its publisher
/// has written it. The publisher does not reuse that memory while the sample or a clone of it is
/// held. The sample trusts its publisher to keep to that; [`copied`](Sample::copied) trusts nobody.
///
/// What has invalid bit patterns is copied and checked: the header, or all of the message. See
/// [`AnyBytesValid`](crate::AnyBytesValid). Messages beyond
/// [`max_samples`](crate::SubscriberBuilder::max_samples) are copied, too. A forked child must not
/// use samples of large messages that its parent has received.
///
/// # Examples
///
/// ```
/// # use slotcast::{Publisher, Subscriber};
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = Publisher::<[f32]>::builder("scan").domain(&domain).create()?;
/// # let mut subscriber = Subscriber::<[f32]>::builder("scan").domain(&domain).create()?;
/// publisher.publish_slice(&[1.0, 2.5])?;
/// let scan = subscriber.recv()?;
/// assert_eq!(scan.iter().sum::<f32>(), 3.5);
/// println!("message {} of {}, {:?} ago", scan.sequence(), scan.publisher(), scan.age());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Sample<T: ?Sized, H = ()> {
    raw: RawSample,
    value: PhantomData<(H, Box<T>)>,
}

const _: () = assert!(size_of::<Option<Sample<[u64; 128]>>>() == size_of::<usize>(), "it moves in a register");

/// A message that is not valid.
pub(super) struct Rejected {
    pub(super) raw: RawSample,
    /// What is wrong with it.
    pub(super) invalid: InvalidValue,
}

impl<T: ?Sized, H> Sample<T, H> {
    /// Creates a sample of memory that contains a message.
    ///
    /// # Safety
    /// The caller must ensure that `raw` has at least as many bytes as a message of this type, for
    /// slices as one of no elements, and that they are a valid value of it and stay one. If it has
    /// invalid bit patterns, it is not pinned, or its publishers are trusted. If only its header
    /// has, the copy of a pinned message's header is valid.
    #[inline]
    unsafe fn new(raw: RawSample) -> Self {
        Self { raw, value: PhantomData }
    }

    pub(super) fn raw(&self) -> &RawSample {
        &self.raw
    }

    /// Returns its number among the messages of its publisher, from 0.
    #[inline]
    pub fn sequence(&self) -> u64 {
        self.raw.received().sequence
    }

    /// Returns the identity of its publisher: another one after a restart.
    #[inline]
    pub fn publisher(&self) -> EndpointId {
        self.raw.received().publisher
    }

    /// Returns when it was published, in nanoseconds of `CLOCK_MONOTONIC`, which
    /// [`now_ns`](crate::now_ns) returns, too. Returns `None` if its
    /// publisher has no [`timestamps`](crate::PublisherBuilder::timestamps).
    #[inline]
    pub fn timestamp(&self) -> Option<u64> {
        self.raw.received().time
    }

    /// Returns how long ago it was published. Returns `None` if its publisher has no
    /// [`timestamps`](crate::PublisherBuilder::timestamps). Reads the clock: about 20 ns.
    pub fn age(&self) -> Option<Duration> {
        let published = self.timestamp()?;
        // Saturating: clocks of processors may differ a little.
        Some(Duration::from_nanos(process::monotonic_ns().saturating_sub(published)))
    }

    /// Returns how many messages of this publisher were lost between the last one delivered and
    /// this one.
    #[inline]
    pub fn lost_before(&self) -> u64 {
        self.raw.received().lost_before
    }

    /// Returns whether it lies in its publisher's memory, and was not copied. (Its header may have
    /// been, to be checked.)
    pub fn is_in_place(&self) -> bool {
        self.raw.is_pinned()
    }
}

impl<T: Payload + ?Sized, H: Header> Sample<T, H> {
    /// Creates a sample of a message that was received. What of it [has to be](Message::CHECKED) is
    /// checked. `trusted` says whether its publisher does not change it.
    ///
    /// # Errors
    /// The message, if it is not valid.
    ///
    /// # Panics
    /// If it is shorter than a message of this type that is in a pool, or has to be checked and can
    /// change because it is pinned and not trusted.
    ///
    /// # Safety
    /// The caller must ensure that a core has just returned it, and that the core was created for
    /// messages of this type: so a small message is not shorter than the type. (That is not checked
    /// here because it would cost each message a load, up to a tenth of what a stream can do.) Also
    /// that `trusted` is true only if the program has vouched for its publishers.
    #[inline]
    pub(super) unsafe fn check(raw: RawSample, trusted: bool) -> Result<Self, Rejected> {
        let least = if T::IS_SLICE { Message::<T, H>::PAYLOAD_AT } else { Message::<T, H>::BYTES };
        if Message::<T, H>::IS_POOLED {
            assert!(raw.len() >= least, "what was received is shorter than a message");
        } else {
            debug_assert!(raw.len() >= least, "what was received is shorter than a message");
        }
        let checked = match Message::<T, H>::CHECKED {
            Checked::Nothing => Ok(()),
            Checked::Header(bytes) if raw.is_pinned() => {
                // SAFETY: it was just returned, so nobody has cloned it.
                let header = unsafe { raw.copy_header(bytes) };
                Message::<T, H>::validate_header(header)
            }
            Checked::Header(bytes) => Message::<T, H>::validate_header(&raw.bytes()[..bytes]),
            Checked::Everything => {
                assert!(trusted || !raw.is_pinned(), "a message that has to be checked was not copied");
                let bytes = if T::IS_SLICE { raw.len() } else { Message::<T, H>::BYTES };
                Message::<T, H>::validate(&raw.bytes()[..bytes])
            }
        };
        if let Err(invalid) = checked {
            return Err(Rejected { raw, invalid });
        }
        // SAFETY: it is large enough, as was asserted or the caller ensures. Of each part either
        // any bytes are a value, or it was found to be valid and does not change: it is in memory
        // of this process, or of a publisher that is trusted.
        Ok(unsafe { Self::new(raw) })
    }
}

impl<T: ShmMessage> Sample<T> {
    /// Returns a copy of the message, which does not change whatever the publisher does: for data
    /// that is checked before it is used. A publisher that writes the message while it is copied
    /// makes it some other value of its type.
    ///
    /// The copy is on the stack: for large messages rather use
    /// [`copied_boxed`](Self::copied_boxed).
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<[f64; 3]>::builder("pose").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<[f64; 3]>::builder("pose").domain(&domain).create()?;
    /// # publisher.publish(&[1.0, 2.0, 3.0])?;
    /// let pose: [f64; 3] = subscriber.recv()?.copied();
    /// # assert_eq!(pose[1], 2.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn copied(&self) -> T {
        if !Message::<T, ()>::IS_POOLED {
            // SAFETY: the pointer is to a live, aligned value in memory of this process. A message
            // is plain data without a destructor, so a copy of its bytes is a value of its own.
            return unsafe { self.raw.start().cast::<T>().read() };
        }
        let mut copy = MaybeUninit::uninit();
        // SAFETY: there is capacity for a message, which it is after that.
        unsafe { self.copy_first(NonNull::from(&mut copy).cast::<T>()) };
        // SAFETY: it was just initialised.
        unsafe { copy.assume_init() }
    }

    /// Returns a [copy](Self::copied) of the message on the heap. Allocates.
    pub fn copied_boxed(&self) -> Box<T> {
        let mut copy = Box::new_uninit();
        // SAFETY: there is capacity for a message, which it is after that.
        unsafe { self.copy_first(NonNull::from(&mut *copy).cast::<T>()) };
        // SAFETY: it was just initialised.
        unsafe { copy.assume_init() }
    }

    /// [Copies](Self::copied) the message over another one, whose memory can be reused for each
    /// message.
    pub fn copy_to(&self, out: &mut T) {
        // SAFETY: there is capacity for a message, which nobody else accesses, and which has no
        // destructor.
        unsafe { self.copy_first(NonNull::from(out)) };
    }
}

impl<T: ShmMessage, H: Header> Sample<[T], H> {
    /// Returns a copy of the elements, which does not change whatever the publisher does: for data
    /// that is checked before it is used. Allocates. A publisher that writes the message while it
    /// is copied makes elements some other values of their type.
    pub fn copied(&self) -> Vec<T> {
        let len = self.len();
        let mut copy = Vec::with_capacity(len);
        let out = NonNull::from(copy.spare_capacity_mut()).cast();
        // SAFETY: there is capacity for this many elements, in an allocation of their own.
        unsafe { self.raw.copy(Message::<[T], H>::PAYLOAD_AT, out, len * size_of::<T>()) };
        // SAFETY: there is capacity for them, and they were just initialised.
        unsafe { copy.set_len(len) };
        copy
    }

    /// [Copies](Self::copied) the elements over as many others, whose memory can be reused for each
    /// message.
    ///
    /// # Panics
    /// If `out` has not as many elements as the message.
    pub fn copy_to(&self, out: &mut [T]) {
        assert_eq!(out.len(), self.len(), "a message is copied to as many elements as it has");
        // SAFETY: there is capacity for this many elements, which nobody else accesses, and which
        // have no destructors.
        unsafe { self.raw.copy(Message::<[T], H>::PAYLOAD_AT, NonNull::from(&mut *out).cast(), size_of_val(out)) };
    }
}

impl<T: Payload + ?Sized, H> Sample<T, H> {
    /// Copies what the message begins with: its header, or itself.
    ///
    /// # Safety
    /// The caller must ensure that the message begins with a `U`, which is not a header that is
    /// [checked in a copy](Checked::Header), and that `out` is valid for writes of one.
    #[inline]
    unsafe fn copy_first<U: ShmMessage>(&self, out: NonNull<U>) {
        // SAFETY: as the caller ensures. Any bytes of a `U` are a value, or those of the message do
        // not change: it is not pinned, or its publisher is trusted. So a valid value is copied.
        unsafe { self.raw.copy(0, out.cast(), size_of::<U>()) };
    }
}

impl<T: Payload + ?Sized, H: ShmMessage> Sample<T, H> {
    /// Returns the header.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, ShmMessage, Subscriber};
    /// #[derive(ShmMessage)]
    /// #[repr(C)]
    /// struct Image {
    ///     width: u32,
    ///     height: u32,
    /// }
    ///
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<[u8], Image>::builder("camera").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<[u8], Image>::builder("camera").domain(&domain).create()?;
    /// # publisher.publish_slice_with(&Image { width: 2, height: 3 }, &[0; 6])?;
    /// let image = subscriber.recv()?;
    /// let (width, height) = (image.header().width, image.header().height);
    /// assert_eq!(image.len(), (width * height) as usize);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn header(&self) -> &H {
        let header = if Self::HEADER_IS_COPIED { self.raw.header() } else { self.raw.start() };
        // SAFETY: a message with a header begins with it, and so does its copy, valid and not
        // written while it is held: see the top of this file.
        unsafe { header.cast().as_ref() }
    }

    /// Whether the header of a message in place is checked in a copy.
    const HEADER_IS_COPIED: bool = matches!(Message::<T, H>::CHECKED, Checked::Header(_));

    /// Returns a copy of the header, which does not change whatever the publisher does; see
    /// [`copied`](Sample::copied).
    #[inline]
    pub fn header_copied(&self) -> H {
        if Self::HEADER_IS_COPIED {
            // SAFETY: the reference is to a live value in memory of this process. A message is
            // plain data without a destructor, so a copy of its bytes is a value of its own.
            return unsafe { NonNull::from(self.header()).read() };
        }
        let mut copy = MaybeUninit::<H>::uninit();
        // SAFETY: a message with a header begins with it, and there is capacity for one, which it
        // is after that.
        unsafe { self.copy_first(NonNull::from(&mut copy).cast::<H>()) };
        // SAFETY: it was just initialised.
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

/// Prints where it is from. For the message itself, print `*sample`.
impl<T: ?Sized, H> fmt::Debug for Sample<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Received { sequence, publisher, .. } = self.raw.received();
        f.debug_struct("Sample").field("sequence", sequence).field("publisher", &format_args!("{publisher}")).finish()
    }
}

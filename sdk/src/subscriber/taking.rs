//! # Safety
//!
//! Receiving small messages by value, many at once. The file opts into unsafe code to see memory of
//! its own as a message. It upholds that this memory is as large and aligned as the message, is
//! initialised, and contains a valid value, which is checked for types that have invalid ones.
#![allow(unsafe_code, reason = "memory is seen as the message that was copied into it")]

use super::runs::Run;
use super::{RecvError, Subscriber};
use crate::record::{Checked, Message, Received};
use crate::registry::EndpointId;
use crate::schema::ShmMessage;
use std::mem::MaybeUninit;
use std::ptr;
use std::slice;

/// What is known of a message beside its contents: see [`Subscriber::drain`].
///
/// # Examples
///
/// ```
/// # use slotcast::{Publisher, Subscriber};
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = Publisher::<u64>::builder("ticks").domain(&domain).create()?;
/// # let mut subscriber = Subscriber::<u64>::builder("ticks").domain(&domain).create()?;
/// # publisher.publish(&7)?;
/// subscriber.drain(|tick, info| println!("message {} of {}: {tick}", info.sequence, info.publisher))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageInfo {
    /// Its number among the messages of its publisher, from 0.
    pub sequence: u64,
    /// The identity of its publisher.
    pub publisher: EndpointId,
    /// When it was published, in nanoseconds of `CLOCK_MONOTONIC`, if the publisher says so.
    pub timestamp: Option<u64>,
    /// How many messages of this publisher were lost between the last one delivered and this one.
    pub lost_before: u64,
}

impl MessageInfo {
    #[inline]
    fn of(received: &Received) -> Self {
        let &Received { publisher, sequence, time, lost_before } = received;
        Self { sequence, publisher, timestamp: time, lost_before }
    }
}

/// Memory for one message, in whole words.
#[repr(C, align(8))]
struct Place<T>(MaybeUninit<T>);

impl<T: ShmMessage> Place<T> {
    const UNKNOWN: Self = Self(MaybeUninit::uninit());

    /// Initialises it, to its last word. It must not be moved after this: what is behind the
    /// message would not move with it.
    #[inline]
    fn clear(&mut self) {
        // SAFETY: it is writable, and of this size. What is in it is allowed to be anything.
        unsafe { ptr::write_bytes(ptr::from_mut(self), 0, 1) };
    }

    /// Returns it as words, as many as a message takes.
    #[inline]
    fn words(&mut self) -> &mut [u64] {
        let words = size_of::<Self>() / size_of::<u64>();
        // SAFETY: it is aligned to words and has this many, all initialised, first by `clear` and
        // then through this. It is borrowed mutably, as the result is.
        unsafe { slice::from_raw_parts_mut(ptr::from_mut(self).cast(), words) }
    }

    /// Returns the message that was copied into it, or `None` if that is not valid.
    #[inline]
    fn message(&self) -> Option<&T> {
        if Message::<T, ()>::CHECKED != Checked::Nothing {
            // SAFETY: it has at least as many bytes as a message, all initialised.
            let bytes = unsafe { slice::from_raw_parts(self.0.as_ptr().cast::<u8>(), size_of::<T>()) };
            Message::<T, ()>::validate(bytes).ok()?;
        }
        // SAFETY: it is initialised, and a valid value: any bytes are, or they were checked.
        Some(unsafe { self.0.assume_init_ref() })
    }
}

/// Returns a copy of a message.
#[inline]
fn copy<T: ShmMessage>(message: &T) -> T {
    // SAFETY: a message is plain data without a destructor, so a copy of its bytes is a value of
    // its own.
    unsafe { ptr::read(message) }
}

impl<T: ShmMessage> Subscriber<T> {
    /// Returns the next message by value, if there is one. It does what
    /// [`try_recv`](Self::try_recv) does, with the same checks and counts, and is faster for small
    /// messages, as no sample has to be lent.
    ///
    /// A large message is copied to the stack.
    ///
    /// # Errors
    /// See [`RecvError`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<[f64; 3]>::builder("pose").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<[f64; 3]>::builder("pose").domain(&domain).create()?;
    /// publisher.publish(&[1.0, 2.0, 3.0])?;
    /// assert_eq!(subscriber.try_take()?, Some([1.0, 2.0, 3.0]));
    /// assert_eq!(subscriber.try_take()?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn try_take(&mut self) -> Result<Option<T>, RecvError> {
        let mut message = None;
        match self.take_runs(1, |taken, _| message = Some(copy(taken))) {
            Run::Taken(_) | Run::Nothing => Ok(message),
            Run::Slow => Ok(self.try_recv()?.map(|sample| sample.copied())),
        }
    }

    /// Takes messages by value, up to as many as `out` has elements. Returns how many they were:
    /// they are the first elements of `out`, and the others stay what they were. It returns 0 if
    /// there is no message, and may return fewer than there are: so call it until it returns 0. It
    /// does not wait.
    ///
    /// It does what [`try_recv`](Self::try_recv) does, with the same checks and counts, and is
    /// faster, as less is done for each message. Of several publishers up to 16 messages of one
    /// come in a row. [`lost`](Self::lost) tells what was lost so far.
    ///
    /// # Errors
    /// See [`RecvError`]. A call that has taken messages does not fail: the next one does.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<u64>::builder("ticks").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<u64>::builder("ticks").domain(&domain).create()?;
    /// (0..40).try_for_each(|tick| publisher.publish(&tick).map(|_| ()))?;
    /// let (mut ticks, mut sum) = ([0; 32], 0);
    /// loop {
    ///     let count = subscriber.take_many(&mut ticks)?;
    ///     if count == 0 {
    ///         break;
    ///     }
    ///     sum += ticks[..count].iter().sum::<u64>();
    /// }
    /// assert_eq!(sum, 780);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn take_many(&mut self, out: &mut [T]) -> Result<usize, RecvError> {
        match self.copy_runs(out) {
            Run::Taken(count) => Ok(count),
            Run::Nothing => Ok(0),
            Run::Slow => self.take_many_slowly(out),
        }
    }

    /// Passes all messages that are present to `each`, until there is none. Returns how many they
    /// were. It does not wait for messages, but goes on as long as publishers are faster than
    /// `each`.
    ///
    /// It does what [`try_iter`](Self::try_iter) does, with the same checks and counts, and is
    /// faster for small messages, as no sample has to be lent. Of several publishers up to 16
    /// messages of one come in a row. If `each` panics, its message was received, and the next call
    /// begins after it.
    ///
    /// # Errors
    /// See [`RecvError`]. What was passed on before was received.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<u64>::builder("ticks").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<u64>::builder("ticks").domain(&domain).create()?;
    /// (0..40).try_for_each(|tick| publisher.publish(&tick).map(|_| ()))?;
    /// let (mut sum, mut lost) = (0, 0);
    /// let count = subscriber.drain(|tick, info| {
    ///     sum += tick;
    ///     lost += info.lost_before;
    /// })?;
    /// assert_eq!((count, sum, lost), (40, 780, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn drain(&mut self, mut each: impl FnMut(&T, MessageInfo)) -> Result<u64, RecvError> {
        let mut total = 0;
        loop {
            match self.take_runs(usize::MAX, &mut each) {
                Run::Taken(count) => total += count as u64,
                Run::Nothing => return Ok(total),
                Run::Slow => {
                    let Some(sample) = self.try_recv()? else { return Ok(total) };
                    each(&sample, MessageInfo::of(sample.raw().received()));
                    total += 1;
                }
            }
        }
    }

    /// Copies messages into `out`, as long as nothing else is due.
    #[inline]
    fn copy_runs(&mut self, out: &mut [T]) -> Run {
        let mut free = out.iter_mut();
        self.take_runs(free.len(), |message, _| {
            if let Some(place) = free.next() {
                *place = copy(message);
            }
        })
    }

    /// Does the same after something that is due was done, with the first message.
    #[inline(never)]
    fn take_many_slowly(&mut self, out: &mut [T]) -> Result<usize, RecvError> {
        let Some((first, others)) = out.split_first_mut() else { return Ok(0) };
        let Some(sample) = self.try_recv()? else { return Ok(0) };
        sample.copy_to(first);
        Ok(if let Run::Taken(count) = self.copy_runs(others) { 1 + count } else { 1 })
    }

    /// Passes up to `most` messages to `each`, as long as nothing else is due.
    #[inline(always)]
    fn take_runs(&mut self, most: usize, mut each: impl FnMut(&T, MessageInfo)) -> Run {
        if most == 0 {
            return Run::Nothing;
        }
        if Message::<T, ()>::IS_POOLED {
            return Run::Slow;
        }
        let mut place = Place::<T>::UNKNOWN;
        place.clear();
        let mut accept = |place: &mut Place<T>, received: &Received| {
            let message = place.message();
            if let Some(message) = message {
                each(message, MessageInfo::of(received));
            }
            message.is_some()
        };
        self.core.take_runs(Message::<T, ()>::BYTES, most, &mut place, Place::words, &mut accept)
    }
}

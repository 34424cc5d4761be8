//! Messages that were received without a type.

use super::{Layout, Value};
use crate::record::RawSample;
use crate::registry::EndpointId;
use crate::schema::InvalidValue;
use crate::sys::process;
use std::fmt;
use std::ptr::NonNull;
use std::time::Duration;

/// A message that was received, as bytes. It can be kept as long as wanted, sent to other threads,
/// and cloned at the cost of a counter.
///
/// A large message lies where its publisher has written it, and trusts it as a typed
/// [`Sample`](crate::Sample) does. The bytes may not be a valid value of the layout:
/// [`value`](Self::value) checks that.
///
/// # Examples
///
/// ```
/// # use slotcast::{Publisher, dynamic::Subscriber};
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = Publisher::<[u8; 2]>::builder("pair").domain(&domain).create()?;
/// # let mut subscriber = Subscriber::builder("pair").domain(&domain).create()?;
/// publisher.publish(&[1, 2])?;
/// let sample = subscriber.recv()?;
/// assert_eq!(sample.bytes(), [1, 2]);
/// assert_eq!(sample.value()?.to_string(), "[1, 2]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Sample {
    /// Its record has the layout, so that receiving does not touch a counter that threads share.
    raw: RawSample,
    len: usize,
}

impl Sample {
    /// Creates a sample of a message that was received, with its [layout](Layout::description) in
    /// the record. `raw` has at least `fixed_size` bytes, if messages are of fixed size.
    #[inline]
    pub(crate) fn new(raw: RawSample, fixed_size: Option<usize>) -> Self {
        Self { len: fixed_size.unwrap_or_else(|| raw.len()), raw }
    }

    /// Returns the message, as it is in memory.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        &self.raw.bytes()[..self.len]
    }

    /// Returns where it is.
    pub(super) fn start(&self) -> NonNull<u8> {
        self.raw.start()
    }

    /// Returns whether it lies where its publisher has written it; otherwise it was copied.
    #[inline]
    pub fn is_in_place(&self) -> bool {
        self.raw.is_pinned()
    }

    /// Returns a copy of the bytes, which does not change whatever the publisher does. Allocates.
    pub fn copied(&self) -> Vec<u8> {
        self.raw.copied(self.len)
    }

    /// Returns the layout of the bytes.
    pub fn layout(&self) -> &Layout {
        self.raw.description().expect("records of samples without a type have their layout")
    }

    /// Decodes the message. Allocates in proportion to it. It trusts nobody: it first copies a
    /// message that lies in its publisher's memory.
    ///
    /// # Errors
    /// When the bytes are not a valid value of the layout. [`Layout::decode_anything`] decodes them
    /// all the same.
    pub fn value(&self) -> Result<Value, InvalidValue> {
        let layout = self.layout();
        if self.raw.is_pinned() { layout.decode(&self.copied()) } else { layout.decode(self.bytes()) }
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

    /// Returns when it was published, in nanoseconds of `CLOCK_MONOTONIC`, if its publisher has
    /// [`timestamps`](crate::PublisherBuilder::timestamps).
    #[inline]
    pub fn timestamp(&self) -> Option<u64> {
        self.raw.received().time
    }

    /// Returns how long ago it was published; see [`Sample::age`](crate::Sample::age).
    pub fn age(&self) -> Option<Duration> {
        let published = self.timestamp()?;
        Some(Duration::from_nanos(process::monotonic_ns().saturating_sub(published)))
    }

    /// Returns how many messages of this publisher were lost between the last one delivered and
    /// this one.
    #[inline]
    pub fn lost_before(&self) -> u64 {
        self.raw.received().lost_before
    }
}

impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sample").field("sequence", &self.sequence()).field("bytes", &self.bytes()).finish()
    }
}

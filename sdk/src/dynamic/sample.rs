use super::{Layout, Value};
use crate::record::RawSample;
use crate::registry::EndpointId;
use crate::schema::InvalidValue;
use crate::sys::process;
use std::fmt;
use std::time::Duration;

/// A message received, as its bytes, to be kept as long as wanted, sent to other threads, or cloned at the cost of
/// two counters.
///
/// A large message lies where its publisher has written it, as that of a typed [`Sample`](crate::Sample), and trusts it as
/// far. The bytes may be no value of its layout: [`value`](Self::value) tells.
#[derive(Clone)]
pub struct Sample {
    raw: RawSample,
    layout: Layout,
}

impl Sample {
    /// `raw` is a buffer of at least a message's size, which was received.
    pub(crate) fn new(raw: RawSample, layout: Layout) -> Self {
        Self { raw, layout }
    }

    /// The message, as it lies in memory.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        let bytes = self.raw.bytes();
        if self.layout.is_variable() { bytes } else { &bytes[..self.layout.size()] }
    }

    /// The bytes, out of the sample. Allocates. They do not change, whatever the publisher does.
    pub fn copied(&self) -> Vec<u8> {
        self.raw.copied(self.bytes().len())
    }

    /// What the bytes mean.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The message, decoded. Allocates in proportion to it; trusts nobody, as it copies a message first that lies in its
    /// publisher's memory.
    ///
    /// # Errors
    /// When its bytes are no value of its layout; [`Layout::decode_anything`] shows them all the same.
    pub fn value(&self) -> Result<Value, InvalidValue> {
        if self.raw.is_pinned() { self.layout.decode(&self.copied()) } else { self.layout.decode(self.bytes()) }
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

    /// How long ago it was published, if its publisher tells; see [`Sample::age`](crate::Sample::age).
    pub fn age(&self) -> Option<Duration> {
        let published = self.timestamp()?;
        Some(Duration::from_nanos(process::monotonic_ns().saturating_sub(published)))
    }

    /// How many messages of this publisher were lost between the last one delivered and this one.
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

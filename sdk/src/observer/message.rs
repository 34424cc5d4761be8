use crate::protocol::ring::Outcome;
use crate::shm::{Descriptor, Extent, SegmentView};
use std::fmt;
use std::ops::Range;

/// What is known of a message without reading it; see
/// [`ObservedPublisher::messages_since`](super::ObservedPublisher::messages_since).
///
/// # Examples
///
/// ```
/// use slotcast::observer::MessageInfo;
///
/// let message = MessageInfo { sequence: 7, time: Some(1_000), bytes: 640 };
/// assert_eq!(message.bytes, 640);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageInfo {
    /// Its sequence.
    pub sequence: u64,
    /// When it was published, in nanoseconds of `CLOCK_MONOTONIC`, if its publisher stores that.
    pub time: Option<u64>,
    /// Its size in bytes.
    pub bytes: u64,
}

/// The messages that a publisher's ring contained, in order; see
/// [`ObservedPublisher::messages_since`](super::ObservedPublisher::messages_since).
///
/// # Examples
///
/// ```
/// # use slotcast::{Observer, Publisher};
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = Publisher::<[u8]>::builder("blobs").domain(&domain).create()?;
/// publisher.publish_slice(&[0; 10])?;
/// publisher.publish_slice(&[0; 30])?;
/// let topic = Observer::new(&domain).topic("blobs")?.expect("it has a publisher");
/// let observed = topic.publisher(topic.endpoints()?.remove(0).peer?)?;
/// let bytes: Vec<u64> = observed.messages_since(0).map(|message| message.bytes).collect();
/// assert_eq!(bytes, [10, 30]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Messages<'a> {
    segment: &'a SegmentView,
    extent: Extent,
    sequences: Range<u64>,
}

impl<'a> Messages<'a> {
    pub(super) fn new(segment: &'a SegmentView, extent: Extent, sequences: Range<u64>) -> Self {
        Self { segment, extent, sequences }
    }

    /// Returns the size of the message that a cell describes. Returns `None` if that is invalid.
    fn bytes(&self, words: &[u64]) -> Option<u64> {
        match self.extent {
            Extent::Fixed { bytes } => Some(bytes),
            Extent::Variable { .. } => {
                let descriptor = Descriptor::decode(words);
                descriptor.check(self.extent, self.segment.pool_bytes()).map(|_| descriptor.bytes)
            }
        }
    }
}

impl Iterator for Messages<'_> {
    type Item = MessageInfo;

    fn next(&mut self) -> Option<MessageInfo> {
        let (ring, payload) = (self.segment.reader(), self.segment.geometry().payload());
        let mut words = [0; Descriptor::BYTES / 8];
        loop {
            let sequence = self.sequences.next()?;
            // The content of a small message is not copied.
            let out = if self.extent.is_variable() { &mut words[..] } else { &mut [] };
            let Outcome::Message { time } = ring.read(sequence, payload, out) else { continue };
            if let Some(bytes) = self.bytes(&words) {
                return Some(MessageInfo { sequence, time: self.segment.timestamps().then_some(time), bytes });
            }
        }
    }
}

impl fmt::Debug for Messages<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Messages").field(&self.sequences).finish()
    }
}

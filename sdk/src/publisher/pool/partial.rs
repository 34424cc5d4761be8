//! A message that is shown while it is written: the writer's right to the line of its segment.

use crate::protocol::partial::End;
use crate::shm::{Descriptor, Segment};
use crate::sys::fork::Origin;
use std::sync::Arc;

/// The right to say how far the message is that a publisher shows. Dropped, the message is abandoned: that is to be
/// before its loan ends.
pub(crate) struct PartialWriter {
    segment: Arc<Segment>,
    number: u64,
    end: End,
    /// To know a child's copy of this, whose line is its parent's to write.
    origin: Origin,
}

impl PartialWriter {
    /// Shows a message, unless another one is shown. One thread at a time does.
    pub(crate) fn begin(segment: &Arc<Segment>, descriptor: Descriptor) -> Option<Self> {
        let line = segment.shown();
        if line.is_in_use() {
            return None;
        }
        let Descriptor { offset, bytes, count } = descriptor;
        let number = line.begin([offset, bytes, count]);
        Some(Self { segment: Arc::clone(segment), number, end: End::Abandoned, origin: Origin::here() })
    }

    #[inline]
    pub(crate) fn grow(&mut self, valid: u64) {
        if self.origin.is_here() {
            self.segment.shown().advance(valid);
        }
    }

    /// The message was published.
    pub(crate) fn sent(mut self) {
        self.end = End::Finished;
    }
}

impl Drop for PartialWriter {
    fn drop(&mut self) {
        if self.origin.is_here() {
            self.segment.shown().end(self.number, self.end);
        }
    }
}

//! A partial message: the writer's right to the line of its segment that says how much of it is
//! finished.

use crate::protocol::partial::End;
use crate::shm::{Descriptor, Segment};
use crate::sys::fork::Origin;
use std::sync::Arc;

/// The right to say how much of a publisher's partial message is finished. Dropping it abandons the
/// message: do that before its loan ends.
pub(crate) struct PartialWriter(Option<Right>);

struct Right {
    segment: Arc<Segment>,
    number: u64,
    /// To recognise a forked child's copy of this: the line is its parent's to write.
    origin: Origin,
}

impl Right {
    fn end(self, how: End) {
        if self.origin.is_here() {
            self.segment.partial_line().end(self.number, how);
        }
    }
}

impl PartialWriter {
    /// Begins a partial message. Returns `None` if there is one already. One thread at a time does
    /// this.
    pub(crate) fn begin(segment: &Arc<Segment>, descriptor: Descriptor) -> Option<Self> {
        let line = segment.partial_line();
        if line.is_in_use() {
            return None;
        }
        let Descriptor { offset, bytes, count } = descriptor;
        let number = line.begin([offset, bytes, count]);
        Some(Self(Some(Right { segment: Arc::clone(segment), number, origin: Origin::here() })))
    }

    /// Says that the first `valid` elements or bytes are finished.
    #[inline]
    pub(crate) fn grow(&mut self, valid: u64) {
        if let Some(right) = self.0.as_ref().filter(|right| right.origin.is_here()) {
            right.segment.partial_line().advance(valid);
        }
    }

    /// Ends it: the message was published as a whole.
    pub(crate) fn sent(mut self) {
        if let Some(right) = self.0.take() {
            right.end(End::Finished);
        }
    }
}

impl Drop for PartialWriter {
    fn drop(&mut self) {
        if let Some(right) = self.0.take() {
            right.end(End::Abandoned);
        }
    }
}

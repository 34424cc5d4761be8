use super::segment_view::SegmentError;
use super::{header, layout, open};
use crate::registry::{EndpointId, MemoryEntry, TopicAccess};
use crate::schema::SchemaHash;
use crate::sys::memory::ReadOnly;

/// The header of another publisher's segment, in which shows whether it is at work. The ring is not mapped.
pub(crate) struct Heartbeat(ReadOnly);

/// What a publisher at work changes: compare it with what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeartbeatReading {
    head: u64,
    beat: u64,
}

impl Heartbeat {
    pub(crate) fn open(
        topic: &dyn TopicAccess,
        entry: &MemoryEntry,
        id: EndpointId,
        hash: SchemaHash,
    ) -> Result<Self, SegmentError> {
        let header = open::header(topic, id, entry, 8 * layout::RING)?;
        header::check(header.words(), layout::MAGIC, entry, id, hash)?;
        Ok(Self(header))
    }

    pub(crate) fn beat(&self) -> HeartbeatReading {
        let words = self.0.words();
        // Relaxed: nothing is read because of it.
        HeartbeatReading { head: words[layout::HEAD].load_relaxed(), beat: words[layout::BEAT].load_relaxed() }
    }
}

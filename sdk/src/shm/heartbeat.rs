use super::{SegmentError, header, layout, open};
use crate::registry::{EndpointId, MemoryEntry, TopicAccess};
use crate::schema::SchemaHash;
use crate::sys::memory::ReadOnly;

/// The header of another publisher's segment, which changes while the publisher is active. The ring is not mapped.
pub(crate) struct Heartbeat(ReadOnly);

/// What an active publisher changes: compare it with an earlier reading.
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

    pub(crate) fn read(&self) -> HeartbeatReading {
        let words = self.0.words();
        // Relaxed: no other memory is read because of it.
        HeartbeatReading { head: words[layout::HEAD].load_relaxed(), beat: words[layout::BEAT].load_relaxed() }
    }
}

//! The memory of a notifier: the counts of its events.
//!
//! | offset | word | meaning |
//! | --- | --- | --- |
//! | 0 | | the words at the start of every segment; the magic number is `slotevt` and 1 |
//! | 56 | ids | how many ids there are: 256 |
//! | 128 | groups | 8 words: how often an event of the ids 0…31, 32…63, … has happened |
//! | 192 | counters | 256 words: how often the event of each id has happened |

use super::backing::{Backing, Size};
use super::{SegmentError, header, open};
use crate::protocol::event::{Counts, CountsView, GROUPS, IDS};
use crate::registry::{EndpointId, MemoryEntry, Placement, TopicAccess, TopicDirectory};
use crate::schema::SchemaHash;
use crate::sys::memory::ReadOnly;
use std::io;

/// "slotevt" and the version of this layout.
const MAGIC: u64 = u64::from_le_bytes(*b"slotevt\x01");
const IDS_AT: usize = header::END;
const GROUPS_AT: usize = 16;
const COUNTERS: usize = GROUPS_AT + GROUPS;
const WORDS: usize = COUNTERS + IDS;
const BYTES: usize = 8 * WORDS;

/// A notifier's own memory.
pub(crate) struct EventSegment(Backing);

impl EventSegment {
    pub(crate) const BYTES: usize = BYTES;

    pub(crate) fn create(
        topic: &TopicDirectory,
        placement: Placement,
        id: EndpointId,
        hash: SchemaHash,
    ) -> io::Result<Self> {
        let size = Size { bytes: BYTES, words: BYTES, present: BYTES, huge: false };
        let backing = Backing::create(topic, id, placement, size)?;
        backing.memory.words()[IDS_AT].store_relaxed(IDS as u64);
        header::write(&backing, MAGIC, id, hash, BYTES);
        Ok(Self(backing))
    }

    #[inline]
    pub(crate) fn counts(&self) -> Counts<'_> {
        let words = self.0.memory.words();
        Counts::new(&words[GROUPS_AT..COUNTERS], &words[COUNTERS..WORDS])
    }

    /// Returns what the notifier's entry claims about it.
    pub(crate) fn entry(&self) -> io::Result<MemoryEntry> {
        self.0.entry()
    }
}

/// The memory of another notifier, mapped read-only after its header was checked.
pub(crate) struct EventView(ReadOnly);

impl EventView {
    pub(crate) fn open(
        topic: &dyn TopicAccess,
        entry: &MemoryEntry,
        id: EndpointId,
        hash: SchemaHash,
    ) -> Result<Self, SegmentError> {
        let memory = open::memory(topic, id, entry, BYTES)?;
        header::check(memory.words(), MAGIC, entry, id, hash)?;
        let ids = memory.words()[IDS_AT].load_relaxed();
        if ids != IDS as u64 {
            return Err(SegmentError::header("number of ids", ids, IDS as u64));
        }
        Ok(Self(memory))
    }

    #[inline]
    pub(crate) fn counts(&self) -> CountsView<'_> {
        let words = self.0.words();
        CountsView::new(&words[GROUPS_AT..COUNTERS], &words[COUNTERS..WORDS])
    }
}

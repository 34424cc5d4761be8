//! The memory of a set of counters.
//!
//! | offset | word | meaning |
//! | --- | --- | --- |
//! | 0 | | the words at the start of every segment; the magic number is `slotcnt` and 1 |
//! | 64 | table | see `protocol::counters` |

use super::backing::{Backing, Size};
use super::{SegmentError, header, open};
use crate::protocol::counters::{Table, TableView, WORDS as TABLE};
use crate::registry::{EndpointId, MemoryEntry, Placement, TopicAccess, TopicDirectory};
use crate::schema::SchemaHash;
use crate::sys::memory::ReadOnly;
use std::io;

/// "slotcnt" and the version of this layout.
const MAGIC: u64 = u64::from_le_bytes(*b"slotcnt\x01");
const TABLE_AT: usize = header::END + 1;
const WORDS: usize = TABLE_AT + TABLE;
const BYTES: usize = 8 * WORDS;

/// A process's own counters.
pub(crate) struct CounterSegment(Backing);

impl CounterSegment {
    pub(crate) const BYTES: usize = BYTES;

    pub(crate) fn create(
        topic: &TopicDirectory,
        placement: Placement,
        id: EndpointId,
        hash: SchemaHash,
    ) -> io::Result<Self> {
        let size = Size { bytes: BYTES, words: BYTES, present: BYTES, huge: false };
        let backing = Backing::create(topic, id, placement, size)?;
        header::write(&backing, MAGIC, id, hash, BYTES);
        Ok(Self(backing))
    }

    #[inline]
    pub(crate) fn table(&self) -> Table<'_> {
        Table::new(&self.0.memory.words()[TABLE_AT..WORDS])
    }

    /// Returns what the entry claims about it.
    pub(crate) fn entry(&self) -> io::Result<MemoryEntry> {
        self.0.entry()
    }
}

/// The counters of another process, mapped read-only after their header was checked.
pub(crate) struct CounterView(ReadOnly);

impl CounterView {
    pub(crate) fn open(
        topic: &dyn TopicAccess,
        entry: &MemoryEntry,
        id: EndpointId,
        hash: SchemaHash,
    ) -> Result<Self, SegmentError> {
        let memory = open::memory(topic, id, entry, BYTES)?;
        header::check(memory.words(), MAGIC, entry, id, hash)?;
        Ok(Self(memory))
    }

    pub(crate) fn table(&self) -> TableView<'_> {
        TableView::new(&self.0.words()[TABLE_AT..WORDS])
    }
}

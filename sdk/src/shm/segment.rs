use super::backing::{Backing, Size};
use super::content::{Content, MAX_POOL};
use super::{header, layout};
use crate::failpoint;
use crate::protocol::grant::{Table, TableState};
use crate::protocol::partial::Line;
use crate::protocol::ring::{Geometry, Writer};
use crate::registry::{EndpointId, MemoryEntry, Pages, Placement, TopicDirectory};
use crate::schema::SchemaHash;
use crate::sys::sealed::HUGE;
use std::io;
use std::ops::Range;
use std::ptr::NonNull;

/// A publisher's own segment: only this process can write to it.
pub(crate) struct Segment {
    backing: Backing,
    geometry: Geometry,
    pool: Range<usize>,
}

/// The settings of a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SegmentSpec {
    pub(crate) geometry: Geometry,
    pub(crate) timestamps: bool,
    pub(crate) lossless: bool,
    pub(crate) content: Content,
    /// The size of the pool, if there is one, in whole pages.
    pub(crate) pool: usize,
    /// Whether to use huge pages for a pool, if there are any.
    pub(crate) huge: bool,
}

impl SegmentSpec {
    /// Returns the size of the segment. The pool's part of it is only address space until it contains messages.
    pub(crate) fn bytes(&self) -> usize {
        if self.content == Content::Inline {
            8 * (layout::RING + self.geometry.words())
        } else {
            self.with_whole_pages(self.pool_start() + self.pool)
        }
    }

    /// Rounds a size up to whole huge pages, if they are used.
    fn with_whole_pages(&self, bytes: usize) -> usize {
        if !self.huge {
            return bytes;
        }
        let whole = bytes.next_multiple_of(HUGE);
        // A pool of the maximal size gets no larger.
        if (whole - self.pool_start()) as u64 > MAX_POOL { whole - HUGE } else { whole }
    }

    fn pool_start(&self) -> usize {
        layout::pool_after(self.geometry.words())
    }
}

impl Segment {
    pub(crate) fn create(
        topic: &TopicDirectory,
        placement: Placement,
        id: EndpointId,
        hash: SchemaHash,
        spec: SegmentSpec,
    ) -> io::Result<Self> {
        let SegmentSpec { geometry, timestamps, lossless, content, .. } = spec;
        let bytes = spec.bytes();
        let pool = if content == Content::Inline { bytes..bytes } else { spec.pool_start()..bytes };
        let huge = spec.huge && content.is_pooled();
        let size = Size { bytes, words: pool.start, present: pool.start, huge };
        let backing = Backing::create(topic, id, placement, size)?;
        failpoint::hit("segment.sealed");
        let words = backing.memory.words();
        let write = |index: usize, value: u64| words[index].store_relaxed(value);
        write(layout::PAYLOAD, geometry.payload() as u64);
        write(layout::CELLS, geometry.cells());
        write(layout::DEPTH, geometry.depth());
        let flag = |on: bool, flag: u64| if on { flag } else { 0 };
        let offered = flag(timestamps, layout::FLAG_TIMESTAMPS) | flag(lossless, layout::FLAG_LOSSLESS);
        write(layout::FLAGS, content.flags() | offered);
        if content != Content::Inline {
            write(layout::POOL, pool.start as u64);
            write(layout::POOL_BYTES, pool.len() as u64);
        }
        header::write(&backing, layout::MAGIC, id, hash, bytes);
        Ok(Self { backing, geometry, pool })
    }

    #[inline]
    pub(crate) fn writer(&self) -> Writer<'_> {
        let words = self.backing.memory.words();
        Writer::new(&words[layout::RING..], &words[layout::HEAD], self.geometry)
    }

    pub(crate) fn grants<'a>(&'a self, state: &'a mut TableState) -> Table<'a> {
        let words = self.backing.memory.words();
        Table::new(&words[layout::GRANTS..layout::RING], &words[layout::GRANT_CHANGES], state)
    }

    /// Returns the line that describes the partial message.
    #[inline]
    pub(crate) fn shown(&self) -> Line<'_> {
        Line::new(&self.backing.memory.words()[layout::PARTIAL..layout::PARTIAL_END])
    }

    pub(crate) fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// Returns the kind of its pages.
    pub(crate) fn pages(&self) -> Pages {
        self.backing.pages()
    }

    /// Returns the size of its pool in bytes.
    pub(crate) fn pool_bytes(&self) -> usize {
        self.pool.len()
    }

    /// Returns the address of a part of the pool, which is mapped as long as this exists.
    pub(crate) fn pool_address(&self, offset: usize, bytes: usize) -> NonNull<u8> {
        self.backing.memory.address(self.pool.start + offset, bytes)
    }

    /// Gives storage to a part of the pool, from the start of a page on.
    pub(crate) fn grow_pool(&self, bytes: Range<usize>) -> io::Result<()> {
        self.backing.grow(self.pool.start + bytes.start..self.pool.start + bytes.end)
    }

    /// Shows that the publisher is active, though it publishes nothing. One store.
    #[inline]
    pub(crate) fn beat(&self) {
        let beat = &self.backing.memory.words()[layout::BEAT];
        // Relaxed, both: nobody else writes it, and its value has no other meaning than that it changes.
        beat.store_relaxed(beat.load_relaxed().wrapping_add(1));
    }

    /// Locks all of it into memory, so that it is not swapped out.
    pub(crate) fn lock(&self) -> io::Result<()> {
        self.backing.memory.lock()
    }

    /// Tells readers that no message will follow.
    pub(crate) fn close(&self) {
        self.backing.memory.words()[layout::CLOSED].store_release(1);
    }

    /// Returns what the publisher's entry claims about it.
    pub(crate) fn entry(&self) -> io::Result<MemoryEntry> {
        self.backing.entry()
    }
}

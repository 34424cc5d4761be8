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

/// A segment of this process: it alone can write to it.
pub(crate) struct Segment {
    backing: Backing,
    geometry: Geometry,
    pool: Range<usize>,
}

/// What a segment is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SegmentSpec {
    pub(crate) geometry: Geometry,
    pub(crate) timestamps: bool,
    pub(crate) lossless: bool,
    pub(crate) content: Content,
    /// The size of the pool, if there is one: whole pages.
    pub(crate) pool: usize,
    /// Whether to take huge pages for a pool, if there are any.
    pub(crate) huge: bool,
}

impl SegmentSpec {
    /// The size of the segment. That of a pool is address space alone until messages are in it.
    pub(crate) fn bytes(&self) -> usize {
        if self.content == Content::Inline {
            8 * (layout::RING + self.geometry.words())
        } else {
            self.with_whole_pages(self.pool_start() + self.pool)
        }
    }

    /// So many bytes, or somewhat more, of huge pages a whole number.
    fn with_whole_pages(&self, bytes: usize) -> usize {
        if !self.huge {
            return bytes;
        }
        let whole = bytes.next_multiple_of(HUGE);
        // The largest pool gets no larger.
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

    /// Where it says which message is shown while it is written.
    #[inline]
    pub(crate) fn shown(&self) -> Line<'_> {
        Line::new(&self.backing.memory.words()[layout::SHOWN..layout::SHOWN_END])
    }

    pub(crate) fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// The kind of its pages.
    pub(crate) fn pages(&self) -> Pages {
        self.backing.pages()
    }

    /// The size of its pool in bytes.
    pub(crate) fn pool_bytes(&self) -> usize {
        self.pool.len()
    }

    /// The address of a part of the pool, which is mapped as long as this lives.
    pub(crate) fn pool_address(&self, offset: usize, bytes: usize) -> NonNull<u8> {
        self.backing.memory.address(self.pool.start + offset, bytes)
    }

    /// Brings a part of the pool into memory, from the start of a page on.
    pub(crate) fn grow_pool(&self, bytes: Range<usize>) -> io::Result<()> {
        self.backing.grow(self.pool.start + bytes.start..self.pool.start + bytes.end)
    }

    /// Tells readers that the publisher is at work, though it publishes nothing. One store.
    #[inline]
    pub(crate) fn beat(&self) {
        let beat = &self.backing.memory.words()[layout::BEAT];
        // Relaxed, both: nobody else writes it, and nothing follows from it but that it changes.
        beat.store_relaxed(beat.load_relaxed().wrapping_add(1));
    }

    /// Keeps all of it from being swapped out.
    pub(crate) fn lock(&self) -> io::Result<()> {
        self.backing.memory.lock()
    }

    /// Tells readers that nothing will follow.
    pub(crate) fn close(&self) {
        self.backing.memory.words()[layout::CLOSED].store_release(1);
    }

    /// What the publisher's entry says about it.
    pub(crate) fn entry(&self) -> io::Result<MemoryEntry> {
        self.backing.entry()
    }
}

use super::content::{Content, MAX_POOL};
use super::{SegmentError, header, layout, open};
use crate::protocol::grant::TableView;
use crate::protocol::partial::LineView;
use crate::protocol::ring::{Geometry, Reader};
use crate::registry::{EndpointId, MemoryEntry, TopicAccess};
use crate::schema::SchemaHash;
use crate::sync::ReadOnlyWord;
use crate::sys::memory::ReadOnly;
use std::ops::Range;
use std::ptr::NonNull;

/// The most bytes before a pool that are brought into this process's page table at once.
const MAX_POPULATED: usize = 1 << 20;

/// A segment of another endpoint, mapped read-only after every field of its header was checked.
pub(crate) struct SegmentView {
    memory: ReadOnly,
    geometry: Geometry,
    timestamps: bool,
    lossless: bool,
    /// In bytes; empty without a pool.
    pool: Range<usize>,
}

/// What a reader knows of a segment before it opens it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) id: EndpointId,
    pub(crate) hash: SchemaHash,
    pub(crate) content: Content,
    /// The size of what a cell of its ring contains, in bytes.
    pub(crate) payload: usize,
}

impl SegmentView {
    pub(crate) fn open(
        topic: &dyn TopicAccess,
        entry: &MemoryEntry,
        expected: &Expected,
    ) -> Result<Self, SegmentError> {
        let memory = open::memory(topic, expected.id, entry, 8 * layout::RING)?;
        header::check(memory.words(), layout::MAGIC, entry, expected.id, expected.hash)?;
        let word = |index: usize| word(&memory, index);
        let payload = expected.payload as u64;
        if word(layout::PAYLOAD) != payload {
            return Err(SegmentError::header("message size", word(layout::PAYLOAD), payload));
        }
        let geometry = Geometry::checked(word(layout::CELLS), word(layout::DEPTH), payload)
            .map_err(|error| SegmentError::Shape(error.to_string()))?;
        let flags = word(layout::FLAGS);
        let pool = check_pool(&memory, geometry, expected.content)?;
        if !pool.is_empty() {
            // The ring has storage, unless the publisher lies: then touching it would allocate. The
            // pool has none yet.
            memory.populate(pool.start.min(MAX_POPULATED)).map_err(SegmentError::Map)?;
        }
        Ok(Self {
            memory,
            geometry,
            timestamps: flags & layout::FLAG_TIMESTAMPS != 0,
            lossless: flags & layout::FLAG_LOSSLESS != 0,
            pool,
        })
    }

    /// Returns the size of its pool in bytes.
    #[inline]
    pub(crate) fn pool_bytes(&self) -> usize {
        self.pool.len()
    }

    /// Returns the address of a part of the pool, which is mapped as long as this exists. Returns
    /// `None` if the part is not inside the pool.
    #[inline]
    pub(crate) fn pool_address(&self, offset: usize, bytes: usize) -> Option<NonNull<u8>> {
        self.memory.address(self.pool.start.checked_add(offset)?, bytes)
    }

    /// Returns the words of a part of the pool that begins at a word; the last word may be only
    /// partly in the part. Returns `None` if the part is not inside the pool.
    pub(crate) fn pool_words(&self, offset: usize, bytes: usize) -> Option<&[ReadOnlyWord]> {
        let first = self.pool.start.checked_add(offset)? / 8;
        self.memory.words().get(first..first.checked_add(bytes.div_ceil(8))?)
    }

    #[inline]
    pub(crate) fn reader(&self) -> Reader<'_> {
        let words = self.memory.words();
        Reader::new(&words[layout::RING..], &words[layout::HEAD], self.geometry)
    }

    #[inline]
    pub(crate) fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// Returns whether its messages carry the time of publishing.
    #[inline]
    pub(crate) fn timestamps(&self) -> bool {
        self.timestamps
    }

    /// Returns whether its publisher waits for subscribers to which it has granted that.
    pub(crate) fn is_lossless(&self) -> bool {
        self.lossless
    }

    #[inline]
    pub(crate) fn grants(&self) -> TableView<'_> {
        let words = self.memory.words();
        TableView::new(&words[layout::GRANTS..layout::RING], &words[layout::GRANT_CHANGES])
    }

    /// Returns the line that describes the partial message.
    #[inline]
    pub(crate) fn partial_line(&self) -> LineView<'_> {
        LineView::new(&self.memory.words()[layout::PARTIAL..layout::PARTIAL_END])
    }

    /// Returns a number that changes when the publisher asserts that it is alive.
    pub(crate) fn beat(&self) -> u64 {
        // Relaxed: no other memory is read because of it.
        self.memory.words()[layout::BEAT].load_relaxed()
    }

    /// Returns whether its publisher has left in order: nothing will follow.
    pub(crate) fn is_closed(&self) -> bool {
        self.memory.words()[layout::CLOSED].load_acquire() != 0
    }
}

fn word(memory: &ReadOnly, index: usize) -> u64 {
    // Relaxed: all of the header was written before the entry was linked, which the kernel orders.
    memory.words()[index].load_relaxed()
}

/// Checks the size of the ring, and the header's fields about the pool. Returns where the pool is,
/// in bytes.
fn check_pool(memory: &ReadOnly, geometry: Geometry, content: Content) -> Result<Range<usize>, SegmentError> {
    let words = memory.words().len();
    let bytes = 8 * words;
    if content == Content::Inline {
        let (found, expected) = (words - layout::RING, geometry.words());
        if found != expected {
            return Err(SegmentError::header("size of the ring in words", found as u64, expected as u64));
        }
        return Ok(bytes..bytes);
    }
    let start = layout::pool_after(geometry.words());
    let size = bytes.saturating_sub(start);
    let kind = word(memory, layout::FLAGS) & (layout::FLAG_POOL | layout::FLAG_VARIABLE);
    for (field, found, expected) in [
        ("kind of messages", kind, content.flags()),
        ("start of the pool", word(memory, layout::POOL), start as u64),
        ("size of the pool", word(memory, layout::POOL_BYTES), size as u64),
    ] {
        if found != expected {
            return Err(SegmentError::header(field, found, expected));
        }
    }
    if size == 0 || size as u64 > MAX_POOL {
        return Err(SegmentError::Shape(format!("its pool has {size} bytes, but must have between 1 and {MAX_POOL}")));
    }
    Ok(start..bytes)
}

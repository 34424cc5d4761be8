use super::content::{Content, MAX_POOL};
use super::{header, layout, open};
use crate::protocol::grant::TableView;
use crate::protocol::partial::LineView;
use crate::protocol::ring::{Geometry, Reader};
use crate::registry::{EndpointId, MemoryEntry, MemoryError, TopicAccess};
use crate::schema::SchemaHash;
use crate::sync::ReadOnlyWord;
use crate::sys::error::is_shortage;
use crate::sys::memory::ReadOnly;
use std::io;
use std::ops::Range;
use std::ptr::NonNull;

/// How much of a ring before a pool is brought into this process's table at once, in bytes.
const MOST_POPULATED: usize = 1 << 20;

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
    /// What a cell of its ring holds, in bytes.
    pub(crate) payload: usize,
}

/// Why a publisher's segment cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SegmentError {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] MemoryError),
    /// It could be changed in size, or written by others than its owner.
    #[error("its memory is not sealed (seals {found:#x})")]
    NotSealed {
        /// The seals that it has.
        found: u32,
    },
    /// It cannot be mapped.
    #[error("its memory cannot be mapped: {0}")]
    Map(io::Error),
    /// A field of its header is not what it must be.
    #[error("its memory is damaged: {field} is {found:#x}, and {expected:#x} was expected")]
    Header {
        /// The field.
        field: &'static str,
        /// What it is.
        found: u128,
        /// What it must be.
        expected: u128,
    },
    /// It describes a ring that cannot be.
    #[error("its memory is damaged: {0}")]
    Shape(String),
}

impl SegmentError {
    pub(super) fn header(field: &'static str, found: u64, expected: u64) -> Self {
        Self::Header { field, found: found.into(), expected: expected.into() }
    }

    /// Whether it may be that the owner is just ending or dying.
    pub(crate) fn may_be_exiting(&self) -> bool {
        matches!(self, Self::Open(error) if error.may_be_exiting())
    }

    /// Whether it may work later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Open(error) => error.is_transient(),
            Self::Map(error) => is_shortage(error),
            _ => false,
        }
    }
}

impl SegmentView {
    pub(crate) fn open(
        topic: &dyn TopicAccess,
        entry: &MemoryEntry,
        expected: &Expected,
    ) -> Result<Self, SegmentError> {
        let memory = open::memory(topic, expected.id, entry, 8 * layout::RING)?;
        let words = memory.words();
        header::check(words, layout::MAGIC, entry, expected.id, expected.hash)?;
        // Relaxed, as in the header.
        let word = |index: usize| words[index].load_relaxed();
        let payload = expected.payload as u64;
        if word(layout::PAYLOAD) != payload {
            return Err(SegmentError::header("message size", word(layout::PAYLOAD), payload));
        }
        let geometry = Geometry::checked(word(layout::CELLS), word(layout::DEPTH), payload)
            .map_err(|error| SegmentError::Shape(error.to_string()))?;
        let flags = word(layout::FLAGS);
        let (timestamps, lossless) = (flags & layout::FLAG_TIMESTAMPS != 0, flags & layout::FLAG_LOSSLESS != 0);
        let bytes = 8 * words.len();
        let pool = if expected.content == Content::Inline {
            let ring_words = words.len() - layout::RING;
            if ring_words != geometry.words() {
                let expected = geometry.words() as u64;
                return Err(SegmentError::header("size of the ring in words", ring_words as u64, expected));
            }
            bytes..bytes
        } else {
            let (content, start) = (expected.content.flags(), layout::pool_after(geometry.words()));
            let size = bytes.saturating_sub(start);
            for (field, found, expected) in [
                ("kind of messages", flags & (layout::FLAG_POOL | layout::FLAG_VARIABLE), content),
                ("start of the pool", word(layout::POOL), start as u64),
                ("size of the pool", word(layout::POOL_BYTES), size as u64),
            ] {
                if found != expected {
                    return Err(SegmentError::header(field, found, expected));
                }
            }
            if size == 0 || size as u64 > MAX_POOL {
                return Err(SegmentError::Shape(format!("its pool has {size} bytes, and at most {MAX_POOL} can be")));
            }
            // The ring is all there, unless somebody says so who lies: a touch of what is not would fill it. The pool is not.
            memory.populate(start.min(MOST_POPULATED)).map_err(SegmentError::Map)?;
            start..bytes
        };
        Ok(Self { memory, geometry, timestamps, lossless, pool })
    }

    /// The size of its pool in bytes.
    #[inline]
    pub(crate) fn pool_bytes(&self) -> usize {
        self.pool.len()
    }

    /// The address of a part of the pool, which is mapped as long as this lives. Nothing if it does not lie in it.
    #[inline]
    pub(crate) fn pool_address(&self, offset: usize, bytes: usize) -> Option<NonNull<u8>> {
        self.memory.address(self.pool.start.checked_add(offset)?, bytes)
    }

    /// The words of a part of the pool that begins at a word, as many as it begins. Nothing if it does not lie in it.
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

    #[inline]
    pub(crate) fn timestamps(&self) -> bool {
        self.timestamps
    }

    /// Whether its publisher waits for subscribers that it has granted that.
    pub(crate) fn is_lossless(&self) -> bool {
        self.lossless
    }

    #[inline]
    pub(crate) fn grants(&self) -> TableView<'_> {
        let words = self.memory.words();
        TableView::new(&words[layout::GRANTS..layout::RING], &words[layout::GRANT_CHANGES])
    }

    /// Where its publisher says which message it shows while it writes it.
    #[inline]
    pub(crate) fn shown(&self) -> LineView<'_> {
        LineView::new(&self.memory.words()[layout::SHOWN..layout::SHOWN_END])
    }

    /// Whether its publisher has ended in order: nothing will follow.
    pub(crate) fn is_closed(&self) -> bool {
        self.memory.words()[layout::CLOSED].load_acquire() != 0
    }
}

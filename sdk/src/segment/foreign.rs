use super::{header, layout, open};
use crate::EndpointId;
use crate::protocol::grant::TableView;
use crate::protocol::ring::{Geometry, Reader};
use crate::registry::{MemoryEntry, MemoryError, Place};
use crate::schema::SchemaHash;
use crate::sys::error::is_shortage;
use crate::sys::memory::ReadOnly;
use std::io;

/// A segment of another endpoint, mapped read-only after every field of its header was checked.
pub(crate) struct Foreign {
    memory: ReadOnly,
    geometry: Geometry,
    timestamps: bool,
    lossless: bool,
}

/// What a reader knows of a segment before it opens it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) id: EndpointId,
    pub(crate) hash: SchemaHash,
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
    pub(crate) fn is_of_the_dying(&self) -> bool {
        matches!(self, Self::Open(error) if error.is_of_the_dying())
    }

    /// Whether it may work later.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Open(error) => error.is_passing(),
            Self::Map(error) => is_shortage(error),
            _ => false,
        }
    }
}

impl Foreign {
    pub(crate) fn open(topic: &dyn Place, entry: &MemoryEntry, expected: &Expected) -> Result<Self, SegmentError> {
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
        let ring_words = words.len() - layout::RING;
        if ring_words != geometry.words() {
            return Err(SegmentError::header("size of the ring in words", ring_words as u64, geometry.words() as u64));
        }
        let flags = word(layout::FLAGS);
        let (timestamps, lossless) = (flags & layout::FLAG_TIMESTAMPS != 0, flags & layout::FLAG_LOSSLESS != 0);
        Ok(Self { memory, geometry, timestamps, lossless })
    }

    #[inline]
    pub(crate) fn reader(&self) -> Reader<'_> {
        let words = self.memory.words();
        Reader::new(&words[layout::RING..], &words[layout::HEAD], self.geometry)
    }

    pub(crate) fn geometry(&self) -> Geometry {
        self.geometry
    }

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

    /// Whether its publisher has ended in order: nothing will follow.
    pub(crate) fn is_closed(&self) -> bool {
        self.memory.words()[layout::CLOSED].load_acquire() != 0
    }
}

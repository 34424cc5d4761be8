//! The memory of one structure.

use super::error::RegionError;
use super::inner::Inner;
use super::kind::StructureKind;
use super::record::Record;
use crate::sync::{SharedWord, Word};
use crate::sys::shared_memory::{Held, SharedMemory};
use std::sync::Arc;

/// The memory of one structure, inside the region.
#[derive(Clone)]
pub(super) struct Block {
    pub(super) inner: Arc<Inner>,
    pub(super) name: Box<str>,
    pub(super) kind: StructureKind,
    pub(super) offset: usize,
    pub(super) size: usize,
    /// Absent if another client created the structure.
    pub(super) record: Option<Record>,
}

impl Block {
    /// Returns words of the structure. Returns `None` if they are not aligned, or not inside.
    pub(super) fn words<W: SharedWord>(&self, at: usize, count: usize) -> Option<Held<W>> {
        let end = size_of::<W>().checked_mul(count)?.checked_add(at)?;
        if end > self.size {
            return None;
        }
        SharedMemory::words(&self.inner.memory, self.offset + at, count)
    }

    /// Returns words of the structure's header.
    pub(super) fn header<W: SharedWord>(&self, at: usize, count: usize) -> Result<Held<W>, RegionError> {
        self.words(at, count).ok_or_else(|| self.layout(format!("it has only {} bytes", self.size)))
    }

    /// Returns the error that these bytes are not those of such a structure.
    pub(super) fn layout(&self, problem: String) -> RegionError {
        RegionError::Layout {
            region: self.inner.name.clone(),
            structure: self.name.clone(),
            expected: self.kind.with_article(),
            problem: problem.into(),
        }
    }

    /// Checks the size of an element against what the structure says.
    pub(super) fn check_element(&self, stored: u32, expected: usize) -> Result<(), RegionError> {
        if stored as usize == expected {
            return Ok(());
        }
        Err(self.layout(format!("its elements have {stored} bytes, and this program's have {expected}")))
    }

    /// Returns the word on which those sleep that wait for something to take, or for everything.
    #[inline]
    pub(super) fn first_bell(&self) -> Option<&Word> {
        self.record.as_ref().map(Record::first_bell)
    }

    /// Returns the word on which those sleep that wait for room.
    #[inline]
    pub(super) fn second_bell(&self) -> Option<&Word> {
        self.record.as_ref().map(Record::second_bell)
    }

    /// Prints what a structure is, for `Debug`.
    pub(super) fn fmt_as(&self, what: &str, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct(what).field("region", &self.inner.name).field("name", &self.name).finish_non_exhaustive()
    }
}

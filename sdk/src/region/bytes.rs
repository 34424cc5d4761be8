//! The bytes of a structure, for tools that know no types.

use super::error::RegionError;
use super::handle::Region;
use super::kind::StructureKind;
use super::record::to_usize;
use crate::sync::{Byte, SharedWord, Word, Word32};
use crate::sys::shared_memory::SharedMemory;

impl Region {
    /// Returns a copy of a structure's bytes, for tools that know no types. The book says what they
    /// are. Other processes may write meanwhile: each aligned word of 8 bytes is copied at once,
    /// and not all together. Nothing is changed.
    ///
    /// # Errors
    /// [`RegionError::Corrupt`] if its place is not possible, [`RegionError::NoStructure`], and
    /// [`RegionError::Forked`].
    ///
    /// # Examples
    ///
    /// ```
    /// use slotcast::region::{Array, Region};
    /// # let name = format!("slotcast-doc-bytes-{}", std::process::id());
    ///
    /// let region = Region::create(&name, 1 << 20)?;
    /// Array::<u16>::create(&region, "ports", 2)?.set(1, &0x1234)?;
    /// // The capacity, and two elements:
    /// assert_eq!(region.bytes("ports")?, [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x34, 0x12]);
    /// # Region::remove(&name)?;
    /// # Ok::<(), slotcast::region::RegionError>(())
    /// ```
    pub fn bytes(&self, structure: &str) -> Result<Vec<u8>, RegionError> {
        let inner = &self.inner;
        if inner.is_forked_copy() {
            return Err(RegionError::Forked { region: inner.name.clone() });
        }
        let entry = inner.find_raw(structure)?.ok_or_else(|| self.no_structure(structure))?;
        inner.check_place(structure, &entry)?;
        let (offset, size) = (to_usize(entry.offset), to_usize(entry.size));
        let whole = size / 8;
        let outside = || inner.corrupt(format!("`{structure}` is not inside"));
        let words = SharedMemory::words::<Word>(&inner.memory, offset, whole).ok_or_else(outside)?;
        let rest = SharedMemory::words::<Byte>(&inner.memory, offset + 8 * whole, size % 8).ok_or_else(outside)?;
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.load_relaxed().to_le_bytes()).collect();
        bytes.extend(rest.iter().map(SharedWord::load));
        Ok(bytes)
    }

    /// Returns how many elements a structure has room for: an array's length, and the capacity of
    /// what has one. Returns `None` for other structures, and if its kind is not recorded.
    ///
    /// # Errors
    /// [`RegionError::Corrupt`], and [`RegionError::NoStructure`].
    pub fn capacity(&self, structure: &str) -> Result<Option<u64>, RegionError> {
        let entry = self.inner.find_raw(structure)?.ok_or_else(|| self.no_structure(structure))?;
        self.inner.check_place(structure, &entry)?;
        let Some(block) = self.block_of(structure, &entry) else { return Ok(None) };
        let word = |at| block.words::<Word>(at, 1).map(|word| word[0].load_relaxed());
        let word32 = |at| block.words::<Word32>(at, 1).map(|word| u64::from(word[0].load_relaxed()));
        Ok(match block.kind {
            StructureKind::Array | StructureKind::Map | StructureKind::Set | StructureKind::Channel => word(0),
            StructureKind::Queue => word32(8),
            StructureKind::Stack => word32(4),
            StructureKind::RingBuffer => word32(16).zip(word32(20)).and_then(|(bytes, size)| bytes.checked_div(size)),
            StructureKind::Pool => word32(0),
            _ => None,
        })
    }
}

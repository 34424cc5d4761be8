//! The bytes of a structure, for tools that know no types.

use super::error::RegionError;
use super::handle::Region;
use super::record::to_usize;
use crate::sync::{Byte, SharedWord, Word};
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
}

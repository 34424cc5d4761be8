//! An open region, and creating and finding structures in it.

use super::block::Block;
use super::error::RegionError;
use super::format::Layout;
use super::inner::Inner;
use super::kind::StructureKind;
use super::new::New;
use super::record::{NewRecord, Records, Schemas, to_usize};
use super::table::{Entry, RawEntry};
use super::{name, opening, space};
use crate::failpoint;
use crate::schema::Schema;
use std::sync::Arc;

/// Memory that any number of processes share, with structures that are found by name.
///
/// It is a file in `/dev/shm`, which stays until it is [removed](Self::remove) or the machine
/// restarts. Clones refer to the same open region. It is unmapped when the last clone and the last
/// structure are dropped.
///
/// Its bytes are those of ZeroIPC version 2, so clients of that in other languages can share it.
///
/// # Examples
///
/// ```
/// use slotcast::region::{Array, Region};
/// # let name = format!("slotcast-doc-region-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let temperatures = Array::<f64>::create(&region, "temperatures", 100)?;
/// temperatures.set(7, &21.5)?;
///
/// // In any other process of this user:
/// let region = Region::open(&name)?;
/// let temperatures = Array::<f64>::open(&region, "temperatures")?;
/// assert_eq!(temperatures.get(7), Some(21.5));
///
/// Region::remove(&name)?;
/// # Ok::<(), slotcast::region::RegionError>(())
/// ```
#[derive(Clone)]
pub struct Region {
    pub(super) inner: Arc<Inner>,
    records: Option<Arc<Records>>,
}

impl std::fmt::Debug for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Region").field("name", &self.name()).field("size", &self.size()).finish_non_exhaustive()
    }
}

/// What is in it.
impl Region {
    pub(super) fn of(inner: Inner) -> Result<Self, RegionError> {
        let records = if inner.layout == Layout::Two { Records::find(&inner)? } else { None };
        Ok(Self { inner: Arc::new(inner), records: records.map(Arc::new) })
    }

    /// Returns the name, without a leading slash.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Returns the size in bytes.
    pub fn size(&self) -> u64 {
        self.inner.memory.bytes() as u64
    }

    /// Returns the version of the format: 2, or 1 for a region that can only be read.
    pub fn version(&self) -> u32 {
        self.inner.layout.version()
    }

    /// Returns how many entries the table has room for. The records of this crate take one.
    pub fn max_entries(&self) -> u32 {
        self.inner.max_entries
    }

    /// Returns how many bytes are free for structures.
    ///
    /// # Errors
    /// [`RegionError::Corrupt`].
    pub fn free(&self) -> Result<u64, RegionError> {
        Ok(self.size().saturating_sub(self.inner.next_offset()?))
    }

    /// Returns whether the region's name was removed since it was opened. It can still be used.
    pub fn is_removed(&self) -> bool {
        self.inner.is_removed()
    }

    /// Returns whether the region has records: then structures that this crate creates in it know
    /// their types. One that another client created has none.
    pub fn is_recorded(&self) -> bool {
        self.records.is_some()
    }

    /// Returns the structures, in the order in which they were created. Those that are parts of
    /// others are included, and the records of this crate are not.
    ///
    /// # Errors
    /// [`RegionError::Corrupt`] if the table or a name in it is.
    pub fn entries(&self) -> Result<Vec<Entry>, RegionError> {
        let mut entries = Vec::new();
        for raw in self.inner.raw_entries()? {
            let name = raw.name().ok_or_else(|| self.inner.corrupt("a name in it is not UTF-8".into()))?;
            if name != name::RECORDS {
                entries.push(Entry { name: name.into(), offset: raw.offset, size: raw.size });
            }
        }
        Ok(entries)
    }

    /// Finds a structure by name.
    ///
    /// # Errors
    /// [`RegionError::Corrupt`] if the table is.
    pub fn find(&self, name: &str) -> Result<Option<Entry>, RegionError> {
        let found = self.inner.find_raw(name)?;
        Ok(found.map(|raw| Entry { name: name.into(), offset: raw.offset, size: raw.size }))
    }

    /// Returns what is recorded about the elements of a structure: one schema, or those of keys and
    /// values. Returns an empty list if nothing is.
    ///
    /// # Errors
    /// [`RegionError::Corrupt`], and [`RegionError::NoStructure`].
    pub fn schemas(&self, structure: &str) -> Result<Vec<Schema>, RegionError> {
        let entry = self.inner.find_raw(structure)?.ok_or_else(|| self.no_structure(structure))?;
        let record = self.records.as_ref().and_then(|records| records.get(&self.inner, entry.offset));
        Ok(record.map(|record| record.describe().schemas).unwrap_or_default())
    }

    /// Returns what is recorded about the kind of a structure, and the size of its elements in
    /// bytes. Returns `None` if nothing is.
    ///
    /// # Errors
    /// [`RegionError::Corrupt`], and [`RegionError::NoStructure`].
    pub fn kind(&self, structure: &str) -> Result<Option<(StructureKind, u32)>, RegionError> {
        let entry = self.inner.find_raw(structure)?.ok_or_else(|| self.no_structure(structure))?;
        let record = self.records.as_ref().and_then(|records| records.get(&self.inner, entry.offset));
        let description = record.map(|record| record.describe());
        Ok(description.and_then(|found| found.kind.map(|kind| (kind, found.element_size))))
    }

    /// Returns the memory of a structure whose kind is recorded, and whose place is possible.
    pub(super) fn block_of(&self, name: &str, entry: &RawEntry) -> Option<Block> {
        let inner = &self.inner;
        inner.check_bounds(entry).ok()?;
        let record = self.records.as_ref()?.get(inner, entry.offset)?;
        let kind = record.describe().kind?;
        let (offset, size) = (to_usize(entry.offset), to_usize(entry.size));
        Some(Block { inner: Arc::clone(inner), name: name.into(), kind, offset, size, record: Some(record) })
    }

    pub(super) fn no_structure(&self, structure: &str) -> RegionError {
        let region = self.inner.name.clone();
        let shown = crate::schema::shortened(structure).escape_debug().to_string();
        RegionError::NoStructure { region, structure: shown.into(), others: self.inner.names() }
    }
}

/// Structures.
impl Region {
    /// Creates structures. Others see none of them before all are there and `fill` has filled them;
    /// before that they are zero.
    pub(super) fn create_all(
        &self,
        new: &[New<'_>],
        fill: impl FnOnce(&[Block]) -> Result<(), RegionError>,
    ) -> Result<Vec<Block>, RegionError> {
        let inner = &self.inner;
        let guard = inner.lock_table()?;
        for part in new {
            if inner.find_raw(&part.name)?.is_some() {
                let (region, structure) = (inner.name.clone(), part.name.as_str().into());
                return Err(RegionError::StructureExists { region, structure });
            }
        }
        let count = inner.entry_count()?;
        let name = &new.last().expect("there is one").name;
        if new.len() > (inner.max_entries - count) as usize {
            let (region, structure, most) = (inner.name.clone(), name.as_str().into(), inner.max_entries);
            return Err(RegionError::TableFull { region, structure, used: count, most, needed: new.len() });
        }
        let (places, end) = space::place(new, inner.next_offset()?, self.records.is_some())
            .ok_or_else(|| space::too_large(inner, name))?;
        space::check(inner, name, end)?;
        let first = places[0].offset;
        if let Some(records) = &self.records {
            records.sweep(first);
        }
        space::clear(inner, first, end);
        failpoint::hit("region.placed");
        let blocks: Vec<_> = new.iter().zip(&places).map(|(part, place)| self.make_block(part, place)).collect();
        fill(&blocks)?;
        inner.advance(&guard, end);
        let entries: Vec<_> = blocks.iter().map(entry_of).collect();
        inner.add(&guard, count, &entries);
        Ok(blocks)
    }

    fn make_block(&self, new: &New<'_>, place: &space::Place) -> Block {
        let record = self.records.as_ref().and_then(|records| records.take(&self.inner));
        if let Some(record) = &record {
            let element_size = u32::try_from(new.element_size).unwrap_or(u32::MAX);
            let (offset, kind, schemas, extra) = (place.offset, new.kind, new.schemas, new.extra);
            let recorded = NewRecord { offset, kind, element_size, schemas, behind: place.behind, extra };
            record.write(&self.inner, &recorded, &place.descriptor);
        }
        Block {
            inner: Arc::clone(&self.inner),
            name: new.name.as_str().into(),
            kind: new.kind,
            offset: to_usize(place.offset),
            size: to_usize(new.size),
            record,
        }
    }

    /// Creates one structure.
    pub(super) fn create_one(
        &self,
        new: New<'_>,
        fill: impl FnOnce(&Block) -> Result<(), RegionError>,
    ) -> Result<Block, RegionError> {
        name::check_structure(&self.inner.name, &new.name, 0)?;
        let mut blocks = self.create_all(&[new], |blocks| fill(&blocks[0]))?;
        Ok(blocks.remove(0))
    }

    /// Finds a structure, and checks its place, its kind and its type, as far as they are recorded.
    pub(super) fn open_one(&self, name: &str, kind: StructureKind, schemas: Schemas<'_>) -> Result<Block, RegionError> {
        let inner = &self.inner;
        if inner.is_forked_copy() {
            return Err(RegionError::Forked { region: inner.name.clone() });
        }
        if !inner.memory.is_writable() && kind != StructureKind::Array {
            return Err(inner.read_only());
        }
        let entry = inner.find_raw(name)?.ok_or_else(|| self.no_structure(name))?;
        inner.check_place(name, &entry)?;
        let record = self.records.as_ref().and_then(|records| records.get(inner, entry.offset));
        if let Some(record) = &record {
            opening::check_record(inner, name, kind, schemas, record)?;
        }
        Ok(Block {
            inner: Arc::clone(inner),
            name: name.into(),
            kind,
            offset: to_usize(entry.offset),
            size: to_usize(entry.size),
            record,
        })
    }
}

/// Opening what may exist.
impl Region {
    /// Opens a structure or, if there is none, creates it. Others may do the same.
    pub(super) fn open_or<S>(
        &self,
        name: &str,
        open: impl FnOnce() -> Result<S, RegionError> + Copy,
        create: impl FnOnce() -> Result<S, RegionError>,
    ) -> Result<S, RegionError> {
        if self.inner.find_raw(name)?.is_some() {
            return open();
        }
        match create() {
            Err(RegionError::StructureExists { .. }) => open(),
            other => other,
        }
    }
}

fn entry_of(block: &Block) -> Entry {
    Entry { name: block.name.to_string(), offset: block.offset as u64, size: block.size as u64 }
}

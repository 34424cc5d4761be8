//! What is recorded beside the format: the kind and schema of each structure, and the words by
//! which processes of this crate wake each other and see who owns what.
//!
//! All of it is in one structure, `__slotcast`, which other clients take for data of somebody else.
//! It has one record per entry of the table; a record is found by the offset of its structure.
//! Descriptors and extra words are behind the structure that they belong to, in bytes that no entry
//! covers.

use super::error::RegionError;
use super::format::align8;
use super::inner::Inner;
use super::kind::StructureKind;
use super::name;
use super::table::Entry;
use crate::schema::{Schema, SchemaHash};
use crate::sync::{Byte, Word};
use crate::sys::shared_memory::{Held, SharedMemory};
use std::sync::Arc;

/// `slotrec` and the version of this layout.
const MAGIC: u64 = u64::from_le_bytes(*b"slotrec\x01");
/// Words of the header and of a record.
const HEADER: usize = 4;
const RECORD: usize = 16;
/// The largest descriptor that is read, in bytes.
const MAX_DESCRIPTOR: u64 = 1 << 20;

/// The words of a record.
mod word {
    pub(super) const OFFSET: usize = 0;
    /// The kind, and above it the size of an element.
    pub(super) const KIND: usize = 1;
    /// Two words.
    pub(super) const HASH: usize = 2;
    pub(super) const DESCRIPTOR: usize = 4;
    pub(super) const DESCRIPTOR_BYTES: usize = 5;
    pub(super) const EXTRA: usize = 6;
    pub(super) const EXTRA_BYTES: usize = 7;
    pub(super) const FIRST_BELL: usize = 8;
    pub(super) const SECOND_BELL: usize = 9;
    pub(super) const OWNER: usize = 10;
}

/// The schemas of a structure: of its elements, or of its keys and values.
pub(super) type Schemas<'a> = &'a [&'a Schema];

/// The structure that has the records.
pub(super) struct Records {
    words: Held<Word>,
}

/// One structure's record.
#[derive(Clone)]
pub(super) struct Record {
    words: Held<Word>,
    memory: Arc<SharedMemory>,
}

/// What is recorded about a structure.
pub(super) struct Description {
    pub(super) kind: Option<StructureKind>,
    pub(super) element_size: u32,
    pub(super) hash: SchemaHash,
    /// Empty if there is none.
    pub(super) schemas: Vec<Schema>,
}

/// Returns the bytes of the structure that has `count` records.
pub(super) const fn records_bytes(count: u32) -> u64 {
    8 * (HEADER as u64 + RECORD as u64 * count as u64)
}

/// Returns the hash of a structure's schemas.
pub(super) fn hash_of(schemas: Schemas<'_>) -> SchemaHash {
    match schemas {
        [] => SchemaHash(0),
        [one] => one.hash(),
        many => {
            let bytes: Vec<u8> = many.iter().flat_map(|schema| schema.hash().0.to_le_bytes()).collect();
            SchemaHash::of(&bytes)
        }
    }
}

/// Returns the text that describes a structure's schemas.
pub(super) fn descriptor(schemas: Schemas<'_>) -> Vec<u8> {
    if schemas.is_empty() {
        return Vec::new();
    }
    serde_json::to_vec(schemas).expect("strings, numbers and their lists are JSON")
}

impl Records {
    /// Finds the records of a region. A region that other clients created has none.
    pub(super) fn find(inner: &Inner) -> Result<Option<Self>, RegionError> {
        let Some(entry) = inner.find_raw(name::RECORDS)? else { return Ok(None) };
        inner.check_place(name::RECORDS, &entry)?;
        if entry.size != records_bytes(inner.max_entries) {
            let most = inner.max_entries;
            return Err(inner.corrupt(format!(
                "`{}` has {} bytes, not those of {most} records",
                name::RECORDS,
                entry.size
            )));
        }
        let words = inner.words(to_usize(entry.offset), to_usize(entry.size / 8));
        if words[0].load_acquire() != MAGIC {
            return Err(inner.corrupt(format!("`{}` does not start as records do", name::RECORDS)));
        }
        Ok(Some(Self { words }))
    }

    /// Writes the header of new records, at this offset. All else must be zero.
    pub(super) fn create(inner: &Inner, offset: u64) -> Entry {
        let size = records_bytes(inner.max_entries);
        let words = inner.words(to_usize(offset), to_usize(size / 8));
        words[1].store_relaxed(u64::from(inner.max_entries));
        words[0].store_release(MAGIC);
        Entry { name: name::RECORDS.into(), offset, size }
    }

    /// Returns the record of the structure at an offset.
    pub(super) fn get(&self, inner: &Inner, offset: u64) -> Option<Record> {
        let mut records = self.words[HEADER..].chunks_exact(RECORD).enumerate();
        let (index, _) = records.find(|(_, words)| words[word::OFFSET].load_acquire() == offset)?;
        Some(self.at(inner, index))
    }

    fn at(&self, inner: &Inner, index: usize) -> Record {
        let words = self.words.part(HEADER + index * RECORD, RECORD).expect("it is one of the records");
        Record { words, memory: Arc::clone(&inner.memory) }
    }

    /// Takes a free record for a new structure. Returns `None` if there is none.
    pub(super) fn take(&self, inner: &Inner) -> Option<Record> {
        let mut records = self.words[HEADER..].chunks_exact(RECORD);
        let record = self.at(inner, records.position(|words| words[word::OFFSET].load_relaxed() == 0)?);
        record.words.iter().for_each(|word| word.store_relaxed(0));
        Some(record)
    }

    /// Frees the records that creators that died have left: those of structures at or behind the
    /// next offset.
    pub(super) fn sweep(&self, next: u64) {
        for words in self.words[HEADER..].chunks_exact(RECORD) {
            if words[word::OFFSET].load_relaxed() >= next {
                words[word::OFFSET].store_relaxed(0);
            }
        }
    }
}

/// What a new record says.
pub(super) struct NewRecord<'a> {
    pub(super) offset: u64,
    pub(super) kind: StructureKind,
    pub(super) element_size: u32,
    pub(super) schemas: Schemas<'a>,
    /// Where the descriptor goes, and the extra words behind it.
    pub(super) behind: u64,
    pub(super) extra: u64,
}

impl Record {
    /// Writes a record. The memory of descriptor and extra words must be inside the region.
    pub(super) fn write(&self, inner: &Inner, new: &NewRecord<'_>, descriptor: &[u8]) {
        let bytes = SharedMemory::words::<Byte>(&inner.memory, to_usize(new.behind), descriptor.len());
        let bytes = bytes.expect("the caller has checked that there is room");
        for (byte, &value) in bytes.iter().zip(descriptor) {
            crate::sync::SharedWord::store(byte, value);
        }
        let hash = hash_of(new.schemas).0;
        let extra = align8(new.behind + descriptor.len() as u64).expect("it is inside the region");
        #[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
        let halves = [hash as u64, (hash >> 64) as u64];
        let values = [
            (word::KIND, u64::from(new.kind.number()) | u64::from(new.element_size) << 32),
            (word::HASH, halves[0]),
            (word::HASH + 1, halves[1]),
            (word::DESCRIPTOR, new.behind),
            (word::DESCRIPTOR_BYTES, descriptor.len() as u64),
            (word::EXTRA, extra),
            (word::EXTRA_BYTES, new.extra),
        ];
        for (at, value) in values {
            self.words[at].store_relaxed(value);
        }
        // Release: whoever finds the record by its offset sees the rest.
        self.words[word::OFFSET].store_release(new.offset);
    }

    /// Reads what is recorded.
    pub(super) fn describe(&self) -> Description {
        let kind = self.words[word::KIND].load_relaxed();
        let halves = [0, 1].map(|half| u128::from(self.words[word::HASH + half].load_relaxed()));
        #[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
        let number = kind as u32;
        Description {
            kind: StructureKind::of_number(number),
            element_size: u32::try_from(kind >> 32).expect("the upper half"),
            hash: SchemaHash(halves[0] | halves[1] << 64),
            schemas: self.schemas().unwrap_or_default(),
        }
    }

    /// Returns the schemas of the descriptor, if it is one.
    fn schemas(&self) -> Option<Vec<Schema>> {
        let bytes = self.words[word::DESCRIPTOR_BYTES].load_relaxed();
        if bytes == 0 || bytes > MAX_DESCRIPTOR {
            return None;
        }
        let offset = usize::try_from(self.words[word::DESCRIPTOR].load_relaxed()).ok()?;
        let words = SharedMemory::words::<Byte>(&self.memory, offset, to_usize(bytes))?;
        let text: Vec<u8> = words.iter().map(crate::sync::SharedWord::load).collect();
        let schemas: Vec<Schema> = serde_json::from_slice(&text).ok()?;
        schemas.iter().all(|schema| schema.check().is_ok()).then_some(schemas)
    }

    /// Returns the extra words, if they are `count` and inside the region.
    pub(super) fn extra(&self, count: usize) -> Option<Held<Word>> {
        if self.words[word::EXTRA_BYTES].load_relaxed() != 8 * count as u64 {
            return None;
        }
        let offset = usize::try_from(self.words[word::EXTRA].load_relaxed()).ok()?;
        SharedMemory::words(&self.memory, offset, count)
    }

    /// Returns the word on which those sleep that wait for something to take, or for everything.
    #[inline]
    pub(super) fn first_bell(&self) -> &Word {
        &self.words[word::FIRST_BELL]
    }

    /// Returns the word on which those sleep that wait for room.
    #[inline]
    pub(super) fn second_bell(&self) -> &Word {
        &self.words[word::SECOND_BELL]
    }

    /// Returns both words on which processes sleep.
    pub(super) fn bells(&self) -> [Held<Word>; 2] {
        let bell = |at| self.words.part(at, 1).expect("a record has that word");
        [bell(word::FIRST_BELL), bell(word::SECOND_BELL)]
    }

    /// Returns the word that says who owns the structure.
    #[inline]
    pub(super) fn owner(&self) -> &Word {
        &self.words[word::OWNER]
    }
}

/// Returns a number of bytes inside a mapping.
pub(super) fn to_usize(bytes: u64) -> usize {
    usize::try_from(bytes).expect("it is inside a mapping, on a 64-bit machine")
}

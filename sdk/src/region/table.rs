//! The table of a region: which structures it has, and where the next one goes.
//!
//! Anybody may write it. So every number is checked where it is used, and never read twice.

use super::error::RegionError;
use super::format::{Layout, NAME, align8, at};
use super::inner::{Inner, TableGuard};
use super::name;
use crate::failpoint;
use crate::sync::{self, Word};
use crate::sys::shared_memory::Held;

/// A structure in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The structure's name.
    pub name: String,
    /// Where it is, in bytes from the start of the region.
    pub offset: u64,
    /// How many bytes it has.
    pub size: u64,
}

/// What an entry says, with its name as it is stored.
#[derive(Clone, Copy)]
pub(super) struct RawEntry {
    pub(super) name: [u8; NAME],
    pub(super) offset: u64,
    pub(super) size: u64,
}

impl RawEntry {
    /// Returns the name, up to the first NUL byte. Returns `None` if there is none, or it is not
    /// UTF-8.
    pub(super) fn name(&self) -> Option<&str> {
        let end = self.name.iter().position(|&byte| byte == 0)?;
        std::str::from_utf8(&self.name[..end]).ok()
    }
}

impl Inner {
    /// Returns the number of entries that the header says.
    pub(super) fn entry_count(&self) -> Result<u32, RegionError> {
        let word = self.words32(at::ENTRY_COUNT, 1);
        let count = word[0].load_relaxed();
        // The entries were stored before they were counted.
        sync::acquire_fence();
        if count > self.max_entries {
            return Err(self.corrupt(format!("it says {count} entries, and has room for {}", self.max_entries)));
        }
        Ok(count)
    }

    /// Returns the words of all entries.
    fn entry_words(&self) -> Held<Word> {
        self.words(self.layout.header(), self.max_entries as usize * self.layout.entry() / 8)
    }

    /// Reads an entry, whose index is below the largest number of entries.
    fn entry_in(&self, words: &[Word], index: u32) -> RawEntry {
        let per_entry = self.layout.entry() / 8;
        let words = &words[index as usize * per_entry..][..per_entry];
        let mut name = [0; NAME];
        for (bytes, word) in name.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.load_relaxed().to_le_bytes());
        }
        let place = words[NAME / 8].load_relaxed();
        let (offset, size) = match self.layout {
            Layout::One => (place & u64::from(u32::MAX), place >> 32),
            Layout::Two | Layout::WideOne => (place, words[NAME / 8 + 1].load_relaxed()),
        };
        RawEntry { name, offset, size }
    }

    /// Returns all entries as they are stored.
    pub(super) fn raw_entries(&self) -> Result<Vec<RawEntry>, RegionError> {
        let words = self.entry_words();
        Ok((0..self.entry_count()?).map(|index| self.entry_in(&words, index)).collect())
    }

    /// Finds a structure by name, without checking where it is.
    pub(super) fn find_raw(&self, name: &str) -> Result<Option<RawEntry>, RegionError> {
        let Some(padded) = padded(name) else { return Ok(None) };
        let wanted: [u64; NAME / 8] = std::array::from_fn(|word| u64::from_le_bytes(padded.as_chunks().0[word]));
        // What counts is the name and its NUL byte: anything may follow.
        let masks: [u64; NAME / 8] = std::array::from_fn(|word| match (name.len() + 1).saturating_sub(8 * word) {
            bytes @ 0..8 => (1 << (8 * bytes)) - 1,
            _ => u64::MAX,
        });
        let (words, count) = (self.entry_words(), self.entry_count()?);
        let mut entries = words.chunks_exact(self.layout.entry() / 8).zip(0..count);
        let found = entries.find(|(words, _)| {
            let parts = words.iter().zip(wanted.iter().zip(masks));
            parts.map(|(word, (wanted, mask))| (word.load_relaxed() ^ wanted) & mask).all(|bits| bits == 0)
        });
        Ok(found.map(|(_, index)| self.entry_in(&words, index)))
    }

    /// Checks that a structure is inside the memory, behind the table, aligned, and apart from all
    /// others.
    pub(super) fn check_place(&self, name: &str, entry: &RawEntry) -> Result<(), RegionError> {
        self.check_bounds(entry).map_err(|problem| self.corrupt(format!("`{name}` {problem}")))?;
        for other in self.raw_entries()? {
            let is_itself = (other.name, other.offset, other.size) == (entry.name, entry.offset, entry.size);
            let ends = (other.offset.saturating_add(other.size), entry.offset + entry.size);
            if !is_itself && other.offset < ends.1 && entry.offset < ends.0 {
                let other_name = other.name().unwrap_or("?").to_owned();
                return Err(self.corrupt(format!(
                    "`{name}` has bytes {} to {}, and `{other_name}` has bytes {} to {}: they overlap",
                    entry.offset, ends.1, other.offset, ends.0
                )));
            }
        }
        Ok(())
    }

    /// Returns what is wrong with the place of a structure.
    pub(super) fn check_bounds(&self, entry: &RawEntry) -> Result<(), String> {
        let memory = self.memory.bytes() as u64;
        let table = (self.layout.header() + self.max_entries as usize * self.layout.entry()) as u64;
        let least = if self.layout == Layout::One { self.layout.header() as u64 } else { table };
        let Some(end) = entry.offset.checked_add(entry.size).filter(|&end| end <= memory) else {
            return Err(format!("has {} bytes at offset {}, and the region has {memory}", entry.size, entry.offset));
        };
        if entry.offset < least || end == entry.offset {
            return Err(format!("has {} bytes at offset {}, inside the table or nowhere", entry.size, entry.offset));
        }
        if !entry.offset.is_multiple_of(8) {
            return Err(format!("is at offset {}, which is not a multiple of 8", entry.offset));
        }
        Ok(())
    }

    /// Returns where the next structure goes.
    pub(super) fn next_offset(&self) -> Result<u64, RegionError> {
        if self.layout == Layout::One {
            return Ok(u64::from(self.words32(12, 1)[0].load_relaxed()));
        }
        let next = self.words(at::NEXT_OFFSET, 1)[0].load_relaxed();
        let table = (self.layout.header() + self.max_entries as usize * self.layout.entry()) as u64;
        if next < table || next > self.memory.bytes() as u64 {
            let bytes = self.memory.bytes();
            return Err(self.corrupt(format!("the next offset is {next}, not between {table} and {bytes}")));
        }
        Ok(next)
    }

    /// Sets where the next structure goes, before it is counted.
    pub(super) fn advance(&self, _guard: &TableGuard<'_>, next: u64) {
        // Relaxed: only this process adds entries, and others wait for the count.
        self.words(at::NEXT_OFFSET, 1)[0].store_relaxed(next);
    }

    /// Adds entries: others see either none of them or all. What they refer to must be complete.
    pub(super) fn add(&self, _guard: &TableGuard<'_>, count: u32, new: &[Entry]) {
        let words = self.entry_words();
        let per_entry = self.layout.entry() / 8;
        for (index, entry) in (count as usize..).zip(new) {
            let words = &words[index * per_entry..][..per_entry];
            let padded = padded(&entry.name).expect("the name was checked");
            for (word, bytes) in words.iter().zip(padded.as_chunks::<8>().0) {
                word.store_relaxed(u64::from_le_bytes(*bytes));
            }
            words[NAME / 8].store_relaxed(entry.offset);
            words[NAME / 8 + 1].store_relaxed(entry.size);
        }
        failpoint::hit("region.added");
        let added = u32::try_from(new.len()).expect("a few");
        // Release: whoever loads the count sees the entries, and what they refer to.
        self.words32(at::ENTRY_COUNT, 1)[0].store_release(count + added);
    }

    /// Returns the names of all structures for an error text.
    pub(super) fn names(&self) -> Box<str> {
        let entries = self.raw_entries().unwrap_or_default();
        let names = entries.iter().filter_map(RawEntry::name).filter(|&name| name != name::RECORDS);
        let names: Vec<_> = names.map(|name| format!("`{}`", name.escape_debug())).collect();
        if names.is_empty() { "none".into() } else { names.join(", ").into() }
    }
}

/// Returns the name as an entry stores it. Returns `None` if it is too long.
fn padded(name: &str) -> Option<[u8; NAME]> {
    let mut bytes = [0; NAME];
    bytes[..NAME - 1].get_mut(..name.len())?.copy_from_slice(name.as_bytes());
    Some(bytes)
}

/// Returns the offset behind `size` bytes at `start`, for the next structure.
pub(super) fn behind(start: u64, size: u64) -> Option<u64> {
    align8(start.checked_add(size)?)
}

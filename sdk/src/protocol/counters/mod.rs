//! Counters and errors of a process, in its own memory, for others to read.
//!
//! Their owner alone writes them. Rows are only added, and never removed.
//!
//! | word | of a row of counters | of a row of errors |
//! | --- | --- | --- |
//! | 0 | the value: an `i64` | how often it was reported |
//! | 1 | unit, 2 words | when first, in nanoseconds of `CLOCK_REALTIME` |
//! | 2 | | when last |
//! | 3… | label, 13 words | text, 29 words |
//!
//! Texts are UTF-8, and zeros follow.
//!
//! *Can a reader see a row that is half written?* A row is written before the number of rows that
//! counts it (C1), which readers load first (C2). After that only the value of a counter changes, and
//! how often and when an error was reported last.
//!
//! *Do they fit each other?* An error's time is stored before its count (C3), and loaded after it (C4).
//! So a reader never finds a count whose report is newer than the time.
//!
//! Calls that add rows or report errors exclude each other by a lock of the owner's process. Adding to a
//! counter needs none: it is one addition. The owner keeps for itself how many rows there are, and how
//! often errors were reported: it loads nothing that others read.

use crate::sync::{ReadOnlyWord, Word};

/// How many counters there are at most. (loom tracks each word, and needs one row.)
pub(crate) const MAX_COUNTERS: usize = if cfg!(loom) { 1 } else { 128 };
/// How many different errors there are at most.
pub(crate) const MAX_ERRORS: usize = if cfg!(loom) { 1 } else { 64 };

const COUNTER: usize = 16;
const ERROR: usize = 32;
const UNIT: std::ops::Range<usize> = 1..3;
const LABEL: std::ops::Range<usize> = 3..COUNTER;
const TEXT: std::ops::Range<usize> = 3..ERROR;
const FIRST: usize = 1;
const LAST: usize = 2;

/// The greatest lengths of texts, in bytes.
pub(crate) const MAX_UNIT: usize = 8 * (UNIT.end - UNIT.start);
pub(crate) const MAX_LABEL: usize = 8 * (LABEL.end - LABEL.start);
pub(crate) const MAX_TEXT: usize = 8 * (TEXT.end - TEXT.start);

/// The words at the start: the numbers of counters and of errors, and how many reports had no row.
const HEAD: usize = 8;
const COUNTERS: usize = 0;
const ERRORS: usize = 1;
const UNLISTED: usize = 2;

/// The size of the table, in words.
pub(crate) const WORDS: usize = HEAD + MAX_COUNTERS * COUNTER + MAX_ERRORS * ERROR;

/// The owner's view.
#[derive(Clone, Copy)]
pub(crate) struct Table<'a>(&'a [Word]);

/// A reader's view.
#[derive(Clone, Copy)]
pub(crate) struct TableView<'a>(&'a [ReadOnlyWord]);

/// A counter as a reader finds it. Its texts may be anything: they are not checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CounterRow {
    pub(crate) value: u64,
    pub(crate) unit: [u8; MAX_UNIT],
    pub(crate) label: [u8; MAX_LABEL],
}

/// An error as a reader finds it. Its text may be anything: it is not checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ErrorRow {
    pub(crate) count: u64,
    pub(crate) first_ns: u64,
    pub(crate) last_ns: u64,
    pub(crate) text: [u8; MAX_TEXT],
}

fn counter_at(index: usize) -> usize {
    HEAD + index * COUNTER
}

fn error_at(index: usize) -> usize {
    HEAD + MAX_COUNTERS * COUNTER + index * ERROR
}

impl<'a> Table<'a> {
    /// # Panics
    /// Later, if there are fewer words than [`WORDS`].
    #[inline]
    pub(crate) fn new(words: &'a [Word]) -> Self {
        Self(words)
    }

    /// Adds a counter of value zero, as row `index`, which is the next. The texts must not be longer than
    /// their words.
    ///
    /// # Panics
    /// If there is no such row.
    pub(crate) fn add_counter(self, index: usize, label: &str, unit: &str) {
        let row = &self.0[counter_at(index)..][..COUNTER];
        write(&row[UNIT], unit);
        write(&row[LABEL], label);
        // SYNC POINT C1: the row before the number that counts it; pairs with C2.
        self.0[COUNTERS].store_release(index as u64 + 1);
    }

    /// Returns the value of a counter.
    #[inline]
    pub(crate) fn value(self, index: usize) -> &'a Word {
        &self.0[counter_at(index)]
    }

    /// Adds an error that was reported once, as row `index`, which is the next. The text must not be longer
    /// than its words.
    ///
    /// # Panics
    /// If there is no such row.
    pub(crate) fn add_error(self, index: usize, text: &str, now_ns: u64) {
        let row = &self.0[error_at(index)..][..ERROR];
        row[0].store_relaxed(1);
        row[FIRST].store_relaxed(now_ns);
        row[LAST].store_relaxed(now_ns);
        write(&row[TEXT], text);
        // SYNC POINT C5: the row before the number that counts it; pairs with C6.
        self.0[ERRORS].store_release(index as u64 + 1);
    }

    /// Notes that an error was reported again: how often in all.
    pub(crate) fn set_error(self, index: usize, count: u64, now_ns: u64) {
        let row = &self.0[error_at(index)..][..ERROR];
        row[LAST].store_relaxed(now_ns);
        // SYNC POINT C3: the time before the count; pairs with C4.
        row[0].store_release(count);
    }

    /// Notes how often errors were reported that have no row.
    pub(crate) fn set_unlisted(self, count: u64) {
        self.0[UNLISTED].store_relaxed(count);
    }
}

impl<'a> TableView<'a> {
    /// # Panics
    /// Later, if there are fewer words than [`WORDS`].
    pub(crate) fn new(words: &'a [ReadOnlyWord]) -> Self {
        Self(words)
    }

    /// Returns the counters, in the order in which they were added.
    pub(crate) fn counters(self) -> impl Iterator<Item = CounterRow> {
        // SYNC POINT C2: the number of rows before the rows; pairs with C1.
        let rows = self.0[COUNTERS].load_acquire();
        (0..up_to(rows, MAX_COUNTERS)).map(move |index| {
            let row = &self.0[counter_at(index)..][..COUNTER];
            CounterRow { value: row[0].load_relaxed(), unit: read(&row[UNIT]), label: read(&row[LABEL]) }
        })
    }

    /// Returns the errors, in the order in which they were first reported.
    pub(crate) fn errors(self) -> impl Iterator<Item = ErrorRow> {
        // SYNC POINT C6: the number of rows before the rows; pairs with C5.
        let rows = self.0[ERRORS].load_acquire();
        (0..up_to(rows, MAX_ERRORS)).map(move |index| {
            let row = &self.0[error_at(index)..][..ERROR];
            // SYNC POINT C4: the count before the time; pairs with C3.
            let count = row[0].load_acquire();
            ErrorRow {
                count,
                first_ns: row[FIRST].load_relaxed(),
                last_ns: row[LAST].load_relaxed(),
                text: read(&row[TEXT]),
            }
        })
    }

    /// Returns how often errors were reported that have no row.
    pub(crate) fn unlisted(self) -> u64 {
        self.0[UNLISTED].load_relaxed()
    }
}

/// Returns how many rows there are: what the owner claims, at most as many as there can be.
fn up_to(claimed: u64, most: usize) -> usize {
    usize::try_from(claimed).unwrap_or(most).min(most)
}

fn write(words: &[Word], text: &str) {
    let mut chunks = text.as_bytes().chunks(8);
    for word in words {
        let mut bytes = [0; 8];
        let chunk = chunks.next().unwrap_or_default();
        bytes[..chunk.len()].copy_from_slice(chunk);
        word.store_relaxed(u64::from_le_bytes(bytes));
    }
}

fn read<const BYTES: usize>(words: &[ReadOnlyWord]) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    for (chunk, word) in bytes.chunks_exact_mut(8).zip(words) {
        chunk.copy_from_slice(&word.load_relaxed().to_le_bytes());
    }
    bytes
}

#[cfg(all(test, loom))]
mod models;

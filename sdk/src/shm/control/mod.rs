//! The control page: what a subscriber reports about itself, in memory of its own that other processes only read.
//!
//! It has a line for each publisher that the subscriber reads. A process that reads a line sees values that were true a
//! moment ago, each by itself. A cursor is stored after everything before it was copied out (see `protocol::grant`).
//!
//! Offsets are in bytes, every field is a little-endian 64-bit word:
//!
//! | offset | field | |
//! | --- | --- | --- |
//! | 0 | header | as in every segment; magic `slotctl` and the layout's version |
//! | 64 | received | messages of publishers that are no longer read |
//! | 72 | lost | the same |
//! | 80 | skipped | the same |
//! | 88 | lines | the most that were ever in use at once: lines beyond are not read, and their pages need not exist |
//! | 96 | pins | how many it has; without pins their page need not exist |
//! | 512 + 64 n | publisher | of line n, 128 bits; 0 if the line is free |
//! | + 16 | start | the first sequence that was to be read |
//! | + 24 | cursor | the sequence that will be read next |
//! | + 32 | lost | overwritten before they were read |
//! | + 40 | skipped | left out on request |
//! | 61440 | pins | 512 words; those of this subscriber begin at word *8 (id mod 64)* and wrap around |
//!
//! So for each publisher *received = cursor - start - lost - skipped*.

mod page;
mod view;

pub(crate) use page::{ControlPage, Line};
pub(crate) use view::ControlView;

use super::header;
use crate::registry::EndpointId;

/// "slotctl" and the version of this layout.
const MAGIC: u64 = u64::from_le_bytes(*b"slotctl\x01");

/// The size of a control page, in bytes. All but the first 4 KiB is only address space until more than 56 publishers are
/// read, or messages are pinned.
const BYTES: usize = 64 * 1024;
const PAGE: usize = 4096;

// Indices of words.
const TOTALS: usize = 8;
const USED_LINES: usize = TOTALS + 3;
const PIN_COUNT: usize = USED_LINES + 1;
const LINES: usize = 64;
/// Where the pins begin: on the last page.
const PINS: usize = (BYTES - PAGE) / 8;

/// The size of a line, in words: a cache line.
const LINE: usize = 8;
const PIN_WORDS: usize = PAGE / 8;

// Indices of words in a line.
const PUBLISHER: [usize; 2] = [0, 1];
const START: usize = 2;
const CURSOR: usize = 3;
const LOST: usize = 4;
const SKIPPED: usize = 5;

const _: () = assert!(header::END <= TOTALS && PIN_COUNT < LINES && SKIPPED < LINE);
const _: () = assert!(MAX_PINS <= PIN_WORDS && PINS.is_multiple_of(LINE));

/// The most pins of one subscriber.
pub(crate) const MAX_PINS: usize = 256;

/// The most publishers to which one subscriber reports its progress.
pub(crate) const MAX_LINES: usize = (PINS - LINES) / LINE;

/// Returns the index of the word of a pin. The pins of one subscriber are adjacent. Those of many are spread over the page,
/// so that they do not all fall into the same sets of a publisher's cache.
fn pin_at(subscriber: EndpointId, index: usize) -> usize {
    PINS + (subscriber.0 as usize % (PIN_WORDS / LINE) * LINE + index) % PIN_WORDS
}

impl EndpointId {
    /// Returns the tag by which pins name this publisher: a slot is named by its publisher's tag and its own number.
    #[expect(clippy::cast_possible_truncation, reason = "a part of a random number is meant")]
    pub(crate) fn pin_tag(self) -> u32 {
        self.0 as u32
    }
}

/// How far a subscriber has read one publisher.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadProgress {
    /// The first sequence that was to be read.
    pub start: u64,
    /// The sequence that will be read next.
    pub cursor: u64,
    /// Messages that were overwritten before they were read.
    pub lost: u64,
    /// Messages that were left out on request.
    pub skipped: u64,
}

impl ReadProgress {
    /// Returns how many messages were delivered.
    ///
    /// ```
    /// use slotcast::ReadProgress;
    ///
    /// let progress = ReadProgress { start: 10, cursor: 30, lost: 5, skipped: 3 };
    /// assert_eq!(progress.received(), 12);
    /// ```
    pub fn received(&self) -> u64 {
        self.cursor.saturating_sub(self.start).saturating_sub(self.lost).saturating_sub(self.skipped)
    }
}

//! The control page: what a subscriber says about itself in memory of its own, which others only read.
//!
//! It has a line for each publisher that is read. Who looks at it sees values that were true a moment ago, each by itself.
//! A cursor is stored after what is before it was copied (see `protocol::grant`). Offsets are in bytes, every field is a little-endian
//! 64-bit word:
//!
//! | offset | field | |
//! | --- | --- | --- |
//! | 0 | header | as of every segment; magic `slotctl` and the layout's version |
//! | 64 | received | messages of publishers that are no longer read |
//! | 72 | lost | the same |
//! | 80 | skipped | the same |
//! | 88 | lines | how many have ever been in use at once: none beyond is looked at, and its page need not exist |
//! | 96 | pins | how many it has; without any their page need not exist |
//! | 512 + 64 n | publisher | of line n, 128 bits; 0 if the line is free |
//! | + 16 | start | the first sequence that was to be read |
//! | + 24 | cursor | the sequence that will be read next |
//! | + 32 | lost | overwritten before they were read |
//! | + 40 | skipped | left out on request |
//! | 61440 | pins | 512 words, of which those of this subscriber begin at line *id mod 64* and go round |
//!
//! So of each publisher *received = cursor - start - lost - skipped*.

use super::backing::{Backing, Size};
use super::segment_view::SegmentError;
use super::{header, open};
use crate::protocol::grant;
use crate::registry::{EndpointId, MemoryEntry, Placement, TopicAccess, TopicDirectory};
use crate::schema::SchemaHash;
use crate::sync::{self, ReadOnlyWord, Word};
use crate::sys::memory::ReadOnly;
use std::io;

/// "slotctl" and the version of this layout.
const MAGIC: u64 = u64::from_le_bytes(*b"slotctl\x01");
const PAGE: usize = 4096;
const TOTALS: usize = 8;
const USED: usize = TOTALS + 3;
const PINS: usize = USED + 1;
const LINES: usize = 64;
const LINE: usize = 8;

/// Where pins are: the last page.
const PINS_AT: usize = (ControlPage::BYTES - PAGE) / 8;
const PIN_WORDS: usize = PAGE / 8;
/// The most pins of one subscriber.
pub(crate) const MAX_PINS: usize = 256;

/// The most publishers of which one subscriber says how far it is.
pub(crate) const MAX_LINES: usize = (PINS_AT - LINES) / LINE;

/// The place of a pin. Those of one subscriber are side by side, those of many are spread over the page, so that they do
/// not all lie in the same sets of a publisher's cache.
fn pin_at(subscriber: EndpointId, index: usize) -> usize {
    PINS_AT + (subscriber.0 as usize % (PIN_WORDS / LINE) * LINE + index) % PIN_WORDS
}

/// What slots of a publisher are called in pins, besides their numbers.
#[expect(clippy::cast_possible_truncation, reason = "a part of a random number is meant")]
pub(crate) fn tag(publisher: EndpointId) -> u32 {
    publisher.0 as u32
}

const PUBLISHER: [usize; 2] = [0, 1];
const START: usize = 2;
const CURSOR: usize = 3;
const LOST: usize = 4;
const SKIPPED: usize = 5;

const _: () = assert!(header::END <= TOTALS && PINS < LINES && SKIPPED < LINE);
const _: () = assert!(MAX_PINS <= PIN_WORDS && PINS_AT.is_multiple_of(LINE));

/// A subscriber's own control page.
pub(crate) struct ControlPage {
    backing: Backing,
}

/// A line of a control page, or none if there are more publishers than lines: then nobody sees how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line(Option<usize>);

impl Line {
    pub(crate) const NONE: Self = Self(None);
}

/// How far a subscriber is with one publisher.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadProgress {
    /// The first sequence that was to be read.
    pub start: u64,
    /// The sequence that will be read next.
    pub cursor: u64,
    /// Messages overwritten before they were read.
    pub lost: u64,
    /// Messages left out on request.
    pub skipped: u64,
}

impl ReadProgress {
    /// Messages delivered.
    pub fn received(&self) -> u64 {
        self.cursor.saturating_sub(self.start).saturating_sub(self.lost).saturating_sub(self.skipped)
    }
}

impl ControlPage {
    /// Its size. All but the first page is address space alone until more than 56 publishers are read, or messages
    /// are pinned.
    pub(crate) const BYTES: usize = 64 * 1024;

    pub(crate) fn create(
        topic: &TopicDirectory,
        placement: Placement,
        id: EndpointId,
        hash: SchemaHash,
        pins: usize,
    ) -> io::Result<Self> {
        let backing = Backing::create(
            topic,
            id,
            placement,
            Size { bytes: Self::BYTES, words: Self::BYTES, present: PAGE, huge: false },
        )?;
        if pins > 0 {
            backing.grow(Self::BYTES - PAGE..Self::BYTES)?;
        }
        backing.memory.words()[PINS].store_relaxed(pins.min(MAX_PINS) as u64);
        header::write(&backing, MAGIC, id, hash, Self::BYTES);
        Ok(Self { backing })
    }

    /// What the subscriber's entry says about it.
    pub(crate) fn entry(&self) -> io::Result<MemoryEntry> {
        self.backing.entry()
    }

    /// How many pins it has.
    pub(crate) fn pins(&self) -> usize {
        usize::try_from(self.word(PINS).load_relaxed()).map_or(0, |pins| pins.min(MAX_PINS))
    }

    /// One of them.
    pub(crate) fn pin(&self, subscriber: EndpointId, index: usize) -> &Word {
        self.word(pin_at(subscriber, index))
    }

    /// Takes a line for a publisher.
    pub(crate) fn open_line(&self, publisher: EndpointId, start: u64) -> Line {
        let words = self.backing.memory.words();
        let is_free = |first: &usize| PUBLISHER.iter().all(|index| words[first + index].load_relaxed() == 0);
        let line = Line((LINES..=PINS_AT - LINE).step_by(LINE).find(is_free));
        if let Line(Some(first)) = line {
            let used = (first - LINES) / LINE + 1;
            words[USED].store_relaxed(words[USED].load_relaxed().max(used as u64));
            self.set(line, START, start);
            self.set_progress(line, start, 0, 0);
            let [lower, upper] = publisher.halves();
            words[first + PUBLISHER[1]].store_relaxed(upper);
            // Last: a publisher that finds its id finds a cursor that is meant for it.
            words[first + PUBLISHER[0]].store_release(lower);
        }
        line
    }

    /// Says how far the subscriber is.
    #[inline]
    pub(crate) fn set_cursor(&self, line: Line, cursor: u64) {
        if let Line(Some(first)) = line {
            grant::store_cursor(self.word(first + CURSOR), cursor);
        }
    }

    pub(crate) fn set_progress(&self, line: Line, cursor: u64, lost: u64, skipped: u64) {
        self.set_cursor(line, cursor);
        self.set(line, LOST, lost);
        self.set(line, SKIPPED, skipped);
    }

    /// Gives a line back. What was counted in it stays counted in the totals.
    pub(crate) fn close_line(&self, line: Line) {
        if let Line(Some(first)) = line {
            let words = self.backing.memory.words();
            let field = |index: usize| words[first + index].load_relaxed();
            let (lost, skipped) = (field(LOST), field(SKIPPED));
            let received = field(CURSOR) - field(START) - lost - skipped;
            for (total, more) in words[TOTALS..].iter().zip([received, lost, skipped]) {
                // Wrapping: a publisher that breaks the protocol can have everything counted as lost.
                total.store_relaxed(total.load_relaxed().wrapping_add(more));
            }
            for index in PUBLISHER {
                self.set(line, index, 0);
            }
            // Before the line is another publisher's: one whose cursor was taken for its own then finds another id.
            sync::release_fence();
        }
    }

    #[inline]
    fn set(&self, line: Line, index: usize, value: u64) {
        if let Line(Some(first)) = line {
            // Relaxed: nothing is done with these values but to show them.
            self.word(first + index).store_relaxed(value);
        }
    }

    #[inline]
    fn word(&self, index: usize) -> &Word {
        &self.backing.memory.words()[index]
    }
}

/// The control page of another subscriber, mapped read-only.
pub(crate) struct ControlView {
    memory: ReadOnly,
}

impl ControlView {
    pub(crate) fn open(
        topic: &dyn TopicAccess,
        id: EndpointId,
        hash: SchemaHash,
        entry: &MemoryEntry,
    ) -> Result<Self, SegmentError> {
        let memory = open::memory(topic, id, entry, ControlPage::BYTES)?;
        header::check(memory.words(), MAGIC, entry, id, hash)?;
        Ok(Self { memory })
    }

    /// How many pins the subscriber says that it has.
    pub(crate) fn pins(&self) -> usize {
        // Relaxed: it was written before the entry was linked, which the kernel orders.
        let pins = self.memory.words()[PINS].load_relaxed();
        usize::try_from(pins).unwrap_or(MAX_PINS).min(MAX_PINS)
    }

    /// One of them.
    #[inline]
    pub(crate) fn pin(&self, subscriber: EndpointId, index: usize) -> &ReadOnlyWord {
        &self.memory.words()[pin_at(subscriber, index)]
    }

    /// The line in which the subscriber speaks of a publisher; nothing if it has none yet.
    pub(crate) fn find_line(&self, publisher: EndpointId) -> Option<usize> {
        // Acquire: what the line says is meant for this publisher.
        let is_its = |line: &[ReadOnlyWord]| PUBLISHER.map(|index| line[index].load_acquire()) == publisher.halves();
        self.used_lines().position(is_its)
    }

    /// Whether all lines are other publishers': then there will be none for one that has none.
    pub(crate) fn is_full(&self) -> bool {
        // Relaxed: a line that is just given back makes no difference.
        self.used_lines().len() == MAX_LINES && self.used_lines().all(|line| line[PUBLISHER[0]].load_relaxed() != 0)
    }

    /// How far the subscriber is with a publisher that has this line; nothing if the line is no longer its own.
    #[inline]
    pub(crate) fn cursor(&self, line: usize, publisher: EndpointId) -> Option<u64> {
        let words = &self.memory.words()[LINES + LINE * line..][..LINE];
        let cursor = grant::load_cursor(&words[CURSOR]); // and what is loaded after stays after
        let is_its = PUBLISHER.map(|index| words[index].load_relaxed()) == publisher.halves();
        is_its.then_some(cursor)
    }

    fn used_lines(&self) -> impl ExactSizeIterator<Item = &[ReadOnlyWord]> {
        // Looking at a page that its owner has not used would make it.
        let used = usize::try_from(self.memory.words()[USED].load_relaxed()).unwrap_or(usize::MAX);
        self.memory.words()[LINES..PINS_AT].chunks_exact(LINE).take(used)
    }

    /// The progress with each publisher that is read.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (EndpointId, ReadProgress)> {
        self.used_lines().filter_map(|line| {
            // Relaxed: each value is shown by itself.
            let field = |index: usize| ReadOnlyWord::load_relaxed(&line[index]);
            let publisher = header::whole(PUBLISHER.map(field));
            let progress =
                ReadProgress { start: field(START), cursor: field(CURSOR), lost: field(LOST), skipped: field(SKIPPED) };
            (publisher != 0).then_some((EndpointId(publisher), progress))
        })
    }

    /// What was counted of publishers that are no longer read.
    pub(crate) fn totals(&self) -> ReadProgress {
        let [received, lost, skipped] = [0, 1, 2].map(|index| self.memory.words()[TOTALS + index].load_relaxed());
        let cursor = received.saturating_add(lost).saturating_add(skipped);
        ReadProgress { start: 0, cursor, lost, skipped }
    }
}

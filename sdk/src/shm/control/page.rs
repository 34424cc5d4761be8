//! The control page as its subscriber writes it.

use super::{
    BYTES, CURSOR, LINE, LINES, LOST, MAGIC, MAX_PINS, PAGE, PIN_COUNT, PINS, PUBLISHER, SKIPPED, START, TOTALS,
    USED_LINES, pin_at,
};
use crate::protocol::grant;
use crate::registry::{EndpointId, MemoryEntry, Placement, TopicDirectory};
use crate::schema::SchemaHash;
use crate::shm::backing::{Backing, Size};
use crate::shm::header;
use crate::sync::{self, Word};
use std::io;

/// A subscriber's own control page.
pub(crate) struct ControlPage {
    backing: Backing,
}

/// A line of a control page. It may be [`NONE`](Self::NONE), if there are more publishers than
/// lines: then nobody sees how far the subscriber has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line(Option<usize>);

impl Line {
    pub(crate) const NONE: Self = Self(None);
}

impl ControlPage {
    pub(crate) const BYTES: usize = BYTES;

    /// Creates a control page with room for `pins`.
    pub(crate) fn create(
        topic: &TopicDirectory,
        placement: Placement,
        id: EndpointId,
        hash: SchemaHash,
        pins: usize,
    ) -> io::Result<Self> {
        let size = Size { bytes: BYTES, words: BYTES, present: PAGE, huge: false };
        let backing = Backing::create(topic, id, placement, size)?;
        if pins > 0 {
            backing.grow(BYTES - PAGE..BYTES)?;
        }
        backing.memory.words()[PIN_COUNT].store_relaxed(pins.min(MAX_PINS) as u64);
        header::write(&backing, MAGIC, id, hash, BYTES);
        Ok(Self { backing })
    }

    /// Returns what the subscriber's entry claims about it.
    pub(crate) fn entry(&self) -> io::Result<MemoryEntry> {
        self.backing.entry()
    }

    /// Returns how many pins it has.
    pub(crate) fn pins(&self) -> usize {
        usize::try_from(self.word(PIN_COUNT).load_relaxed()).map_or(0, |pins| pins.min(MAX_PINS))
    }

    /// Returns the word of a pin.
    pub(crate) fn pin(&self, subscriber: EndpointId, index: usize) -> &Word {
        self.word(pin_at(subscriber, index))
    }

    /// Takes a line for a publisher. Returns [`Line::NONE`] if none is free.
    pub(crate) fn open_line(&self, publisher: EndpointId, start: u64) -> Line {
        let words = self.backing.memory.words();
        let is_free = |first: &usize| PUBLISHER.iter().all(|index| words[first + index].load_relaxed() == 0);
        let line = Line((LINES..=PINS - LINE).step_by(LINE).find(is_free));
        if let Line(Some(first)) = line {
            let used = (first - LINES) / LINE + 1;
            words[USED_LINES].store_relaxed(words[USED_LINES].load_relaxed().max(used as u64));
            self.set_start(line, start);
            let [lower, upper] = publisher.halves();
            words[first + PUBLISHER[1]].store_relaxed(upper);
            // Last: a publisher that finds its id finds a cursor that is meant for it.
            words[first + PUBLISHER[0]].store_release(lower);
        }
        line
    }

    /// Reports where the subscriber begins to read.
    pub(crate) fn set_start(&self, line: Line, start: u64) {
        self.set(line, START, start);
        self.set_progress(line, start, 0, 0);
    }

    /// Reports how far the subscriber has read.
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

    /// Frees a line. Its counts are added to the totals.
    pub(crate) fn close_line(&self, line: Line) {
        if let Line(Some(first)) = line {
            let words = self.backing.memory.words();
            let field = |index: usize| words[first + index].load_relaxed();
            let (lost, skipped) = (field(LOST), field(SKIPPED));
            let received = field(CURSOR) - field(START) - lost - skipped;
            for (total, more) in words[TOTALS..].iter().zip([received, lost, skipped]) {
                // Wrapping: a publisher that breaks the protocol can make everything count as lost.
                total.store_relaxed(total.load_relaxed().wrapping_add(more));
            }
            for index in PUBLISHER {
                self.set(line, index, 0);
            }
            // Before the line is another publisher's: one that takes that cursor for its own then
            // finds another id.
            sync::release_fence();
        }
    }

    #[inline]
    fn set(&self, line: Line, index: usize, value: u64) {
        if let Line(Some(first)) = line {
            // Relaxed: these values are only displayed.
            self.word(first + index).store_relaxed(value);
        }
    }

    #[inline]
    fn word(&self, index: usize) -> &Word {
        &self.backing.memory.words()[index]
    }
}

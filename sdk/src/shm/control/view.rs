//! The control page as publishers and observers read it.

use super::{
    BYTES, CURSOR, LINE, LINES, LOST, MAGIC, MAX_LINES, MAX_PINS, PIN_COUNT, PINS, PUBLISHER, ReadProgress, SKIPPED,
    START, TOTALS, USED_LINES, pin_at,
};
use crate::protocol::grant;
use crate::registry::{EndpointId, MemoryEntry, TopicAccess};
use crate::schema::SchemaHash;
use crate::shm::{SegmentError, header, open};
use crate::sync::ReadOnlyWord;
use crate::sys::memory::ReadOnly;

/// The control page of another process's subscriber, mapped read-only. Its values are not trusted.
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
        let memory = open::memory(topic, id, entry, BYTES)?;
        header::check(memory.words(), MAGIC, entry, id, hash)?;
        Ok(Self { memory })
    }

    /// Returns how many pins the subscriber claims to have.
    pub(crate) fn pins(&self) -> usize {
        // Relaxed: it was written before the entry was linked, which the kernel orders.
        let pins = self.memory.words()[PIN_COUNT].load_relaxed();
        usize::try_from(pins).unwrap_or(MAX_PINS).min(MAX_PINS)
    }

    /// Returns the word of a pin.
    #[inline]
    pub(crate) fn pin(&self, subscriber: EndpointId, index: usize) -> &ReadOnlyWord {
        &self.memory.words()[pin_at(subscriber, index)]
    }

    /// Returns the index of the line about a publisher. Returns `None` if it has none yet.
    pub(crate) fn find_line(&self, publisher: EndpointId) -> Option<usize> {
        // Acquire: what the line reports is meant for this publisher.
        let is_its = |line: &[ReadOnlyWord]| PUBLISHER.map(|index| line[index].load_acquire()) == publisher.halves();
        self.used_lines().position(is_its)
    }

    /// Returns whether all lines are in use: then a publisher without one will not get one.
    pub(crate) fn is_full(&self) -> bool {
        // Relaxed: a line that is just being freed makes no difference.
        self.used_lines().len() == MAX_LINES && self.used_lines().all(|line| line[PUBLISHER[0]].load_relaxed() != 0)
    }

    /// Returns how far the subscriber has read a publisher, whose line was found at `line`. Returns
    /// `None` if the line is no longer about this publisher.
    #[inline]
    pub(crate) fn cursor(&self, line: usize, publisher: EndpointId) -> Option<u64> {
        let words = &self.memory.words()[LINES + LINE * line..][..LINE];
        let cursor = grant::load_cursor(&words[CURSOR]); // later loads stay after this one
        let is_its = PUBLISHER.map(|index| words[index].load_relaxed()) == publisher.halves();
        is_its.then_some(cursor)
    }

    fn used_lines(&self) -> impl ExactSizeIterator<Item = &[ReadOnlyWord]> {
        // Reading a page that its owner has not used would allocate it.
        let used = usize::try_from(self.memory.words()[USED_LINES].load_relaxed()).unwrap_or(usize::MAX);
        self.memory.words()[LINES..PINS].chunks_exact(LINE).take(used)
    }

    /// Returns the progress with each publisher that is read.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (EndpointId, ReadProgress)> {
        self.used_lines().filter_map(|line| {
            // Relaxed: each value is displayed by itself.
            let field = |index: usize| ReadOnlyWord::load_relaxed(&line[index]);
            let publisher = EndpointId::of_halves(PUBLISHER.map(field));
            let progress =
                ReadProgress { start: field(START), cursor: field(CURSOR), lost: field(LOST), skipped: field(SKIPPED) };
            (publisher.0 != 0).then_some((publisher, progress))
        })
    }

    /// Returns the totals of publishers that are no longer read.
    pub(crate) fn totals(&self) -> ReadProgress {
        let [received, lost, skipped] = [0, 1, 2].map(|index| self.memory.words()[TOTALS + index].load_relaxed());
        let cursor = received.saturating_add(lost).saturating_add(skipped);
        ReadProgress { start: 0, cursor, lost, skipped }
    }
}

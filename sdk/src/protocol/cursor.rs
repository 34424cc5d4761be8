//! A reader's position in a ring, and the count of what it has lost.
//!
//! A reader whose message was overwritten resumes at the oldest message that the ring still
//! promises: `head - depth`. Everything from its cursor up to there counts as lost, so *received +
//! lost + skipped = next - start* at all times.
//!
//! A message that its writer has withdrawn is lost like one that was overwritten, and the next one
//! is tried.
//!
//! *Could a fast writer keep a reader from returning?* If the reader is overtaken again in the same
//! call it resumes half-way to the head, to gain a lead. After the third time it gives up until the
//! next call.
//!
//! *Could a wrong head mislead a reader?* The head is only a hint. A stamp of sequence q proves
//! that the writer has begun q and has not begun q + cells. A head outside these bounds is
//! replaced by the nearer bound. Without the head, a reader that was lapped several times would
//! resume up to a lap too early, and be overtaken again for nothing.

use super::ring::{LAST_SEQUENCE, Outcome, Reader};

/// How often one call resumes after being overtaken.
const TRIES: u32 = 3;

/// A reader's position in one ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    next: u64,
    lost: u64,
    skipped: u64,
    /// Always resumes at the oldest promised message, never half-way.
    is_lossless: bool,
}

/// The outcome of one step of a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A message was copied out.
    Message { sequence: u64, time: u64 },
    /// There is no message to read yet.
    NotYet,
    /// The writer has broken the protocol.
    Corrupt { sequence: u64, stamp: u64 },
}

impl Cursor {
    /// Creates a cursor whose next message is `next`.
    pub(crate) fn at(next: u64) -> Self {
        Self { next, lost: 0, skipped: 0, is_lossless: false }
    }

    /// Returns the same cursor for a reader that its writer waits for, or soon will. Such a reader
    /// never resumes half-way, because that leaves out messages that the ring still promises.
    pub(crate) fn lossless(self, is_lossless: bool) -> Self {
        Self { is_lossless, ..self }
    }

    /// Begins after messages that were withdrawn before its reader joined: they were not lost to
    /// it. `head` is where it would be after all messages.
    pub(crate) fn after_withdrawn(self, ring: &Reader<'_>, head: u64) -> Self {
        let end = head.min(self.next.saturating_add(ring.cells())).max(self.next);
        let next = (self.next..end).find(|&sequence| !ring.is_withdrawn(sequence)).unwrap_or(end);
        Self { next, ..self }
    }

    /// Returns the sequence to read next.
    #[inline]
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Returns how many messages were left out on request.
    #[inline]
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Returns how many messages were overwritten before they were read.
    #[inline]
    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    /// Skips all messages but the newest. `head` is believed only if it is ahead, and within the
    /// range of sequences.
    pub(crate) fn skip_to_newest(&mut self, head: u64) {
        let newest = head.min(LAST_SEQUENCE).saturating_sub(1);
        self.skipped += newest.saturating_sub(self.next);
        self.next = self.next.max(newest);
    }

    /// Counts the message that was read last as lost: what it refers to was overwritten before it
    /// could be used.
    #[cold]
    pub(crate) fn count_lost(&mut self) {
        self.lost += 1;
    }

    /// Reads the next message into `out` if it is published. Returns `None`, with no change, if the
    /// reader was lapped or the ring is corrupt: then [`step`](Self::step) handles it.
    #[inline(always)]
    pub(crate) fn step_fast(&mut self, ring: &Reader<'_>, payload: usize, out: &mut [u64]) -> Option<Step> {
        match ring.read(self.next, payload, out) {
            Outcome::Message { time } => Some(self.advance(time)),
            Outcome::NotYet => Some(Step::NotYet),
            Outcome::Lapped { .. } | Outcome::Withdrawn | Outcome::Corrupt { .. } => None,
        }
    }

    /// Reads the next message into `out`, or the oldest promised one if the reader was lapped.
    #[inline]
    pub(crate) fn step(&mut self, ring: &Reader<'_>, depth: u64, payload: usize, out: &mut [u64]) -> Step {
        match ring.read(self.next, payload, out) {
            Outcome::Message { time } => self.advance(time),
            Outcome::NotYet => Step::NotYet,
            Outcome::Corrupt { stamp } => Step::Corrupt { sequence: self.next, stamp },
            Outcome::Lapped { .. } | Outcome::Withdrawn => {
                let ring = *ring; // so that only this path needs it in memory
                self.step_around(&ring, depth, payload, out)
            }
        }
    }

    /// The rare part of [`step`](Self::step): the reader was overtaken, or the message was
    /// withdrawn.
    #[cold]
    #[inline(never)]
    fn step_around(&mut self, ring: &Reader<'_>, depth: u64, payload: usize, out: &mut [u64]) -> Step {
        let (mut attempt, mut withdrawn) = (0, 0);
        while attempt <= TRIES && withdrawn < ring.cells() {
            let sequence = self.next;
            match ring.read(sequence, payload, out) {
                Outcome::Message { time } => return self.advance(time),
                Outcome::NotYet => return Step::NotYet,
                Outcome::Corrupt { stamp } => return Step::Corrupt { sequence, stamp },
                Outcome::Lapped { newest } => {
                    let keep = if attempt == 0 || self.is_lossless { depth } else { (depth / 2).max(1) };
                    let head = ring.head().clamp(newest, newest.saturating_add(ring.cells()));
                    // The ring has more cells than its depth, so this is never before `next`.
                    let resume = head.saturating_sub(keep).max(sequence + 1);
                    self.lost += resume - sequence;
                    self.next = resume;
                    attempt += 1;
                }
                Outcome::Withdrawn => {
                    self.lost += 1;
                    self.next = sequence + 1;
                    withdrawn += 1; // a ring has no more of them, unless its writer goes on meanwhile
                }
            }
        }
        Step::NotYet
    }

    #[inline]
    fn advance(&mut self, time: u64) -> Step {
        let sequence = self.next;
        self.next += 1;
        Step::Message { sequence, time }
    }
}

/// Returns the cursor of a reader that joins a running ring: `history` messages before `head`, or
/// as many as the ring promises. Returns `None` if no writer can have reached this head.
pub(crate) fn join(head: u64, history: u64, depth: u64) -> Option<Cursor> {
    (head <= LAST_SEQUENCE).then(|| Cursor::at(head.saturating_sub(history.min(depth))))
}

//! Where a reader stands in a ring, and what it has lost.
//!
//! A reader that finds its cell passed by the writer resumes at the oldest message that the ring still
//! promises: `head - depth`. Everything from its cursor up to there is counted as lost, so that *received + lost =
//! cursor - start* at all times. If the writer overtakes it again within one call it resumes half-way, and after
//! the third time it gives up until the next call: no writer can keep a reader from returning.
//!
//! A message that its writer has withdrawn is lost like one that was overwritten, and the next one is tried.
//!
//! The head is only a hint here: the cell's stamp, which shows sequence q, says that the writer has begun q and
//! not q + cells, so a head outside these bounds counts as the nearer one. Without the head, a reader that was
//! passed by more than the ring holds would resume up to a lap too early, and be sent half-way for nothing.

use super::ring::{LAST_SEQUENCE, Outcome, Reader};

/// How often one call resumes after being overtaken.
const TRIES: u32 = 3;

/// A reader's place in one ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    next: u64,
    lost: u64,
    skipped: u64,
    /// Whether it resumes at the oldest promised message each time it is overtaken.
    is_patient: bool,
}

/// What one step of a cursor gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A message was copied out.
    Message { sequence: u64, time: u64 },
    /// Nothing is there to read.
    Nothing,
    /// The ring is not what its writer should make it.
    Corrupt { sequence: u64, stamp: u64 },
}

impl Cursor {
    /// A cursor whose next message is `next`.
    pub(crate) fn at(next: u64) -> Self {
        Self { next, lost: 0, skipped: 0, is_patient: false }
    }

    /// The same, for a reader that its writer waits for, or will: it never resumes half-way, which
    /// would leave out what the ring still promises.
    pub(crate) fn patient(self, is_patient: bool) -> Self {
        Self { is_patient, ..self }
    }

    /// The sequence that it will read next.
    #[inline]
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Messages left out on request.
    #[inline]
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Leaves out all but the newest message. The head is only believed forwards, and as far as sequences go.
    pub(crate) fn skip_to_newest(&mut self, head: u64) {
        let newest = head.min(LAST_SEQUENCE).saturating_sub(1);
        self.skipped += newest.saturating_sub(self.next);
        self.next = self.next.max(newest);
    }

    /// Messages overwritten before they were read.
    #[inline]
    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    /// The message that was read last was overwritten before what it says was looked at: it is lost.
    #[cold]
    pub(crate) fn missed(&mut self) {
        self.lost += 1;
    }

    /// Reads the next message into `out`, if it is there. Nothing is returned, and has changed, if
    /// it is neither there nor to come: then [`step`](Self::step) says what is.
    #[inline(always)]
    pub(crate) fn take(&mut self, ring: &Reader<'_>, payload: usize, out: &mut [u64]) -> Option<Step> {
        match ring.read(self.next, payload, out) {
            Outcome::Message { time } => Some(self.took(time)),
            Outcome::NotYet => Some(Step::Nothing),
            Outcome::Lapped { .. } | Outcome::Withdrawn | Outcome::Corrupt { .. } => None,
        }
    }

    /// Reads the next message that is still there into `out`.
    #[inline]
    pub(crate) fn step(&mut self, ring: &Reader<'_>, depth: u64, payload: usize, out: &mut [u64]) -> Step {
        match ring.read(self.next, payload, out) {
            Outcome::Message { time } => self.took(time),
            Outcome::NotYet => Step::Nothing,
            Outcome::Corrupt { stamp } => Step::Corrupt { sequence: self.next, stamp },
            Outcome::Lapped { .. } | Outcome::Withdrawn => {
                let ring = *ring; // so that only this path needs one in memory
                self.step_around(&ring, depth, payload, out)
            }
        }
    }

    /// The part of [`step`](Self::step) that is seldom taken: overtaken.
    #[cold]
    #[inline(never)]
    fn step_around(&mut self, ring: &Reader<'_>, depth: u64, payload: usize, out: &mut [u64]) -> Step {
        let (mut attempt, mut withdrawn) = (0, 0);
        while attempt <= TRIES && withdrawn < ring.cells() {
            let sequence = self.next;
            match ring.read(sequence, payload, out) {
                Outcome::Message { time } => return self.took(time),
                Outcome::NotYet => return Step::Nothing,
                Outcome::Corrupt { stamp } => return Step::Corrupt { sequence, stamp },
                Outcome::Lapped { newest } => {
                    let keep = if attempt == 0 || self.is_patient { depth } else { (depth / 2).max(1) };
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
        Step::Nothing
    }

    #[inline]
    fn took(&mut self, time: u64) -> Step {
        let sequence = self.next;
        self.next += 1;
        Step::Message { sequence, time }
    }
}

/// Where a reader starts that joins a ring which others read already: `history` messages before its head, as
/// far as the ring promises them. Nothing if no writer could have come to this head.
pub(crate) fn join(head: u64, history: u64, depth: u64) -> Option<Cursor> {
    (head <= LAST_SEQUENCE).then(|| Cursor::at(head.saturating_sub(history.min(depth))))
}

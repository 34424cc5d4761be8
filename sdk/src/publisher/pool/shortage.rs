//! What a pool does when memory is short: it withdraws messages from the ring, oldest first.

use super::exhausted::PoolExhausted;
use super::refusal::Shortage;
use super::slots::Pool;
use crate::publisher::LoanError;
use crate::record::RawLoan;
use crate::sys::advice::{Attempt, suffix};

/// A part of a pool that is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    offset: usize,
    bytes: usize,
    /// The message in it, if it is free once that is withdrawn; otherwise [`HELD`].
    message: u64,
}

/// In place of a message: the part stays in use.
const HELD: u64 = u64::MAX;

/// All parts of a pool that are in use, by offset.
struct Parts(Vec<Part>);

impl Parts {
    fn new(mut parts: Vec<Part>) -> Self {
        parts.sort_unstable();
        Self(parts)
    }

    /// Returns where the parts end that stay in use once all before `kept` are withdrawn.
    fn end(&self, kept: u64) -> usize {
        self.0.iter().rfind(|part| part.message >= kept).map_or(0, |part| part.offset + part.bytes)
    }

    /// Returns whether `bytes` bytes in one piece are free below `end`, once all before `kept` are
    /// withdrawn.
    fn have_gap(&self, bytes: usize, end: usize, kept: u64) -> bool {
        let mut start = 0;
        for part in self.0.iter().filter(|part| part.message >= kept) {
            if part.offset.min(end).saturating_sub(start) >= bytes {
                return true;
            }
            start = part.offset + part.bytes;
        }
        end.saturating_sub(start) >= bytes
    }

    /// Returns the first message that can be kept so that there is a gap, of those from `first` on.
    /// Returns `None` if there is none even if all before `end_of_messages` are withdrawn.
    fn first_kept(&self, bytes: usize, end: usize, first: u64, end_of_messages: u64) -> Option<u64> {
        let (mut too_few, mut enough) = (first, end_of_messages);
        if too_few >= enough || !self.have_gap(bytes, end, enough) {
            return None;
        }
        // One is withdrawn in any case: without that there was no slot.
        while enough - too_few > 1 {
            let kept = too_few + (enough - too_few) / 2;
            if self.have_gap(bytes, end, kept) {
                enough = kept;
            } else {
                too_few = kept;
            }
        }
        Some(enough)
    }
}

impl Pool {
    /// Lends a slot although memory is short: withdraws messages from the ring, oldest first, so
    /// that there is one. `next` is the sequence that will be published next. Those from `unread`
    /// on are promised to a subscriber. Returns `None`, and withdraws nothing, if withdrawing all
    /// before that would not suffice.
    pub(crate) fn lend_withdrawing(&mut self, shortage: &mut Shortage, next: u64, unread: u64) -> Option<RawLoan> {
        let &mut Shortage { class, slot_bytes, message, .. } = shortage;
        loop {
            let first = self.oldest(next);
            let needed = self.first_kept(shortage, first, unread)?;
            // With many messages some more, as finding out how many are needed takes time.
            let kept = needed.max(first + (next - first) / 64).min(unread);
            (first..kept).for_each(|sequence| self.withdraw(sequence));
            self.kept_from = kept;
            // It can fail: a subscriber can have pinned some of them meanwhile.
            if let Some(number) = self.search(class, slot_bytes, &mut shortage.refused) {
                return Some(self.lend_free(number, message));
            }
        }
    }

    /// Returns the first message that can be kept so that there is a slot, of those from `first`
    /// on. All retired slots that are not held are free.
    fn first_kept(&mut self, shortage: &Shortage, first: u64, unread: u64) -> Option<u64> {
        let &Shortage { class, slot_bytes, ref refused, .. } = shortage;
        // Mostly the oldest message is in a slot of the same size.
        if first < unread && self.is_in_free_slot_of(first, class) {
            return Some(first + 1);
        }
        let parts = self.parts(first, unread);
        let end = if refused.is_some() { self.grown } else { self.segment.pool_bytes() };
        let kept = parts.first_kept(slot_bytes, end, first, unread);
        if kept.is_some() || refused.is_none() || first >= unread {
            return kept;
        }
        // The kernel may have memory for as much as is missing then.
        let end = parts.end(unread) + slot_bytes;
        if end > self.segment.pool_bytes() || self.grow(end).is_err() {
            return None;
        }
        parts.first_kept(slot_bytes, end, first, unread)
    }

    /// Returns all parts that are in use. Those of the messages from `first` on and before `unread`
    /// are not, once they are withdrawn, unless they were held in the last scan.
    fn parts(&self, first: u64, unread: u64) -> Parts {
        let part = |number: u32, message: u64| {
            let slot = &self.slots[number as usize];
            let message = if slot.is_kept || self.readers.is_held(slot.unit()) { HELD } else { message };
            Part { offset: slot.offset, bytes: slot.bytes, message }
        };
        let held = self.classes.iter().flat_map(|class| &class.retired).chain(&self.lent);
        let held = held.copied().chain(self.kept_outside()).map(|number| part(number, HELD));
        let in_ring = (first..first + self.segment.geometry().cells()).filter_map(|sequence| {
            let message = if sequence < unread { sequence } else { HELD };
            Some(part(self.in_cell(sequence)?, message))
        });
        Parts::new(held.chain(in_ring).collect())
    }

    /// Returns whether a message in the ring is in a slot of this class, and was not held in the
    /// last scan.
    fn is_in_free_slot_of(&self, sequence: u64, class: usize) -> bool {
        let slot = self.in_cell(sequence).map(|number| &self.slots[number as usize]);
        slot.is_some_and(|slot| slot.class == class && !slot.is_kept && !self.readers.is_held(slot.unit()))
    }

    /// Withdraws a message that is in the ring, and retires its slot. Pins on it are honoured, as
    /// on every retired slot.
    pub(super) fn withdraw(&mut self, sequence: u64) {
        let Some(number) = self.take_from_cell(sequence) else { return };
        // Nothing reads this before the scan of pins, whose fence orders it (see `protocol/pin`).
        self.segment.writer().withdraw(sequence, self.segment.geometry().payload());
        self.left_cell(number);
    }

    /// Describes what the pool's memory is used for.
    pub(crate) fn describe(&self, shortage: Shortage) -> LoanError {
        let Shortage { slot_bytes, message, refused, .. } = shortage;
        if let Some(reason) = refused {
            let reason = format!("{reason}{}", suffix("; ", Attempt::CreateMemory, &reason)).into();
            let bytes = slot_bytes as u64;
            return LoanError::Memory { topic: self.topic.clone(), bytes, reason };
        }
        LoanError::PoolExhausted(Box::new(PoolExhausted {
            topic: self.topic.clone(),
            bytes: message as u64,
            pool: self.segment.pool_bytes() as u64,
            kept: self.kept(),
            loans: self.lent.len() as u64,
            readers: self.holders().into_iter().map(|(peer, held)| (peer.name.clone(), held)).collect(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(parts: &[(usize, usize, u64)]) -> Parts {
        Parts::new(parts.iter().map(|&(offset, bytes, message)| Part { offset, bytes, message }).collect())
    }

    #[test]
    fn as_few_as_necessary_are_withdrawn() {
        let same = parts(&[(0, 100, 4), (100, 100, 1), (200, 100, 2), (300, 100, 3)]);
        assert_eq!(same.first_kept(100, 400, 1, 5), Some(2));
        assert_eq!(same.first_kept(200, 400, 1, 5), Some(3));
        assert_eq!(same.first_kept(300, 400, 1, 5), Some(4));
        assert_eq!(same.first_kept(400, 400, 1, 5), Some(5));
        assert_eq!(same.first_kept(401, 400, 1, 5), None);
        assert_eq!(same.first_kept(500, 500, 1, 5), Some(5), "with what is free behind them");
    }

    #[test]
    fn what_is_held_stays() {
        let held = parts(&[(0, 100, 1), (100, 64, HELD), (164, 100, 2), (264, 136, 3)]);
        assert_eq!(held.first_kept(100, 400, 1, 4), Some(2));
        assert_eq!(held.first_kept(200, 400, 1, 4), Some(4));
        assert_eq!(held.first_kept(300, 400, 1, 4), None);
        assert_eq!(held.first_kept(200, 400, 1, 3), None, "3 is not read by all");
        assert_eq!(held.end(4), 164);
        assert_eq!(held.end(3), 400);
    }

    #[test]
    fn parts_beyond_the_end_leave_no_gap_below_it() {
        let beyond = parts(&[(0, 100, 1), (300, 100, 2)]);
        assert_eq!(beyond.first_kept(200, 250, 1, 3), Some(2));
        assert_eq!(beyond.first_kept(251, 250, 1, 3), None);
    }

    #[test]
    fn nothing_can_be_withdrawn_of_nothing() {
        assert_eq!(parts(&[]).first_kept(64, 4096, 7, 7), None);
    }

    proptest! {
        #[test]
        fn it_is_what_counting_bytes_one_by_one_finds(
            sizes in prop::collection::vec((1..6_usize, 0..3_usize, 0..12_u64), 1..12),
            bytes in 1..12_usize,
            messages in 1..12_u64,
            spare in 0..4_usize,
        ) {
            let (mut at, mut all) = (0, Vec::new());
            for (bytes, gap, message) in sizes {
                at += gap;
                all.push((at, bytes, if message < messages { message } else { HELD }));
                at += bytes;
            }
            let end = at + spare;
            let fits = |kept: u64| {
                let is_free = |byte: usize| {
                    all.iter().all(|&(at, bytes, message)| message < kept || byte < at || byte >= at + bytes)
                };
                (0..end).any(|from| from + bytes <= end && (from..from + bytes).all(is_free))
            };
            let expected = (1..=messages).find(|&kept| fits(kept));
            prop_assert_eq!(parts(&all).first_kept(bytes, end, 0, messages), expected);
        }
    }
}

//! Who holds what: locks that notice the death of their owner, where that is recorded.

use super::block::Block;
use super::record::Record;
use crate::protocol::region::owned::{Attempt, Owned, Values};
use crate::sync::{Word, Word32};

/// How many polls in a row do not ask the kernel whether the owner lives.
const POLLS_PER_CHECK: u32 = 64;
/// From this poll on, between which there are sleeps, each one asks.
const SLOW_POLLS: u32 = 100;

/// A word that one process at a time takes.
pub(super) struct Ownership<'a> {
    block: &'a Block,
    /// Absent where nothing is recorded.
    owner: Option<&'a Word>,
    lock: &'a Word32,
    values: Values,
    polls: u32,
}

impl<'a> Ownership<'a> {
    /// The owner is in the record of the structure.
    pub(super) fn new(block: &'a Block, lock: &'a Word32, values: Values) -> Self {
        let owner = block.record.as_ref().map(Record::owner);
        Self { block, owner, lock, values, polls: 0 }
    }

    /// The owner is in this word.
    pub(super) fn with_owner(block: &'a Block, owner: &'a Word, lock: &'a Word32, values: Values) -> Self {
        Self { block, owner: Some(owner), lock, values, polls: 0 }
    }

    /// Tries to take it. Whether an owner has died is asked at the first attempt and at every few
    /// later ones: it is a system call.
    pub(super) fn try_take(&mut self) -> Attempt {
        let asks = self.polls.is_multiple_of(POLLS_PER_CHECK) || self.polls > SLOW_POLLS;
        self.polls = self.polls.wrapping_add(1);
        let inner = &self.block.inner;
        match self.owner {
            Some(owner) => {
                Owned::new(owner, self.lock, self.values).try_take(inner.token(), |token| asks && inner.is_dead(token))
            }
            None if self.lock.compare_exchange(self.values.free, self.values.taken) => Attempt::Taken,
            None => Attempt::HeldByOther,
        }
    }

    /// Releases it, with a value.
    pub(super) fn release(&self, to: u32) {
        match self.owner {
            Some(owner) => Owned::new(owner, self.lock, self.values).release(to),
            None => self.lock.store_release(to),
        }
    }

    /// Returns whether the owner is recorded, and has died.
    pub(super) fn has_died(&self) -> bool {
        let Some(owner) = self.owner else { return false };
        let token = Owned::new(owner, self.lock, self.values).owner();
        token != 0 && self.block.inner.is_dead(token)
    }
}

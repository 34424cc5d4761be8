//! Handing values from one process to another at the same moment.
//!
//! Each slot has a word of its state: 8 · t + p, with the token t of the process that has it and
//! the phase p. A sender takes a free slot, writes its value, and offers it. A receiver takes the
//! oldest offer, reads the value, and says so. The sender sees that, and frees the slot.
//!
//! | phase | whose | what the death of that process means |
//! | --- | --- | --- |
//! | 0 free | | |
//! | 1 being written | the sender's | the slot is free |
//! | 2 offered | the sender's | the slot is free: nobody gets the value |
//! | 3 being read | the receiver's | the sender offers the value again |
//! | 4 received | the receiver's | nothing: the value was received |
//!
//! The sender's token is also in a word of its own, so that a slot is freed if both have died.

use super::block::Block;
use super::element::{Element, Elements};
use super::failure::StructureError;
use super::waiting::{PATIENCE, ring, wait};
use crate::failpoint;
use crate::sync::Word;
use crate::sys::shared_memory::Held;
use std::time::Duration;

/// The words of a slot: its state, the number of its offer, and its sender.
pub(super) const WORDS: usize = 3;
const STATE: usize = 0;
const NUMBER: usize = 1;
const SENDER: usize = 2;

/// The phases of a slot.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Writing = 1,
    Offered = 2,
    Reading = 3,
    Received = 4,
}

/// The slots of a channel.
pub(super) struct Rendezvous<'a, T> {
    pub(super) block: &'a Block,
    /// Numbers the offers.
    pub(super) next: &'a Word,
    pub(super) words: &'a Held<Word>,
    pub(super) values: &'a Elements<T>,
}

fn state(token: u32, phase: Phase) -> u64 {
    u64::from(token) << 3 | phase as u64
}

#[expect(clippy::cast_possible_truncation, reason = "tokens have 30 bits")]
fn token_of(state: u64) -> u32 {
    (state >> 3) as u32
}

fn is_in(state: u64, phase: Phase) -> bool {
    state & 7 == phase as u64
}

impl<T: Element> Rendezvous<'_, T> {
    fn token(&self) -> u32 {
        self.block.inner.token()
    }

    fn slot(&self, slot: usize) -> &[Word] {
        &self.words[WORDS * slot..][..WORDS]
    }

    fn slots(&self) -> usize {
        self.values.count()
    }

    /// Offers a value, and waits up to `timeout` until a receiver has it. `is_closed` says whether
    /// to give up. Returns whether a receiver has it.
    pub(super) fn send(
        &self,
        value: &T,
        timeout: Duration,
        is_closed: impl Fn() -> bool,
    ) -> Result<bool, StructureError> {
        let start = std::time::Instant::now();
        let inner = &self.block.inner;
        let taken = wait(inner, self.block.second_bell(), timeout, || {
            if is_closed() { Some(None) } else { self.take_slot().map(Some) }
        });
        let Some(Some(slot)) = taken else { return Ok(false) };
        let words = self.slot(slot);
        self.values.store(slot, value);
        words[SENDER].store_relaxed(u64::from(self.token()));
        words[NUMBER].store_relaxed(self.next.add(1));
        let (offered, writing) = (state(self.token(), Phase::Offered), state(self.token(), Phase::Writing));
        if !words[STATE].compare_exchange(writing, offered) {
            return Err(self.block.corrupt("a slot has changed while it was written".into()));
        }
        ring(inner, self.block.first_bell());
        let left = timeout.saturating_sub(start.elapsed());
        let received =
            wait(inner, self.block.second_bell(), left, || (self.is_received(slot) || is_closed()).then_some(()));
        let _ = received; // the state of the slot decides, also after the time is over
        self.withdraw(slot, offered)
    }

    /// Takes a free slot, or one whose sender has died.
    fn take_slot(&self) -> Option<usize> {
        let mine = state(self.token(), Phase::Writing);
        let free = (0..self.slots()).find(|&slot| self.slot(slot)[STATE].compare_exchange(0, mine));
        free.or_else(|| (0..self.slots()).find(|&slot| self.take_from_dead(slot, mine)))
    }

    fn take_from_dead(&self, slot: usize, mine: u64) -> bool {
        let words = self.slot(slot);
        let seen = words[STATE].load_acquire();
        let sender = if is_in(seen, Phase::Received) || is_in(seen, Phase::Reading) {
            u32::try_from(words[SENDER].load_relaxed()).unwrap_or(0)
        } else {
            token_of(seen)
        };
        let is_abandoned = self.block.inner.is_dead(sender)
            && (!is_in(seen, Phase::Reading) || self.block.inner.is_dead(token_of(seen)));
        seen != 0 && is_abandoned && words[STATE].compare_exchange(seen, mine)
    }

    fn is_received(&self, slot: usize) -> bool {
        let seen = self.slot(slot)[STATE].load_acquire();
        if is_in(seen, Phase::Reading) && self.block.inner.is_dead(token_of(seen)) {
            // The receiver has died before it had the value: others can have it.
            if self.slot(slot)[STATE].compare_exchange(seen, state(self.token(), Phase::Offered)) {
                ring(&self.block.inner, self.block.first_bell());
            }
        }
        is_in(seen, Phase::Received)
    }

    /// Frees a slot after its value was received. Otherwise takes the offer back, unless a receiver
    /// is just reading it. Returns whether it was received.
    fn withdraw(&self, slot: usize, offered: u64) -> Result<bool, StructureError> {
        let word = &self.slot(slot)[STATE];
        let result = wait(&self.block.inner, None, PATIENCE, || {
            if self.is_received(slot) {
                word.store_release(0);
                return Some(true);
            }
            word.compare_exchange(offered, 0).then_some(false)
        });
        ring(&self.block.inner, self.block.second_bell());
        result.ok_or_else(|| self.block.stuck(PATIENCE))
    }

    /// Takes the oldest value that is offered by a process that lives. Never waits.
    pub(super) fn try_recv(&self) -> Option<T> {
        // Each turn finds another offer gone, or is the last.
        for _ in 0..=2 * self.slots() {
            let slot = self.oldest()?;
            let word = &self.slot(slot)[STATE];
            let seen = word.load_acquire();
            if !is_in(seen, Phase::Offered) {
                continue;
            }
            if self.block.inner.is_dead(token_of(seen)) {
                word.compare_exchange(seen, 0);
                continue;
            }
            let reading = state(self.token(), Phase::Reading);
            if word.compare_exchange(seen, reading) {
                let value = self.values.load(slot);
                failpoint::hit("channel.read");
                if word.compare_exchange(reading, state(self.token(), Phase::Received)) {
                    ring(&self.block.inner, self.block.second_bell());
                    return Some(value);
                }
            }
        }
        None
    }

    /// Returns whether somebody offers a value now.
    #[cfg(feature = "tokio")]
    pub(super) fn has_offer(&self) -> bool {
        self.oldest().is_some()
    }

    /// Returns the slot of the oldest offer.
    fn oldest(&self) -> Option<usize> {
        let offered = (0..self.slots()).filter(|&slot| is_in(self.slot(slot)[STATE].load_acquire(), Phase::Offered));
        offered.min_by_key(|&slot| self.slot(slot)[NUMBER].load_relaxed())
    }
}

//! The slots of a rendezvous: a sender takes one, writes its value, and offers it. A receiver takes
//! the oldest offer, reads the value, and says so. The sender sees that, and frees the slot.
//!
//! | phase | whose | what the death of that process means |
//! | --- | --- | --- |
//! | 0 free | | |
//! | 1 being written | the sender's | the slot is free |
//! | 2 offered | the sender's | the slot is free: nobody gets the value |
//! | 3 being read | the receiver's | the sender offers the value again |
//! | 4 received | the receiver's | nothing: the value was received |
//!
//! A state is 8 · t + p, with the token t of that process and the phase p. The sender's token is
//! also in a word of its own, so that a slot is freed if both have died.

use crate::sync::Word;

/// The words of a slot: its state, the number of the offer, the sender's token.
pub(crate) const WORDS: usize = 3;
const STATE: usize = 0;
const NUMBER: usize = 1;
const SENDER: usize = 2;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Writing = 1,
    Offered = 2,
    Reading = 3,
    Received = 4,
}

/// The words of all slots.
#[derive(Clone, Copy)]
pub(crate) struct Offers<'a>(pub(crate) &'a [Word]);

/// What has become of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is there, or being read.
    Open,
    /// It is there again: its receiver has died before it had the value.
    OpenAgain,
    /// A receiver has the value.
    Received,
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

impl Offers<'_> {
    fn slot(&self, slot: usize) -> &[Word] {
        &self.0[WORDS * slot..][..WORDS]
    }

    fn slots(&self) -> usize {
        self.0.len() / WORDS
    }

    /// Returns the state of a slot.
    fn seen(&self, slot: usize) -> u64 {
        // SYNC POINT U1: the value and the number of an offer; pairs with U2.
        self.slot(slot)[STATE].load_acquire()
    }

    fn change(&self, slot: usize, from: u64, to: u64) -> bool {
        // SYNC POINT U2: what was written or read in the phase before; pairs with itself and U1.
        self.slot(slot)[STATE].compare_exchange(from, to)
    }

    /// Takes a slot that is free, or whose process has died.
    pub(crate) fn take(&self, token: u32, is_dead: impl Fn(u32) -> bool) -> Option<usize> {
        let mine = state(token, Phase::Writing);
        let free = (0..self.slots()).find(|&slot| self.change(slot, 0, mine));
        free.or_else(|| (0..self.slots()).find(|&slot| self.take_from_dead(slot, mine, &is_dead)))
    }

    fn take_from_dead(&self, slot: usize, mine: u64, is_dead: impl Fn(u32) -> bool) -> bool {
        let seen = self.seen(slot);
        let sender = if is_in(seen, Phase::Received) || is_in(seen, Phase::Reading) {
            u32::try_from(self.slot(slot)[SENDER].load_relaxed()).unwrap_or(0)
        } else {
            token_of(seen)
        };
        let is_abandoned = seen != 0 && is_dead(sender) && (!is_in(seen, Phase::Reading) || is_dead(token_of(seen)));
        is_abandoned && self.change(slot, seen, mine)
    }

    /// Offers the value that was written into a slot. Returns whether the slot was still this
    /// process's.
    pub(crate) fn offer(&self, slot: usize, token: u32, number: u64) -> bool {
        // Relaxed: U2 publishes them.
        self.slot(slot)[SENDER].store_relaxed(u64::from(token));
        self.slot(slot)[NUMBER].store_relaxed(number);
        self.change(slot, state(token, Phase::Writing), state(token, Phase::Offered))
    }

    /// Returns what has become of this process's offer.
    pub(crate) fn fate(&self, slot: usize, token: u32, is_dead: impl Fn(u32) -> bool) -> Fate {
        let seen = self.seen(slot);
        if is_in(seen, Phase::Received) {
            return Fate::Received;
        }
        let is_abandoned = is_in(seen, Phase::Reading) && is_dead(token_of(seen));
        if is_abandoned && self.change(slot, seen, state(token, Phase::Offered)) {
            return Fate::OpenAgain;
        }
        Fate::Open
    }

    /// Frees a slot whose value was received.
    pub(crate) fn free(&self, slot: usize) {
        // SYNC POINT U3: this process has seen the value received, before another writes the slot;
        // pairs with U2.
        self.slot(slot)[STATE].store_release(0);
    }

    /// Withdraws an offer, unless a receiver has it. Returns whether it did.
    pub(crate) fn withdraw(&self, slot: usize, token: u32) -> bool {
        self.change(slot, state(token, Phase::Offered), 0)
    }

    /// Returns the slot with the oldest offer.
    pub(crate) fn oldest(&self) -> Option<usize> {
        let offered = (0..self.slots()).filter(|&slot| is_in(self.seen(slot), Phase::Offered));
        // Relaxed: U1 gives the order. A wrong number costs the order of two senders.
        offered.min_by_key(|&slot| self.slot(slot)[NUMBER].load_relaxed())
    }

    /// Receives from one slot: `read` reads its value. Returns `None` if it has no offer any more,
    /// or its sender is dead, or has taken this process for dead.
    pub(crate) fn receive<R>(
        &self,
        slot: usize,
        token: u32,
        is_dead: impl Fn(u32) -> bool,
        read: impl FnOnce() -> R,
    ) -> Option<R> {
        let seen = self.seen(slot);
        if !is_in(seen, Phase::Offered) {
            return None;
        }
        if is_dead(token_of(seen)) {
            self.change(slot, seen, 0);
            return None;
        }
        let reading = state(token, Phase::Reading);
        if !self.change(slot, seen, reading) {
            return None;
        }
        let value = read();
        self.change(slot, reading, state(token, Phase::Received)).then_some(value)
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::protocol::modelling::{Plain, explore_three_preemptions, spawn, zeros};
    use std::sync::Arc;

    struct World {
        words: Vec<Word>,
        value: Plain,
    }

    impl World {
        fn new() -> Arc<Self> {
            Arc::new(Self { words: zeros(WORDS), value: Plain::new(0) })
        }

        fn offers(&self) -> Offers<'_> {
            Offers(&self.words)
        }

        /// Sends if there is a slot. Gives up as soon as nobody has the value at the first look.
        fn send(&self, token: u32) -> bool {
            let alive = |_| false;
            let Some(slot) = self.offers().take(token, alive) else { return false };
            self.value.write(u64::from(token));
            assert!(self.offers().offer(slot, token, 0));
            loop {
                if self.offers().fate(slot, token, alive) == Fate::Received {
                    self.offers().free(slot);
                    return true;
                }
                if self.offers().withdraw(slot, token) {
                    return false;
                }
                loom::thread::yield_now();
            }
        }

        fn receive(&self, token: u32) -> Option<u64> {
            let slot = self.offers().oldest()?;
            self.offers().receive(slot, token, |_| false, || self.value.read())
        }
    }

    /// A value is received exactly if its sender says so.
    #[test]
    fn a_sender_and_a_receiver() {
        explore_three_preemptions(|| {
            let world = World::new();
            let sender = spawn(&world, |world| world.send(1));
            let received = world.receive(2);
            assert_eq!(received.is_some(), sender.join().unwrap());
            assert!(received.is_none_or(|value| value == 1));
        });
    }

    /// Two senders use one slot, one after the other.
    #[test]
    fn a_slot_is_used_again() {
        explore_three_preemptions(|| {
            let world = World::new();
            let receiver = spawn(&world, |world| world.receive(3));
            let sent = [1, 2].map(|token| world.send(token));
            let received = receiver.join().unwrap();
            assert_eq!(usize::from(received.is_some()), sent.iter().filter(|sent| **sent).count());
        });
    }

    /// Two senders want one slot: who takes it after the other writes when its value was read.
    #[test]
    fn two_senders_of_one_slot() {
        explore_three_preemptions(|| {
            let world = World::new();
            let sender = spawn(&world, |world| world.send(1));
            let receiver = spawn(&world, |world| world.receive(3));
            let sent = [world.send(2), sender.join().unwrap()];
            let received = receiver.join().unwrap();
            assert_eq!(usize::from(received.is_some()), sent.iter().filter(|sent| **sent).count());
        });
    }

    /// Two receivers, one offer: one has it.
    #[test]
    fn two_receivers_of_one_offer() {
        explore_three_preemptions(|| {
            let world = World::new();
            let slot = world.offers().take(1, |_| false).unwrap();
            world.value.write(1);
            assert!(world.offers().offer(slot, 1, 0));
            let other = spawn(&world, |world| world.receive(2));
            let mine = world.receive(3);
            assert!(mine.is_some() != other.join().unwrap().is_some());
            assert_eq!(world.offers().fate(slot, 1, |_| false), Fate::Received);
        });
    }

    /// The value of a receiver that died is offered again, once.
    #[test]
    fn a_dead_receiver() {
        explore_three_preemptions(|| {
            let world = World::new();
            let slot = world.offers().take(1, |_| false).unwrap();
            world.value.write(1);
            assert!(world.offers().offer(slot, 1, 0));
            let dies =
                world.offers().slot(slot)[STATE].compare_exchange(state(1, Phase::Offered), state(2, Phase::Reading));
            assert!(dies);
            let other = spawn(&world, |world| world.receive(3));
            let fate = world.offers().fate(slot, 1, |token| token == 2);
            assert_eq!(fate, Fate::OpenAgain);
            let received = other.join().unwrap().or_else(|| world.receive(3));
            assert_eq!(received, Some(1));
        });
    }
}

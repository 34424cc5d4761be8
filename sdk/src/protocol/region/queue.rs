//! A bounded queue with any number of senders and receivers, by Dmitry Vyukov ("Bounded MPMC
//! queue"), with the counters and sequence words of 32 bits that ZeroIPC specifies.
//!
//! Cell i has a sequence word. With t the position of a sender, h that of a receiver, and n cells:
//!
//! | word of cell t mod n | meaning |
//! | --- | --- |
//! | t | free for the sender at t |
//! | t + 1 | full: for the receiver at t |
//! | t + n | free again, for the sender of the next lap |
//!
//! A sender takes position t by moving `tail` to t + 1, writes the element, and then stores t + 1.
//! A receiver does the same with `head`, and stores h + n.
//!
//! *Could a sender overwrite an element that is still read?* It needs the word t, which the receiver
//! of the last lap stores after it has read.
//!
//! *What if a process dies between the two steps?* Its cell stays as it is. Receivers cannot pass a
//! cell that was taken and not filled, and senders cannot pass one that was not freed. The
//! positions show it: [`Claim::Busy`].
//!
//! *Why at least two cells?* With one, t + 1 and t + n are the same: full would look like free.

use super::{Claim, TRIES};
use crate::sync::Word32;

/// The words of a queue, whose cells are a power of two and at least 2.
pub(crate) struct Queue<'a> {
    head: &'a Word32,
    tail: &'a Word32,
    sequences: &'a [Word32],
}

/// A cell that was taken, at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    position: u32,
    pub(crate) cell: usize,
}

impl<'a> Queue<'a> {
    #[inline]
    pub(crate) fn new(head: &'a Word32, tail: &'a Word32, sequences: &'a [Word32]) -> Self {
        debug_assert!(sequences.len().is_power_of_two() && sequences.len() >= 2);
        Self { head, tail, sequences }
    }

    #[inline]
    fn cell(&self, position: u32) -> usize {
        position as usize & (self.sequences.len() - 1)
    }

    /// Takes the next free cell. The caller fills it, and calls [`fill`](Self::fill).
    #[inline]
    pub(crate) fn take_free(&self) -> Claim<Taken> {
        for _ in 0..TRIES {
            // Relaxed: the cell's word gives the order.
            let position = self.tail.load_to_exchange();
            let cell = self.cell(position);
            // SYNC POINT Q1: a receiver has read the element of the last lap; pairs with Q4.
            let sequence = self.sequences[cell].load_acquire();
            if sequence == position {
                if self.tail.compare_exchange_relaxed(position, position.wrapping_add(1)) {
                    return Claim::Place(Taken { position, cell });
                }
            } else if is_behind(sequence, position) {
                return self.none_or_busy(position.wrapping_sub(self.capacity()), self.head);
            } else if self.tail.load_relaxed() == position {
                return Claim::Corrupt; // whoever stores a later sequence has moved the tail before
            }
        }
        Claim::Busy
    }

    /// Hands a filled cell on to receivers.
    #[inline]
    pub(crate) fn fill(&self, taken: Taken) {
        // SYNC POINT Q2: the element, for the receiver that loads this; pairs with Q3.
        self.sequences[taken.cell].store_release(taken.position.wrapping_add(1));
    }

    /// Takes the oldest full cell. The caller reads it, and calls [`free`](Self::free).
    #[inline]
    pub(crate) fn take_full(&self) -> Claim<Taken> {
        for _ in 0..TRIES {
            // Relaxed: the cell's word gives the order.
            let position = self.head.load_to_exchange();
            let cell = self.cell(position);
            // SYNC POINT Q3: the sender has written the element; pairs with Q2.
            let sequence = self.sequences[cell].load_acquire();
            let full = position.wrapping_add(1);
            if sequence == full {
                if self.head.compare_exchange_relaxed(position, full) {
                    return Claim::Place(Taken { position, cell });
                }
            } else if is_behind(sequence, full) {
                return self.none_or_busy(position, self.tail);
            } else if self.head.load_relaxed() == position {
                return Claim::Corrupt;
            }
        }
        Claim::Busy
    }

    /// Hands a cell that was read on to senders.
    #[inline]
    pub(crate) fn free(&self, taken: Taken) {
        // SYNC POINT Q4: the element was read, for the sender that loads this; pairs with Q1.
        self.sequences[taken.cell].store_release(taken.position.wrapping_add(self.capacity()));
    }

    /// Says why the cell at `position` is not what was needed: the other side has not come there,
    /// or it has, and has not finished.
    fn none_or_busy(&self, position: u32, other: &Word32) -> Claim<Taken> {
        // Relaxed: it only tells one refusal from another.
        if other.load_relaxed() == position { Claim::None } else { Claim::Busy }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the format has 32 bits for it")]
    fn capacity(&self) -> u32 {
        self.sequences.len() as u32
    }

    /// Returns how many elements there are. It may be outdated at once.
    #[inline]
    pub(crate) fn len(&self) -> u32 {
        // Relaxed: the number is a hint. The head may be loaded before the tail moves on.
        let head = self.head.load_relaxed();
        self.tail.load_relaxed().wrapping_sub(head).min(self.capacity())
    }
}

/// Returns whether a sequence comes before another one, modulo 2^32.
#[expect(clippy::cast_possible_wrap, reason = "the sign is what is asked for")]
fn is_behind(sequence: u32, other: u32) -> bool {
    (sequence.wrapping_sub(other) as i32) < 0
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::protocol::modelling::{Plain, explore_three_preemptions, spawn};
    use std::sync::Arc;

    struct World {
        head: Word32,
        tail: Word32,
        sequences: Vec<Word32>,
        cells: [Plain; 2],
    }

    impl World {
        /// Positions begin at `start`, of which the lower bit is 0.
        fn new(start: u32) -> Arc<Self> {
            let sequences = (0..2).map(|cell| Word32::new(start.wrapping_add(cell))).collect();
            let cells = [Plain::new(0), Plain::new(0)];
            Arc::new(Self { head: Word32::new(start), tail: Word32::new(start), sequences, cells })
        }

        fn queue(&self) -> Queue<'_> {
            Queue::new(&self.head, &self.tail, &self.sequences)
        }

        fn push(&self, value: u64) -> bool {
            let Claim::Place(taken) = self.queue().take_free() else { return false };
            self.cells[taken.cell].write(value);
            self.queue().fill(taken);
            true
        }

        fn pop(&self) -> Option<u64> {
            let claim = self.queue().take_full();
            assert_ne!(claim, Claim::Corrupt);
            let Claim::Place(taken) = claim else { return None };
            let value = self.cells[taken.cell].read();
            self.queue().free(taken);
            Some(value)
        }

        fn pop_all(&self) -> Vec<u64> {
            std::iter::from_fn(|| self.pop()).collect()
        }
    }

    /// What is pushed while the cells are reused comes out in order, also over the counters' end.
    #[test]
    fn one_sender_and_one_receiver() {
        explore_three_preemptions(|| {
            let world = World::new(u32::MAX - 1);
            let sender = spawn(&world, |world| (1..=3).filter(|&value| world.push(value)).collect::<Vec<_>>());
            let mut received: Vec<_> = [world.pop(), world.pop()].into_iter().flatten().collect();
            let sent = sender.join().unwrap();
            received.extend(world.pop_all());
            assert_eq!(received, sent);
        });
    }

    /// Two senders do not get the same cell.
    #[test]
    fn two_senders() {
        explore_three_preemptions(|| {
            let world = World::new(0);
            let sender = spawn(&world, |world| world.push(1));
            let second = world.push(2);
            assert!(second && sender.join().unwrap());
            let mut received = world.pop_all();
            received.sort_unstable();
            assert_eq!(received, [1, 2]);
        });
    }

    /// Two receivers do not get the same element.
    #[test]
    fn two_receivers() {
        explore_three_preemptions(|| {
            let world = World::new(0);
            assert!(world.push(1) && world.push(2));
            let receiver = spawn(&world, World::pop);
            let mine = world.pop();
            let mut received: Vec<_> = [mine, receiver.join().unwrap()].into_iter().flatten().collect();
            received.sort_unstable();
            assert_eq!(received, [1, 2]);
        });
    }

    /// A sender that dies between its two steps is seen.
    #[test]
    fn death_of_a_sender() {
        loom::model(|| {
            let world = World::new(0);
            assert_eq!(world.queue().take_full(), Claim::None);
            let _ = world.queue().take_free();
            assert_eq!(world.queue().take_full(), Claim::Busy);
        });
    }
}

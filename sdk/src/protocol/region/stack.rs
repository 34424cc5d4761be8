//! A stack with any number of pushers and poppers, with the four states that ZeroIPC specifies.
//!
//! `top` is the index of the highest place that was reserved, or -1. Each place has a state:
//! 0 empty, 1 being written, 2 ready, 3 being read.
//!
//! A pusher reserves a place by moving `top` up, makes it its own (0 to 1), writes, and stores 2. A
//! popper moves `top` down, makes the place its own (2 to 3), reads, and stores 0.
//!
//! *Could two have one place?* Reserving gives the right to one change of state. If a popper and a
//! pusher have reserved the same place one after the other, the state admits them in turn.
//!
//! *What if a process dies between the steps?* The place stays in its state, and whoever reserves it
//! next waits. So a place is looked at before it is reserved: [`Claim::Busy`]. If its state changes
//! in between, the reservation is undone where that is possible.

use super::{Claim, TRIES};
use crate::sync::Word32;

const EMPTY: u32 = 0;
const WRITING: u32 = 1;
const READY: u32 = 2;
const READING: u32 = 3;

/// How often a reserved place is tried before the reservation is undone.
const TURNS: u32 = if cfg!(loom) { 2 } else { 200 };

/// The words of a stack.
pub(crate) struct Stack<'a> {
    top: &'a Word32,
    states: &'a [Word32],
}

impl<'a> Stack<'a> {
    #[inline]
    pub(crate) fn new(top: &'a Word32, states: &'a [Word32]) -> Self {
        Self { top, states }
    }

    /// Takes a place above the others. The caller writes it, and calls [`fill`](Self::fill).
    ///
    /// `pause` is called while another process has the place in its hands.
    pub(crate) fn take_free(&self, pause: impl Fn()) -> Claim<usize> {
        for _ in 0..TRIES {
            // Relaxed: the place's state gives the order.
            let top = self.top.load_to_exchange();
            let above = top.wrapping_add(1);
            let place = above as usize;
            if place > self.states.len() {
                return Claim::Corrupt;
            }
            if place == self.states.len() {
                return Claim::None;
            }
            // Relaxed: it is only a hint. Models do without, so that all the rest is explored.
            if !cfg!(loom) && self.states[place].load_relaxed() != EMPTY {
                return Claim::Busy;
            }
            if self.top.compare_exchange_relaxed(top, above) {
                return self.own(place, EMPTY, WRITING, (above, top), pause);
            }
        }
        Claim::Busy
    }

    /// Hands a written place on to poppers.
    #[inline]
    pub(crate) fn fill(&self, place: usize) {
        // SYNC POINT S1: the element, for the popper that makes the place its own; pairs with S2.
        self.states[place].store_release(READY);
    }

    /// Takes the highest place. The caller reads it, and calls [`free`](Self::free).
    pub(crate) fn take_full(&self, pause: impl Fn()) -> Claim<usize> {
        for _ in 0..TRIES {
            // Relaxed: the place's state gives the order.
            let top = self.top.load_to_exchange();
            if top == u32::MAX {
                return Claim::None;
            }
            let place = top as usize;
            let Some(state) = self.states.get(place) else { return Claim::Corrupt };
            // Relaxed: it is only a hint.
            if !cfg!(loom) && state.load_relaxed() != READY {
                return Claim::Busy;
            }
            let below = top.wrapping_sub(1);
            if self.top.compare_exchange_relaxed(top, below) {
                return self.own(place, READY, READING, (below, top), pause);
            }
        }
        Claim::Busy
    }

    /// Hands a place that was read on to pushers.
    #[inline]
    pub(crate) fn free(&self, place: usize) {
        // SYNC POINT S3: the element was read, for the pusher that makes the place its own; pairs
        // with S2.
        self.states[place].store_release(EMPTY);
    }

    /// Makes a reserved place this process's own. If that does not succeed soon, moves `top` back,
    /// from and to the values of `undo`.
    fn own(&self, place: usize, from: u32, to: u32, undo: (u32, u32), pause: impl Fn()) -> Claim<usize> {
        for turn in 0_u32.. {
            // SYNC POINT S2: what the last owner wrote, or that it has read; pairs with S1 and S3.
            if self.states[place].compare_exchange(from, to) {
                return Claim::Place(place);
            }
            // Relaxed: whoever reserves a place looks at its state.
            if turn >= TURNS && (self.top.compare_exchange_relaxed(undo.0, undo.1) || turn >= 10 * TURNS) {
                break;
            }
            pause();
        }
        Claim::Busy
    }

    /// Returns how many elements there are. It may be outdated at once.
    pub(crate) fn len(&self) -> usize {
        // Relaxed: the number is a hint.
        (self.top.load_relaxed().wrapping_add(1) as usize).min(self.states.len())
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::protocol::modelling::{Plain, explore_three_preemptions, spawn};
    use std::sync::Arc;

    struct World {
        top: Word32,
        states: Vec<Word32>,
        places: [Plain; 2],
    }

    impl World {
        fn new() -> Arc<Self> {
            let states = (0..2).map(|_| Word32::new(EMPTY)).collect();
            let places = [Plain::new(0), Plain::new(0)];
            Arc::new(Self { top: Word32::new(u32::MAX), states, places })
        }

        fn stack(&self) -> Stack<'_> {
            Stack::new(&self.top, &self.states)
        }

        fn push(&self, value: u64) -> bool {
            let claim = self.stack().take_free(loom::thread::yield_now);
            assert_ne!(claim, Claim::Corrupt);
            let Claim::Place(place) = claim else { return false };
            self.places[place].write(value);
            self.stack().fill(place);
            true
        }

        fn pop(&self) -> Option<u64> {
            let claim = self.stack().take_full(loom::thread::yield_now);
            assert_ne!(claim, Claim::Corrupt);
            let Claim::Place(place) = claim else { return None };
            let value = self.places[place].read();
            self.stack().free(place);
            Some(value)
        }
    }

    /// Nothing is lost or doubled, and no access races, while a place is reused.
    #[test]
    fn a_pusher_and_a_popper() {
        explore_three_preemptions(|| {
            let world = World::new();
            assert!(world.push(1));
            let pusher = spawn(&world, |world| world.push(2));
            let mut popped: Vec<_> = [world.pop(), world.pop()].into_iter().flatten().collect();
            let pushed = pusher.join().unwrap();
            popped.extend(std::iter::from_fn(|| world.pop()));
            popped.sort_unstable();
            assert_eq!(popped, if pushed { vec![1, 2] } else { vec![1] });
        });
    }

    /// A place that was freed is written again without a race.
    #[test]
    fn a_place_is_reused() {
        explore_three_preemptions(|| {
            let world = World::new();
            assert!(world.push(1));
            let popper = spawn(&world, World::pop);
            let pushed = world.push(2);
            let again = pushed && world.push(3);
            let first = popper.join().unwrap();
            let mut popped: Vec<_> = first.into_iter().chain(std::iter::from_fn(|| world.pop())).collect();
            popped.sort_unstable();
            let expected: Vec<u64> = (1..=3).filter(|n| [true, pushed, again][*n as usize - 1]).collect();
            assert_eq!(popped, expected);
        });
    }
}

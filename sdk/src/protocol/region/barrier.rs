//! A barrier: how many have arrived, and how often all had.
//!
//! The last one to arrive makes the count 0 and adds one to the generation. The others wait until
//! the generation has changed.
//!
//! *What if one gives up?* It takes its arrival back. If all were released at that moment, it has
//! taken away one of the next round, and gives it back.

use crate::sync::Word32;

/// The words of a barrier.
pub(crate) struct Rounds<'a> {
    arrived: &'a Word32,
    generation: &'a Word32,
    participants: u32,
}

/// What an arrival means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Others are missing.
    Early,
    /// All have arrived, and are released.
    Last,
    /// So many have arrived, which is more than take part.
    TooMany(u32),
}

/// What came of giving up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// The arrival was taken back.
    Left,
    /// All were released before. If this was the last arrival of the next round, those waiting for
    /// it have to be woken.
    Released(Arrival),
    /// The last one has arrived, and is about to release all.
    Soon,
}

impl<'a> Rounds<'a> {
    pub(crate) fn new(arrived: &'a Word32, generation: &'a Word32, participants: u32) -> Self {
        Self { arrived, generation, participants }
    }

    /// Returns the number of this round, to be asked for before arriving.
    pub(crate) fn generation(&self) -> u32 {
        // SYNC POINT H1: what all have written before they arrived; pairs with H2.
        self.generation.load_acquire()
    }

    /// Arrives.
    pub(crate) fn arrive(&self) -> Arrival {
        // SYNC POINT H3: what this one has written, for the last one, which hands all of it on by
        // H2; pairs with itself.
        let arrived = self.arrived.add(1).wrapping_add(1);
        if arrived > self.participants {
            return Arrival::TooMany(arrived);
        }
        if arrived < self.participants {
            return Arrival::Early;
        }
        // Relaxed: nobody arrives before H2.
        self.arrived.store_relaxed(0);
        // SYNC POINT H2: what all have written, and that the count is 0; pairs with H1.
        self.generation.add(1);
        Arrival::Last
    }

    /// Takes an arrival back, of the round `generation`.
    pub(crate) fn leave(&self, generation: u32) -> Leaving {
        if self.generation() != generation {
            return Leaving::Released(Arrival::Early);
        }
        // Relaxed: the exchange gives the order.
        let arrived = self.arrived.load_relaxed();
        if arrived == 0 || arrived >= self.participants || !self.arrived.compare_exchange(arrived, arrived - 1) {
            return Leaving::Soon;
        }
        if self.generation() == generation { Leaving::Left } else { Leaving::Released(self.arrive()) }
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::protocol::modelling::{Plain, explore_three_preemptions, spawn};
    use std::sync::Arc;

    struct World {
        arrived: Word32,
        generation: Word32,
        values: [Plain; 2],
    }

    impl World {
        fn new() -> Arc<Self> {
            let values = [Plain::new(0), Plain::new(0)];
            Arc::new(Self { arrived: Word32::new(0), generation: Word32::new(0), values })
        }

        fn rounds(&self) -> Rounds<'_> {
            Rounds::new(&self.arrived, &self.generation, 2)
        }

        fn pass(&self) -> Arrival {
            let generation = self.rounds().generation();
            let arrival = self.rounds().arrive();
            if arrival == Arrival::Early {
                while self.rounds().generation() == generation {
                    loom::thread::yield_now();
                }
            }
            arrival
        }

        /// Writes its own value, and reads the other's after the barrier; twice.
        fn two_rounds(&self, me: usize) -> usize {
            let mut last = 0;
            for round in 1..=2 {
                self.values[me].write(round);
                last += usize::from(self.pass() == Arrival::Last);
                assert_eq!(self.values[1 - me].read(), round);
                last += usize::from(self.pass() == Arrival::Last);
            }
            last
        }
    }

    /// After the barrier each sees what the others have written before it, and exactly one is last.
    #[test]
    fn two_participants() {
        explore_three_preemptions(|| {
            let world = World::new();
            let other = spawn(&world, |world| world.two_rounds(1));
            let last = world.two_rounds(0) + other.join().unwrap();
            assert_eq!(last, 4);
        });
    }

    /// One gives up while the other arrives: both are released, or none is and one arrival is left.
    #[test]
    fn one_gives_up() {
        explore_three_preemptions(|| {
            let world = World::new();
            let other = spawn(&world, |world| world.rounds().arrive());
            let generation = world.rounds().generation();
            let mine = world.rounds().arrive();
            let left = mine == Arrival::Early
                && loop {
                    match world.rounds().leave(generation) {
                        Leaving::Left => break true,
                        Leaving::Released(arrival) => {
                            assert_eq!(arrival, Arrival::Early);
                            break false;
                        }
                        Leaving::Soon => loom::thread::yield_now(),
                    }
                };
            let others = other.join().unwrap();
            let count = world.arrived.load_relaxed();
            let generation = world.generation.load_relaxed();
            if left {
                assert_eq!((count, generation, others), (1, 0, Arrival::Early));
            } else {
                assert_eq!((count, generation), (0, 1));
                assert!((mine == Arrival::Last) != (others == Arrival::Last));
            }
        });
    }
}

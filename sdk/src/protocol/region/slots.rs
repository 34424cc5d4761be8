//! The objects of a pool: a word for each says whose it is.
//!
//! A word is 0 if the object is free, 4 · t + 2 if the process with the token t has it, and 2 if it
//! was handed over and nobody has adopted it yet. There is no list of free ones, whose links could
//! be stale: an object changes hands by one exchange of its own word.

use crate::sync::Word;

pub(crate) const FREE: u64 = 0;
pub(crate) const TAKEN: u64 = 2;

/// The words of a pool.
pub(crate) struct Slots<'a>(pub(crate) &'a [Word]);

impl Slots<'_> {
    /// Takes a free object, beginning the search at `first`.
    #[inline]
    pub(crate) fn take(&self, token: u32, first: usize) -> Option<usize> {
        let count = self.0.len();
        (first..first + count)
            .map(|index| if index < count { index } else { index - count })
            // Most are taken: a look spares the exchange. Models do without, so that all the rest
            // is explored.
            .find(|&index| {
                (cfg!(loom) || self.0[index].load_relaxed() == FREE) && self.change(index, FREE, mine(token))
            })
    }

    /// Takes an object of a process that has died.
    pub(crate) fn take_from_dead(&self, token: u32, is_dead: impl Fn(u32) -> bool) -> Option<usize> {
        let mut known = (0, false);
        (0..self.0.len()).find(|&index| {
            // Relaxed: that the process is dead was seen by the kernel.
            let seen = self.0[index].load_relaxed();
            #[expect(clippy::cast_possible_truncation, reason = "tokens have 30 bits")]
            let owner = (seen >> 2) as u32;
            if known.0 != owner {
                known = (owner, owner != 0 && is_dead(owner));
            }
            known.1 && self.change(index, seen, mine(token))
        })
    }

    /// Takes an object that was handed over. The index is inside.
    pub(crate) fn adopt(&self, token: u32, index: usize) -> bool {
        self.change(index, TAKEN, mine(token))
    }

    #[inline]
    fn change(&self, index: usize, from: u64, to: u64) -> bool {
        // SYNC POINT K1: what the last owner wrote; pairs with K2.
        self.0[index].compare_exchange(from, to)
    }

    /// Gives an object up: it is free, or handed over.
    #[inline]
    pub(crate) fn give(&self, index: usize, as_what: u64) {
        // SYNC POINT K2: what this owner wrote; pairs with K1.
        self.0[index].store_release(as_what);
    }
}

fn mine(token: u32) -> u64 {
    u64::from(token) << 2 | TAKEN
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::protocol::modelling::{Plain, explore_three_preemptions, spawn, zeros};
    use std::sync::Arc;

    struct World {
        owners: Vec<Word>,
        objects: [Plain; 2],
    }

    impl World {
        fn new() -> Arc<Self> {
            Arc::new(Self { owners: zeros(2), objects: [Plain::new(0), Plain::new(0)] })
        }

        fn add_one_twice(&self, token: u32) -> u64 {
            let added = (0..2).filter_map(|_| {
                let index = Slots(&self.owners).take(token, 0)?;
                self.objects[index].write(self.objects[index].read() + 1);
                Slots(&self.owners).give(index, FREE);
                Some(())
            });
            added.count() as u64
        }
    }

    /// An object has one owner at a time, also if it is taken and given back again and again.
    #[test]
    fn two_owners_of_objects() {
        explore_three_preemptions(|| {
            let world = World::new();
            let other = spawn(&world, |world| world.add_one_twice(1));
            let added = world.add_one_twice(2) + other.join().unwrap();
            assert_eq!(added, 4, "one of two objects is always free");
            assert_eq!(world.objects[0].read() + world.objects[1].read(), added);
        });
    }

    /// An object that is handed over has what was written, for the one that adopts it.
    #[test]
    fn a_handed_over_object() {
        explore_three_preemptions(|| {
            let world = World::new();
            assert_eq!(Slots(&world.owners).take(1, 0), Some(0));
            let other = spawn(&world, |world| {
                world.objects[0].write(7);
                Slots(&world.owners).give(0, TAKEN);
            });
            if Slots(&world.owners).adopt(2, 0) {
                assert_eq!(world.objects[0].read(), 7);
            }
            other.join().unwrap();
        });
    }

    /// Of two that notice a death, one gets the object.
    #[test]
    fn an_object_of_a_dead_process() {
        explore_three_preemptions(|| {
            let world = World::new();
            assert_eq!(Slots(&world.owners).take(1, 0), Some(0));
            assert_eq!(Slots(&world.owners).take(2, 0), Some(1));
            let other = spawn(&world, |world| Slots(&world.owners).take_from_dead(3, |token| token == 1));
            let mine = Slots(&world.owners).take_from_dead(4, |token| token == 1);
            let others = other.join().unwrap();
            assert!((mine == Some(0)) != (others == Some(0)), "{mine:?} {others:?}");
        });
    }
}

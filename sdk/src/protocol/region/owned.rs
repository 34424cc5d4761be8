//! A lock with a known owner, over a word that other clients know, which is free or taken: 1 and 0
//! for a mutex, 0 and 1 for what is computed once.
//!
//! The owner's word is beside the format. It is 4 · t + p, with the token t of the owner and the
//! phase p: 0 nobody, 1 acquiring, 2 holding. Processes of this crate take that word first and then
//! the lock, so they wait for each other by the owner, and for other clients by the lock.
//!
//! *What does a dead owner leave?*
//!
//! | phase | lock | meaning |
//! | --- | --- | --- |
//! | 1 | free | it did not hold the lock: the next one takes over |
//! | 1 | taken | it died just before or just after it took the lock; or another client holds it |
//! | 2 | taken | it held the lock: the next one takes over, and is told |
//! | 2 | free | it died while it released: the next one takes over |
//!
//! In the second case nobody can tell, so nobody takes over: [`Attempt::Unclear`].
//!
//! Whoever inherits the lock has seen by the kernel that the owner has ended: its writes came
//! before.

use crate::sync::{Word, Word32};

const ACQUIRING: u64 = 1;
const HOLDING: u64 = 2;

/// The words of a lock.
pub(crate) struct Owned<'a> {
    owner: &'a Word,
    lock: &'a Word32,
    values: Values,
}

/// What the lock's word is when it is free, and when it is taken.
#[derive(Clone, Copy)]
pub(crate) struct Values {
    pub(crate) free: u32,
    pub(crate) taken: u32,
}

/// What came of an attempt to take the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// It was free.
    Taken,
    /// Its owner has died while holding it. It is taken.
    Inherited,
    /// The process with this token has it, or is about to.
    Held { by: u32 },
    /// Another client has it.
    HeldByOther,
    /// A process died while taking it. It may have succeeded, or another client may hold the lock.
    Unclear,
}

impl<'a> Owned<'a> {
    pub(crate) fn new(owner: &'a Word, lock: &'a Word32, values: Values) -> Self {
        Self { owner, lock, values }
    }

    /// Tries to take the lock. `is_dead` says whether the process with a token has ended.
    pub(crate) fn try_take(&self, token: u32, is_dead: impl FnOnce(u32) -> bool) -> Attempt {
        // Relaxed, like all accesses to this word: the lock gives the order.
        let seen = self.owner.load_relaxed();
        let (holder, phase) = (token_of(seen), seen & 3);
        let mut inherits = false;
        if seen != 0 {
            if !is_dead(holder) {
                return Attempt::Held { by: holder };
            }
            // Relaxed: the owner is dead, and stores nothing any more.
            let is_taken = self.lock.load_relaxed() == self.values.taken;
            if phase != HOLDING && is_taken {
                return Attempt::Unclear;
            }
            inherits = phase == HOLDING && is_taken;
        }
        let phase = if inherits { HOLDING } else { ACQUIRING };
        if !self.owner.compare_exchange_relaxed(seen, word_of(token, phase)) {
            return Attempt::Held { by: token_of(self.owner.load_relaxed()) };
        }
        if inherits {
            return Attempt::Inherited;
        }
        // SYNC POINT O1: what the last owner wrote, of this crate or another client; pairs with O2.
        if self.lock.compare_exchange(self.values.free, self.values.taken) {
            self.owner.store_relaxed(word_of(token, HOLDING));
            return Attempt::Taken;
        }
        self.owner.store_relaxed(0);
        Attempt::HeldByOther
    }

    /// Releases the lock, which this process holds, to this value.
    pub(crate) fn release(&self, to: u32) {
        // SYNC POINT O2: what this owner wrote; pairs with O1.
        self.lock.store_release(to);
        // Relaxed: whoever sees it too early finds the lock taken, and tries again.
        self.owner.store_relaxed(0);
    }

    /// Returns what the lock was released to, or that it is taken.
    pub(crate) fn state(lock: &Word32) -> u32 {
        // SYNC POINT O3: what the owner wrote that released it to this; pairs with O2.
        lock.load_acquire()
    }

    /// Returns the token of the owner, 0 if there is none or it is another client.
    pub(crate) fn owner(&self) -> u32 {
        token_of(self.owner.load_relaxed())
    }
}

#[expect(clippy::cast_possible_truncation, reason = "tokens have 30 bits")]
fn token_of(word: u64) -> u32 {
    (word >> 2) as u32
}

fn word_of(token: u32, phase: u64) -> u64 {
    u64::from(token) << 2 | phase
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::protocol::modelling::{Plain, explore_three_preemptions, spawn};
    use std::sync::Arc;

    struct World {
        owner: Word,
        count: Word32,
        value: Plain,
    }

    impl World {
        fn new() -> Arc<Self> {
            Arc::new(Self { owner: Word::new(0), count: Word32::new(1), value: Plain::new(0) })
        }

        fn lock(&self) -> Owned<'_> {
            Owned::new(&self.owner, &self.count, Values { free: 1, taken: 0 })
        }

        fn add_one(&self, token: u32) -> bool {
            let attempt = self.lock().try_take(token, |_| false);
            let is_taken = attempt == Attempt::Taken;
            if is_taken {
                self.value.write(self.value.read() + 1);
                self.lock().release(1);
            }
            is_taken
        }

        /// What other clients do: they know only the count.
        fn add_one_as_another_client(&self) -> bool {
            let is_taken = self.count.compare_exchange(1, 0);
            if is_taken {
                self.value.write(self.value.read() + 1);
                self.count.store_release(1);
            }
            is_taken
        }
    }

    #[test]
    fn two_owners() {
        explore_three_preemptions(|| {
            let world = World::new();
            let other = spawn(&world, |world| world.add_one(1));
            let mine = world.add_one(2);
            let added = u64::from(mine) + u64::from(other.join().unwrap());
            assert!(added > 0);
            assert_eq!(world.value.read(), added);
        });
    }

    #[test]
    fn an_owner_and_another_client() {
        explore_three_preemptions(|| {
            let world = World::new();
            let other = spawn(&world, World::add_one_as_another_client);
            let mine = world.add_one(2);
            let added = u64::from(mine) + u64::from(other.join().unwrap());
            assert_eq!(world.value.read(), added);
        });
    }

    /// A value that is computed once is seen by those that find it done.
    #[test]
    fn computed_once() {
        explore_three_preemptions(|| {
            let world = Arc::new(World { owner: Word::new(0), count: Word32::new(0), value: Plain::new(0) });
            let compute = |world: &World, token| {
                let values = Values { free: 0, taken: 1 };
                let lock = Owned::new(&world.owner, &world.count, values);
                let computes = lock.try_take(token, |_| false) == Attempt::Taken;
                if computes {
                    world.value.write(world.value.read() + 1);
                    lock.release(2);
                }
                computes
            };
            let other = spawn(&world, move |world| compute(world, 1));
            if Owned::state(&world.count) == 2 {
                assert_eq!(world.value.read(), 1);
            }
            let mine = compute(&world, 2);
            assert!(!(other.join().unwrap() && mine), "it was computed twice");
        });
    }

    #[test]
    fn a_dead_owner() {
        loom::model(|| {
            let world = World::new();
            assert_eq!(world.lock().try_take(1, |_| false), Attempt::Taken);
            assert_eq!(world.lock().try_take(2, |_| false), Attempt::Held { by: 1 });
            assert_eq!(world.lock().try_take(2, |token| token == 1), Attempt::Inherited);
            world.lock().release(1);
            assert_eq!(world.lock().try_take(3, |_| false), Attempt::Taken);
            assert_eq!(world.lock().owner(), 3);
            world.owner.store_relaxed(word_of(3, ACQUIRING));
            assert_eq!(world.lock().try_take(2, |_| true), Attempt::Unclear);
        });
    }
}

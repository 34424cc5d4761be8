//! The word of a map's key: free, claimed by a process that writes the key, or set.
//!
//! A key is written once, and stays until the map is removed. So whoever has seen that it is set
//! can read it without looking again.

use crate::sync::Word;

const FREE: u64 = 0;
const CLAIMED: u64 = 1;
pub(crate) const SET: u64 = 2;

/// The word of a key.
pub(crate) struct Key<'a>(pub(crate) &'a Word);

/// What the word of a key says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Free,
    /// The process with this token writes it.
    Claimed(u32),
    /// It can be read.
    Set,
}

impl Key<'_> {
    /// Returns what the word says.
    #[inline]
    pub(crate) fn state(&self) -> State {
        // SYNC POINT N1: the key; pairs with N2.
        match self.0.load_acquire() {
            FREE => State::Free,
            SET => State::Set,
            #[expect(clippy::cast_possible_truncation, reason = "tokens have 30 bits")]
            other => State::Claimed((other >> 2) as u32),
        }
    }

    /// Becomes the one that writes the key, if nothing has changed since `seen`, and the process
    /// that claimed it is dead.
    pub(crate) fn claim(&self, seen: State, token: u32) -> bool {
        let seen = match seen {
            State::Free => FREE,
            State::Claimed(owner) => claimed(owner),
            State::Set => return false,
        };
        // Relaxed: a dead process is known to be dead by the kernel, and N2 publishes the key.
        self.0.compare_exchange_relaxed(seen, claimed(token))
    }

    /// Lets others read the key, which was written.
    pub(crate) fn set(&self) {
        // SYNC POINT N2: the key; pairs with N1.
        self.0.store_release(SET);
    }
}

fn claimed(token: u32) -> u64 {
    u64::from(token) << 2 | CLAIMED
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::protocol::modelling::{Plain, explore_three_preemptions, spawn};
    use std::sync::Arc;

    struct World {
        word: Word,
        key: Plain,
    }

    impl World {
        fn key(&self) -> Key<'_> {
            Key(&self.word)
        }

        /// Writes the key, or finds that another has or does. Returns whether this one wrote it.
        fn insert(&self, token: u32) -> Option<bool> {
            match self.key().state() {
                State::Claimed(_) => None,
                State::Set => {
                    assert_eq!(self.key.read(), 7);
                    Some(false)
                }
                State::Free => self.key().claim(State::Free, token).then(|| {
                    self.key.write(7);
                    self.key().set();
                    true
                }),
            }
        }
    }

    /// A key is written by one, and read whole by the others.
    #[test]
    fn a_key_is_written_once() {
        explore_three_preemptions(|| {
            let world = Arc::new(World { word: Word::new(FREE), key: Plain::new(0) });
            let other = spawn(&world, |world| world.insert(1));
            let mine = world.insert(2);
            let others = other.join().unwrap();
            assert!(!(mine == Some(true) && others == Some(true)));
            assert!(mine == Some(true) || others == Some(true));
        });
    }

    /// A claim of a dead process is taken over by one.
    #[test]
    fn a_dead_claim() {
        explore_three_preemptions(|| {
            let world = Arc::new(World { word: Word::new(claimed(9)), key: Plain::new(0) });
            let take = |world: &World, token| {
                let seen = world.key().state();
                let takes = seen == State::Claimed(9) && world.key().claim(seen, token);
                if takes {
                    world.key.write(7);
                    world.key().set();
                }
                takes
            };
            let other = spawn(&world, move |world| take(world, 1));
            let mine = take(&world, 2);
            assert!(mine != other.join().unwrap());
            assert_eq!(world.key().state(), State::Set);
        });
    }
}

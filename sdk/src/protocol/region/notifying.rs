//! A monitor: those that wait are counted, and get a permit each when they are notified.
//!
//! Who waits is counted before it unlocks the monitor, and then acquires a permit. Who has changed
//! something under the lock releases permits afterwards, as many as are counted. So one that saw
//! the state before the change was counted before it, and gets its permit, also if it has not tried
//! to acquire it yet.

use crate::sync::Word32;

/// At most so many are notified at once, whatever a count says that another process has written.
const MOST: u32 = 100_000;

/// The count of those that wait.
pub(crate) struct Notifying<'a>(pub(crate) &'a Word32);

impl Notifying<'_> {
    /// Counts one that waits, which holds the lock.
    pub(crate) fn register(&self) {
        // The lock shows it to those that notify.
        self.0.add(1);
    }

    /// Takes one from the count that does not wait any more.
    pub(crate) fn unregister(&self) {
        self.0.add(u32::MAX);
    }

    /// Returns how many wait, for whom permits have to be released.
    pub(crate) fn waiting(&self) -> u32 {
        // Relaxed: the lock gives the order. One that was killed stays counted: its permits let
        // others wake for nothing.
        u32::try_from(self.0.load_relaxed().cast_signed()).unwrap_or(0).min(MOST)
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::protocol::modelling::{Plain, explore_three_preemptions, spawn};
    use crate::protocol::region::owned::{Attempt, Owned, Values};
    use crate::protocol::region::permits::Permits;
    use crate::sync::Word;
    use std::sync::Arc;

    struct World {
        owner: Word,
        lock: Word32,
        waiting: Word32,
        count: Word32,
        is_done: Plain,
    }

    impl World {
        fn notifying(&self) -> Notifying<'_> {
            Notifying(&self.waiting)
        }

        fn permits(&self) -> Permits<'_> {
            Permits::new(&self.count, 0)
        }

        fn locked<R>(&self, token: u32, act: impl FnOnce() -> R) -> R {
            let lock = Owned::new(&self.owner, &self.lock, Values { free: 1, taken: 0 });
            while lock.try_take(token, |_| false) != Attempt::Taken {
                loom::thread::yield_now();
            }
            let result = act();
            lock.release(1);
            result
        }
    }

    /// One that was counted before the change gets a permit; one that comes later sees the change.
    #[test]
    fn no_notification_of_a_monitor_is_lost() {
        explore_three_preemptions(|| {
            let world = Arc::new(World {
                owner: Word::new(0),
                lock: Word32::new(1),
                waiting: Word32::new(0),
                count: Word32::new(0),
                is_done: Plain::new(0),
            });
            let waiter = spawn(&world, |world| {
                world.locked(1, || {
                    let waits = world.is_done.read() == 0;
                    if waits {
                        world.notifying().register();
                    }
                    waits
                })
            });
            world.locked(2, || world.is_done.write(1));
            for _ in 0..world.notifying().waiting() {
                world.permits().release().unwrap();
            }
            let waits = waiter.join().unwrap();
            assert!(!waits || world.permits().try_acquire(), "it waits for ever");
        });
    }
}

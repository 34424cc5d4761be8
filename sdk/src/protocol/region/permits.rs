//! The count of a semaphore: how many permits are free.
//!
//! Acquiring takes one by an exchange, releasing adds one. So who acquires sees what all those have
//! written that have released before: their exchanges are one chain.

use super::TRIES;
use crate::sync::Word32;

/// The words of a semaphore.
pub(crate) struct Permits<'a> {
    count: &'a Word32,
    /// The most that can be free, 0 if there is no limit.
    most: i32,
}

/// Why no permit was released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotReleased {
    /// So many are free already.
    All(i32),
    /// The count has changed each time.
    Unsteady,
}

impl<'a> Permits<'a> {
    pub(crate) fn new(count: &'a Word32, most: i32) -> Self {
        Self { count, most }
    }

    /// Acquires a permit if one is free. Returns whether it did.
    pub(crate) fn try_acquire(&self) -> bool {
        for _ in 0..TRIES {
            // Relaxed: A1 gives the order.
            let count = self.count.load_to_exchange();
            if count.cast_signed() <= 0 {
                return false;
            }
            // SYNC POINT A1: what was written before a permit was released; pairs with A2.
            if self.count.compare_exchange(count, count - 1) {
                return true;
            }
        }
        false
    }

    /// Releases a permit.
    pub(crate) fn release(&self) -> Result<(), NotReleased> {
        for _ in 0..TRIES {
            // Relaxed: A2 gives the order.
            let count = self.count.load_to_exchange();
            let free = count.cast_signed();
            if free == i32::MAX || (self.most > 0 && free >= self.most) {
                return Err(NotReleased::All(free));
            }
            // SYNC POINT A2: what was written before this, for the one that acquires; pairs with A1.
            if self.count.compare_exchange(count, count.wrapping_add(1)) {
                return Ok(());
            }
        }
        Err(NotReleased::Unsteady)
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::protocol::modelling::{Plain, explore_three_preemptions, spawn};
    use std::sync::Arc;

    struct World {
        count: Word32,
        value: Plain,
    }

    impl World {
        fn new(count: u32) -> Arc<Self> {
            Arc::new(Self { count: Word32::new(count), value: Plain::new(0) })
        }

        fn permits(&self) -> Permits<'_> {
            Permits::new(&self.count, 1)
        }

        fn add_one(&self) -> bool {
            let acquired = self.permits().try_acquire();
            if acquired {
                self.value.write(self.value.read() + 1);
                self.permits().release().unwrap();
            }
            acquired
        }
    }

    /// With one permit, one at a time has it, and sees what the one before has written.
    #[test]
    fn one_permit() {
        explore_three_preemptions(|| {
            let world = World::new(1);
            let other = spawn(&world, World::add_one);
            let added = u64::from(world.add_one()) + u64::from(other.join().unwrap());
            assert!(added > 0);
            assert_eq!(world.value.read(), added);
            assert_eq!(world.permits().release(), Err(NotReleased::All(1)));
        });
    }

    /// No permit is lost or doubled.
    #[test]
    fn permits_are_counted() {
        explore_three_preemptions(|| {
            let world = World::new(0);
            let other = spawn(&world, |world| Permits::new(&world.count, 0).release().unwrap());
            Permits::new(&world.count, 0).release().unwrap();
            let early = world.permits().try_acquire();
            other.join().unwrap();
            let late = (0..3).filter(|_| world.permits().try_acquire()).count();
            assert_eq!(usize::from(early) + late, 2);
        });
    }
}

//! A latch: a count that only falls, and opens at 0.

use super::TRIES;
use crate::sync::Word32;

/// The word of a latch.
pub(crate) struct Countdown<'a> {
    count: &'a Word32,
}

/// What counting down has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// It is open now, by this.
    Opened,
    /// It is as it was, or nearer to being open.
    Quietly,
    /// The count has changed each time.
    Unsteady,
}

impl<'a> Countdown<'a> {
    pub(crate) fn new(count: &'a Word32) -> Self {
        Self { count }
    }

    /// Counts down, to 0 at the lowest.
    pub(crate) fn by(&self, number: u32) -> Counted {
        for _ in 0..TRIES {
            // Relaxed: D1 gives the order.
            let count = self.count.load_to_exchange();
            if count.cast_signed() <= 0 {
                return Counted::Quietly;
            }
            let left = count.saturating_sub(number);
            // SYNC POINT D1: what was written before this, for those that find it open; pairs with
            // D2.
            if self.count.compare_exchange(count, left) {
                return if left == 0 { Counted::Opened } else { Counted::Quietly };
            }
        }
        Counted::Unsteady
    }

    /// Returns how many are missing.
    pub(crate) fn left(&self) -> u32 {
        // SYNC POINT D2: what all have written that have counted down; pairs with D1.
        let count = self.count.load_acquire();
        u32::try_from(count.cast_signed()).unwrap_or(0)
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::protocol::modelling::{Plain, explore_three_preemptions, spawn};
    use std::sync::Arc;

    struct World {
        count: Word32,
        values: [Plain; 2],
    }

    impl World {
        fn count_down(&self, me: usize) -> Counted {
            self.values[me].write(1);
            Countdown::new(&self.count).by(1)
        }
    }

    /// Who finds it open sees what all have written, and exactly one has opened it.
    #[test]
    fn two_count_down() {
        explore_three_preemptions(|| {
            let world = Arc::new(World { count: Word32::new(2), values: [Plain::new(0), Plain::new(0)] });
            let threads = [0, 1].map(|me| spawn(&world, move |world| world.count_down(me)));
            if Countdown::new(&world.count).left() == 0 {
                assert_eq!(world.values[0].read() + world.values[1].read(), 2);
            }
            let opened = threads.into_iter().filter_map(|thread| thread.join().ok());
            assert_eq!(opened.filter(|counted| *counted == Counted::Opened).count(), 1);
            assert_eq!(Countdown::new(&world.count).by(1), Counted::Quietly);
        });
    }
}

//! A flag that stays set until it is cleared: a manual event, and the mark of a writer.

use crate::sync::Word32;

/// The word of a flag: 1 or 0.
pub(crate) struct Flag<'a>(pub(crate) &'a Word32);

impl Flag<'_> {
    /// Sets the flag.
    pub(crate) fn set(&self) {
        // SYNC POINT M1: what was written before this; pairs with M2.
        self.0.store_release(1);
    }

    /// Clears the flag.
    pub(crate) fn clear(&self) {
        // SYNC POINT M3: what was written while it was set; pairs with M2.
        self.0.store_release(0);
    }

    /// Returns what the flag is.
    pub(crate) fn value(&self) -> u32 {
        // SYNC POINT M2: what was written before it became this; pairs with M1 and M3.
        self.0.load_acquire()
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::protocol::modelling::{Plain, spawn};
    use std::sync::Arc;

    struct World {
        flag: Word32,
        value: Plain,
    }

    fn who_sees_it_change_sees_what_was_written(
        before: u32,
        change: impl Fn(&Flag<'_>) + Copy + Send + Sync + 'static,
    ) {
        loom::model(move || {
            let world = Arc::new(World { flag: Word32::new(before), value: Plain::new(0) });
            let other = spawn(&world, move |world| {
                world.value.write(1);
                change(&Flag(&world.flag));
            });
            if Flag(&world.flag).value() != before {
                assert_eq!(world.value.read(), 1);
            }
            other.join().unwrap();
        });
    }

    #[test]
    fn set() {
        who_sees_it_change_sees_what_was_written(0, |flag| flag.set());
    }

    #[test]
    fn clear() {
        who_sees_it_change_sees_what_was_written(1, |flag| flag.clear());
    }
}

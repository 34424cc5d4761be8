//! Lists that only grow: a process appends items to its memory, and others read them.
//!
//! The count of items is one word. An item is written while it is not counted, and is complete
//! once it is. Words that change after that, such as the value of a counter, have no order.
//!
//! | owner | reader |
//! | --- | --- |
//! | 1. writes the item behind the last | 1. loads the count (L2) |
//! | 2. stores the count, plus one (L1) | 2. reads as many items |

use crate::sync::{ReadOnlyWord, Word};

/// Counts an item that was written: from here on readers see it. `count` is how many there were.
pub(crate) fn append(word: &Word, count: u64) {
    // SYNC POINT L1: the item before the count; pairs with L2.
    word.store_release(count + 1);
}

/// Returns how many items are complete, at most `capacity`.
pub(crate) fn complete(word: &ReadOnlyWord, capacity: usize) -> usize {
    // SYNC POINT L2: the count before the items; pairs with L1.
    let count = word.load_acquire();
    usize::try_from(count).unwrap_or(usize::MAX).min(capacity)
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::protocol::modelling::{spawn, zeros};
    use crate::sync;
    use std::sync::Arc;

    #[test]
    fn what_is_counted_is_complete() {
        loom::model(|| {
            let memory = Arc::new(zeros(3));
            let owner = spawn(&memory, |memory| {
                for item in 0..2 {
                    memory[1 + item].store_relaxed(7);
                    append(&memory[0], item as u64);
                }
            });
            let words = sync::read_only(&memory);
            for item in 0..complete(&words[0], 2) {
                assert_eq!(words[1 + item].load_relaxed(), 7);
            }
            owner.join().unwrap();
        });
    }
}

//! Who reads under a read-write lock: one word for each reader, which only this crate sees.
//!
//! A word is 4 · t + p, with the token t of the reader's process and the phase p: 1 while it is
//! counted, 2 once it is. A reader that finds no free word is counted without one; if it dies, it
//! stays counted until the region is repaired.

use super::inner::Inner;
use crate::sync::{Word, Word32};
use crate::sys::shared_memory::Held;

/// How many readers are known at a time.
pub(super) const READERS: usize = 16;

const COUNTING: u64 = 1;
const COUNTED: u64 = 2;

/// The words of the readers. Empty where nothing is recorded.
#[derive(Clone)]
pub(super) struct Readers(pub(super) Option<Held<Word>>);

impl Readers {
    /// Counts this process as a reader. Returns the index of its word.
    pub(super) fn enter(&self, token: u32, count: &Word32) -> Option<usize> {
        let word = u64::from(token) << 2;
        let words = self.0.as_deref().unwrap_or_default();
        let index = words.iter().position(|free| free.compare_exchange(0, word | COUNTING));
        count.add(1);
        if let Some(index) = index {
            words[index].store_relaxed(word | COUNTED);
        }
        index
    }

    /// Forgets a reader of this process.
    pub(super) fn leave(&self, index: Option<usize>, count: &Word32) {
        count.add(u32::MAX);
        if let (Some(words), Some(index)) = (&self.0, index) {
            words[index].store_release(0);
        }
    }

    /// Forgets the readers whose processes have ended.
    pub(super) fn forget_dead(&self, inner: &Inner, count: &Word32) {
        for word in self.0.as_deref().unwrap_or_default() {
            let seen = word.load_acquire();
            #[expect(clippy::cast_possible_truncation, reason = "tokens have 30 bits")]
            let token = (seen >> 2) as u32;
            if token != 0 && seen & 3 == COUNTED && inner.is_dead(token) && word.compare_exchange(seen, 0) {
                count.add(u32::MAX);
            }
        }
    }

    /// Forgets all.
    pub(super) fn clear(&self) {
        self.0.as_deref().unwrap_or_default().iter().for_each(|word| word.store_relaxed(0));
    }
}

//! The doorbell of a topic: one word on which receivers sleep, and which a publisher rings if somebody waits.
//!
//! | word | |
//! | --- | --- |
//! | 4n | it has rung n times, and nobody waits: a publisher that sees this does nothing more |
//! | 4n + 1 | somebody sleeps on the word, or is about to |
//! | 4n + 2 | somebody waits for its own bell, a descriptor, or is about to |
//! | 4n + 3 | both |
//!
//! Both sides in order:
//!
//! | publisher | receiver |
//! | --- | --- |
//! | 1. stores the message | 1. sets its bit, and keeps the word's value |
//! | 2. fence (B1) | 2. fence (B2) |
//! | 3. loads the word; if a bit is set: makes it the next 4n, and wakes everybody who sleeps on the word, or rings everybody's bell, or both | 3. looks for a message; if there is one, it is done |
//! | | 4. sleeps as long as the word is the value that it kept, which the kernel looks at; or waits for its bell |
//!
//! *Could a receiver sleep though a message is there?* The fences are in one order. If B1 is first, the receiver's look
//! (3) comes after the message was stored: it sees it and does not sleep. If B2 is first, the publisher's load comes
//! after the receiver set its bit: it sees that value, or one that came after it because another publisher rang.
//! Whoever rings changes the word for good, since it counts, and wakes everybody after that: who
//! was asleep is woken, and who was not asleep yet does not find its value when it wants to sleep.
//! In all cases it looks again.
//!
//! (The count is needed. Were the word only its bits, a receiver that sets one again, sees the message and goes would
//! let another one sleep that had looked before.)
//!
//! B1 would cost a publisher a factor of four in streaming, so it is none where the kernel allows: the receiver has the
//! kernel execute a barrier on every processor on which a publisher runs (`membarrier`), which serves for both fences,
//! and B1 need only hold back the compiler. The models have a fence on both sides.

use crate::sync::Word;

/// A view of the word.
#[derive(Clone, Copy)]
pub(crate) struct Doorbell<'a> {
    word: &'a Word,
}

/// Who waits for it to ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    bits: u64,
}

impl Waiting {
    /// Somebody sleeps on the word.
    pub(crate) const ASLEEP: Self = Self { bits: 1 };
    /// Somebody waits for a bell of its own.
    pub(crate) const FOR_BELL: Self = Self { bits: 2 };

    const ANY: Self = Self { bits: Self::ASLEEP.bits | Self::FOR_BELL.bits };

    pub(crate) fn includes(self, other: Self) -> bool {
        self.bits & other.bits != 0
    }
}

/// How often a bit can be set between two looks of who rings, and once more.
const TRIES: u32 = 3;

impl<'a> Doorbell<'a> {
    #[inline]
    pub(crate) fn new(word: &'a Word) -> Self {
        Self { word }
    }

    /// For who has something to tell, after it was stored. `barrier` is B1: at least for the
    /// compiler. `wake` is told whom to wake.
    #[inline]
    pub(crate) fn ring(self, barrier: impl FnOnce(), wake: impl FnOnce(Waiting)) {
        // SYNC POINT B1: the message before the load of the word; pairs with B2.
        barrier();
        // Relaxed: it is ordered by B1 alone.
        let seen = self.word.load_relaxed();
        if seen & Waiting::ANY.bits != 0 {
            self.count(seen, wake);
        }
    }

    #[cold]
    #[inline(never)]
    fn count(self, mut seen: u64, wake: impl FnOnce(Waiting)) {
        for _ in 0..TRIES {
            // Wrapping: anybody may have written anything here.
            if self.word.replace(seen, (seen | Waiting::ANY.bits).wrapping_add(1)) {
                return wake(Waiting { bits: seen & Waiting::ANY.bits });
            }
            // Of several that ring at once, one counts and wakes for all. If none has, a bit was set.
            let now = self.word.load_relaxed();
            if (now ^ seen) & !Waiting::ANY.bits != 0 {
                return;
            }
            seen = now;
        }
        wake(Waiting::ANY); // nobody who keeps the protocol changes it so often
    }

    /// For who wants to wait: says so, before the last look, and returns the value with which to sleep on
    /// [`word`](Self::word). `barrier` is B2.
    pub(crate) fn await_ring(self, how: Waiting, barrier: impl FnOnce()) -> u64 {
        let value = self.word.set_bits(how.bits) | how.bits;
        // SYNC POINT B2: the word before the look for a message; pairs with B1.
        barrier();
        value
    }

    /// Where to sleep.
    pub(crate) fn word(self) -> &'a Word {
        self.word
    }
}

#[cfg(all(test, loom))]
mod models;

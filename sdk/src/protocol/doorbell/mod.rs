//! The doorbell of a topic: one word on which receivers sleep. A publisher rings it only if
//! somebody waits.
//!
//! | word | meaning |
//! | --- | --- |
//! | 4n | it has rung n times and nobody waits: a publisher that sees this does nothing more |
//! | 4n + 1 | a receiver sleeps on the word, or is about to |
//! | 4n + 2 | a receiver waits for its wake socket, or is about to |
//! | 4n + 3 | both |
//!
//! Receivers set bits. Publishers clear them by going to the next 4n. Each side, in order:
//!
//! | publisher | receiver |
//! | --- | --- |
//! | 1. stores the message | 1. sets its bit, and keeps the value of the word |
//! | 2. fence (B1) | 2. fence (B2) |
//! | 3. loads the word; is done if no bit is set | 3. polls for a message, and is done if there is one |
//! | 4. makes it the next 4n, and wakes those whose bit was set | 4. sleeps while the word is what it kept |
//! | | (the kernel checks that), or waits for its wake socket |
//!
//! *Could a receiver sleep although a message is present?* The fences are in one order.
//!
//! 1. B1 comes first. The receiver polls (3) after the message was stored, so it sees the message
//!    and does not sleep.
//! 2. B2 comes first. The publisher loads the word after the receiver set its bit. It sees that
//!    value, or a later one because another publisher rang. The publisher that rings changes the
//!    word for good, since it counts, and wakes everybody afterwards. A receiver that is asleep is
//!    woken; one that is about to sleep does not find the value that it kept.
//!
//! In all cases the receiver polls again.
//!
//! *Why count?* If the word had only its bits, one receiver could set a bit again, see the message
//! and leave. Another one that polled earlier would then find its value unchanged, and sleep.
//!
//! B1 as a fence would slow streaming by a factor of four, so where the kernel allows it is none.
//! The receiver then makes the kernel execute a barrier on every processor on which a publisher
//! runs (`membarrier`). That serves as both fences, and B1 only binds the compiler. The models have
//! a fence on both sides.

use crate::sync::Word;

/// A view of the word.
#[derive(Clone, Copy)]
pub(crate) struct Doorbell<'a> {
    word: &'a Word,
}

/// How receivers wait: any of the ways below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    bits: u64,
}

impl Waiting {
    /// Asleep on the word.
    pub(crate) const ASLEEP: Self = Self { bits: 1 };
    /// Waiting for a wake socket of its own.
    pub(crate) const ON_SOCKET: Self = Self { bits: 2 };

    const ANY: Self = Self { bits: Self::ASLEEP.bits | Self::ON_SOCKET.bits };

    pub(crate) fn includes(self, other: Self) -> bool {
        self.bits & other.bits != 0
    }
}

/// How often one ring tries again: once per bit that can be set meanwhile, and once more.
const TRIES: u32 = 3;

impl<'a> Doorbell<'a> {
    #[inline]
    pub(crate) fn new(word: &'a Word) -> Self {
        Self { word }
    }

    /// For a publisher, after it has stored what receivers wait for: calls `wake` if somebody
    /// waits.
    ///
    /// `barrier` is B1. It must bind at least the compiler.
    #[inline]
    pub(crate) fn ring(self, barrier: impl FnOnce(), wake: impl FnOnce(Waiting)) {
        // SYNC POINT B1: the message before the load of the word; pairs with B2.
        barrier();
        // Relaxed: B1 alone gives the order.
        let seen = self.word.load_relaxed();
        if seen & Waiting::ANY.bits != 0 {
            self.count_and_wake(seen, wake);
        }
    }

    #[cold]
    #[inline(never)]
    fn count_and_wake(self, mut seen: u64, wake: impl FnOnce(Waiting)) {
        for _ in 0..TRIES {
            // Wrapping: any process may have written any value here.
            if self.word.compare_exchange(seen, (seen | Waiting::ANY.bits).wrapping_add(1)) {
                return wake(Waiting { bits: seen & Waiting::ANY.bits });
            }
            // Of several publishers that ring at once, one counts and wakes for all. If the count
            // is unchanged, a receiver set a bit.
            let now = self.word.load_relaxed();
            if (now ^ seen) & !Waiting::ANY.bits != 0 {
                return;
            }
            seen = now;
        }
        wake(Waiting::ANY); // no process that follows the protocol changes the word so often
    }

    /// For a receiver: announces that it is about to wait, before it polls for the last time.
    /// Returns the value with which to sleep on [`word`](Self::word).
    ///
    /// `barrier` is B2.
    pub(crate) fn prepare_to_wait(self, how: Waiting, barrier: impl FnOnce()) -> u64 {
        let value = self.word.set_bits(how.bits) | how.bits;
        // SYNC POINT B2: the word before the poll for a message; pairs with B1.
        barrier();
        value
    }

    /// Returns the word to sleep on.
    pub(crate) fn word(self) -> &'a Word {
        self.word
    }
}

#[cfg(all(test, loom))]
mod models;

//! The doorbell of a topic: one word on which receivers sleep, and which a publisher rings if somebody does.
//!
//! | word | |
//! | --- | --- |
//! | 2n | it has rung n times, and nobody sleeps: a publisher that sees this does nothing more |
//! | 2n + 1 | somebody sleeps, or is about to |
//!
//! Both sides in order:
//!
//! | publisher | receiver |
//! | --- | --- |
//! | 1. stores the message | 1. makes the word odd, and keeps its value |
//! | 2. fence (B1) | 2. fence (B2) |
//! | 3. loads the word; if it is odd: adds one to that value, and wakes everybody who sleeps on the word | 3. looks for a message; if there is one, it is done |
//! | | 4. sleeps as long as the word is the value that it kept, which the kernel looks at |
//!
//! *Could a receiver sleep though a message is there?* The fences are in one order. If B1 is first, the receiver's look
//! (3) comes after the message was stored: it sees it and does not sleep. If B2 is first, the publisher's load comes
//! after the receiver made the word odd: it sees that value, or one that came after it because another publisher rang.
//! Whoever rings changes the word for good, since it counts, and wakes everybody after that: who was asleep is woken, and
//! who was not asleep yet does not find its value when it wants to sleep. In all cases it looks again.
//!
//! (The count is needed. Were the word only 0 and 1, a receiver that makes it 1 again, sees the message and goes would
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

/// Set while somebody sleeps or is about to.
const AWAITED: u64 = 1;

impl<'a> Doorbell<'a> {
    #[inline]
    pub(crate) fn new(word: &'a Word) -> Self {
        Self { word }
    }

    /// For who has something to tell, after it was stored: whether to wake those who sleep on the word. `barrier` is
    /// B1: at least for the compiler.
    #[inline]
    pub(crate) fn ring(self, barrier: impl FnOnce()) -> bool {
        // SYNC POINT B1: the message before the load of the word; pairs with B2.
        barrier();
        // Relaxed: it is ordered by B1 alone.
        let seen = self.word.load_relaxed();
        seen & AWAITED != 0 && self.count(seen)
    }

    #[cold]
    fn count(self, seen: u64) -> bool {
        // Of several that ring at once, one counts and wakes for all. Wrapping: anybody may have written anything here.
        self.word.replace(seen, seen.wrapping_add(1))
    }

    /// For who wants to sleep: says so, before the last look, and returns the value with which to sleep on
    /// [`word`](Self::word). `barrier` is B2.
    pub(crate) fn await_ring(self, barrier: impl FnOnce()) -> u64 {
        let value = self.word.set_bits(AWAITED) | AWAITED;
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
mod models {
    use super::*;
    use crate::sync::total_order;
    use loom::sync::{Condvar, Mutex};
    use loom::thread;
    use std::sync::Arc;

    /// A futex, as the kernel has it: looking at the word and falling asleep are one step for who wakes.
    struct Topic {
        doorbell: Word,
        head: Word,
        kernel: Mutex<()>,
        sleepers: Condvar,
    }

    impl Topic {
        fn new() -> Arc<Self> {
            let (doorbell, head) = (Word::new(0), Word::new(0));
            Arc::new(Self { doorbell, head, kernel: Mutex::new(()), sleepers: Condvar::new() })
        }

        fn publish(&self, head: u64) {
            self.head.store_release(head);
            if Doorbell::new(&self.doorbell).ring(total_order) {
                let _kernel = self.kernel.lock().unwrap();
                self.sleepers.notify_all();
            }
        }

        /// Sleeps without a limit until the head is there. A lost wake-up is a deadlock, which loom reports.
        fn receive(&self, head: u64) {
            while self.head.load_acquire() < head {
                let value = Doorbell::new(&self.doorbell).await_ring(total_order);
                if self.head.load_acquire() >= head {
                    return;
                }
                let kernel = self.kernel.lock().unwrap();
                if self.doorbell.load_relaxed() == value {
                    drop(self.sleepers.wait(kernel).unwrap());
                }
            }
        }
    }

    #[test]
    fn no_wake_up_is_lost() {
        loom::model(|| {
            let topic = Topic::new();
            let other = Arc::clone(&topic);
            let publisher = thread::spawn(move || other.publish(1));
            topic.receive(1);
            publisher.join().unwrap();
        });
    }

    #[test]
    fn no_wake_up_is_lost_of_two_receivers() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(|| {
            let topic = Topic::new();
            let others = [(); 2].map(|()| {
                let topic = Arc::clone(&topic);
                thread::spawn(move || topic.receive(1))
            });
            topic.publish(1);
            for other in others {
                other.join().unwrap();
            }
        });
    }

    /// A publisher that comes counts itself and rings, while a receiver falls asleep; a second one publishes.
    #[test]
    fn a_ring_for_one_is_not_lost_for_another() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(|| {
            let topic = Topic::new();
            let other = Arc::clone(&topic);
            let publisher = thread::spawn(move || {
                other.publish(1);
                other.publish(2);
            });
            topic.receive(2);
            publisher.join().unwrap();
        });
    }

    /// A receiver that died asleep leaves the word odd: it costs one ring, and the others are woken.
    #[test]
    fn one_that_died_asleep_harms_nobody() {
        loom::model(|| {
            let topic = Topic::new();
            topic.doorbell.store_relaxed(AWAITED);
            let other = Arc::clone(&topic);
            let publisher = thread::spawn(move || other.publish(1));
            topic.receive(1);
            publisher.join().unwrap();
        });
    }
}

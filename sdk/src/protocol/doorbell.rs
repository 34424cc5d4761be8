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
//! Whoever rings changes the word for good, since it counts, and wakes everybody after that: who was asleep is woken, and
//! who was not asleep yet does not find its value when it wants to sleep. In all cases it looks again.
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

    /// For who has something to tell, after it was stored. `barrier` is B1: at least for the compiler. `wake` is told whom
    /// to wake.
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
        /// Whether the bell has rung of the receiver that has one.
        kernel: Mutex<bool>,
        sleepers: Condvar,
        listeners: Condvar,
    }

    impl Topic {
        fn new() -> Arc<Self> {
            let (doorbell, head) = (Word::new(0), Word::new(0));
            let (sleepers, listeners) = (Condvar::new(), Condvar::new());
            Arc::new(Self { doorbell, head, kernel: Mutex::new(false), sleepers, listeners })
        }

        fn publish(&self, head: u64) {
            self.head.store_release(head);
            Doorbell::new(&self.doorbell).ring(total_order, |waiting| {
                let mut bell = self.kernel.lock().unwrap();
                if waiting.includes(Waiting::ASLEEP) {
                    self.sleepers.notify_all();
                }
                if waiting.includes(Waiting::FOR_BELL) {
                    *bell = true;
                    self.listeners.notify_all();
                }
            });
        }

        /// Waits without a limit for its bell until the head is there.
        fn listen(&self, head: u64) {
            while self.head.load_acquire() < head {
                *self.kernel.lock().unwrap() = false;
                Doorbell::new(&self.doorbell).await_ring(Waiting::FOR_BELL, total_order);
                if self.head.load_acquire() >= head {
                    return;
                }
                let mut bell = self.kernel.lock().unwrap();
                while !*bell {
                    bell = self.listeners.wait(bell).unwrap();
                }
            }
        }

        /// Sleeps without a limit until the head is there. A lost wake-up is a deadlock, which loom reports.
        fn receive(&self, head: u64) {
            while self.head.load_acquire() < head {
                let value = Doorbell::new(&self.doorbell).await_ring(Waiting::ASLEEP, total_order);
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

    #[test]
    fn no_bell_is_missed() {
        loom::model(|| {
            let topic = Topic::new();
            let other = Arc::clone(&topic);
            let publisher = thread::spawn(move || other.publish(1));
            topic.listen(1);
            publisher.join().unwrap();
        });
    }

    /// Who sees the bit sees what was stored before it was set, such as the count of bells: without any fence.
    #[test]
    fn who_rings_for_a_bell_sees_that_it_was_hung() {
        loom::model(|| {
            let topic = Topic::new();
            let other = Arc::clone(&topic);
            let listener = thread::spawn(move || {
                other.head.add_one();
                Doorbell::new(&other.doorbell).await_ring(Waiting::FOR_BELL, || {});
            });
            Doorbell::new(&topic.doorbell).ring(
                || {},
                |waiting| {
                    assert!(waiting.includes(Waiting::FOR_BELL));
                    assert_eq!(topic.head.load_relaxed(), 1);
                },
            );
            listener.join().unwrap();
        });
    }

    /// One sleeps while the other waits for its bell: whoever rings tells both.
    #[test]
    fn who_sleeps_and_who_listens_are_both_told() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(|| {
            let topic = Topic::new();
            let (sleeper, listener) = (Arc::clone(&topic), Arc::clone(&topic));
            let receivers = [thread::spawn(move || sleeper.receive(1)), thread::spawn(move || listener.listen(1))];
            topic.publish(1);
            for receiver in receivers {
                receiver.join().unwrap();
            }
        });
    }

    /// Two publishers, each of which may find that the other has rung.
    #[test]
    fn of_two_that_ring_one_wakes() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(|| {
            let topic = Topic::new();
            let others = [1, 1].map(|head| {
                let topic = Arc::clone(&topic);
                thread::spawn(move || topic.publish(head))
            });
            topic.listen(1);
            for other in others {
                other.join().unwrap();
            }
        });
    }

    /// A receiver that died asleep leaves the word odd: it costs one ring, and the others are woken.
    #[test]
    fn one_that_died_asleep_harms_nobody() {
        loom::model(|| {
            let topic = Topic::new();
            topic.doorbell.store_relaxed(Waiting::ASLEEP.bits);
            let other = Arc::clone(&topic);
            let publisher = thread::spawn(move || other.publish(1));
            topic.receive(1);
            publisher.join().unwrap();
        });
    }
}

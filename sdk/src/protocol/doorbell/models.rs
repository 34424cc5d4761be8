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

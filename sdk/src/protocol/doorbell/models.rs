//! Every interleaving of publishers that ring and receivers that fall asleep. A lost wake-up is a
//! deadlock, which loom reports.

use super::*;
use crate::protocol::modelling::{explore_three_preemptions, spawn};
use crate::sync::seq_cst_fence;
use loom::sync::{Condvar, Mutex};
use std::sync::Arc;

/// A topic, with a futex as the kernel provides it: checking the word and falling asleep are one
/// step to a waker.
struct Topic {
    doorbell: Word,
    head: Word,
    /// Whether the wake socket was notified.
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
        Doorbell::new(&self.doorbell).ring(seq_cst_fence, |waiting| {
            let mut is_notified = self.kernel.lock().unwrap();
            if waiting.includes(Waiting::ASLEEP) {
                self.sleepers.notify_all();
            }
            if waiting.includes(Waiting::ON_SOCKET) {
                *is_notified = true;
                self.listeners.notify_all();
            }
        });
    }

    /// Waits for the wake socket, without a limit, until `head` was published.
    fn listen(&self, head: u64) {
        while self.head.load_acquire() < head {
            *self.kernel.lock().unwrap() = false;
            Doorbell::new(&self.doorbell).prepare_to_wait(Waiting::ON_SOCKET, seq_cst_fence);
            if self.head.load_acquire() >= head {
                return;
            }
            let mut is_notified = self.kernel.lock().unwrap();
            while !*is_notified {
                is_notified = self.listeners.wait(is_notified).unwrap();
            }
        }
    }

    /// Sleeps on the word, without a limit, until `head` was published.
    fn sleep(&self, head: u64) {
        while self.head.load_acquire() < head {
            let value = Doorbell::new(&self.doorbell).prepare_to_wait(Waiting::ASLEEP, seq_cst_fence);
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
        let publisher = spawn(&topic, |topic| topic.publish(1));
        topic.sleep(1);
        publisher.join().unwrap();
    });
}

#[test]
fn two_sleepers_are_both_woken() {
    explore_three_preemptions(|| {
        let topic = Topic::new();
        let receivers = [(); 2].map(|()| spawn(&topic, |topic| topic.sleep(1)));
        topic.publish(1);
        for receiver in receivers {
            receiver.join().unwrap();
        }
    });
}

/// The publisher rings twice while a receiver falls asleep: the second message wakes it too.
#[test]
fn the_second_of_two_rings_is_not_lost() {
    explore_three_preemptions(|| {
        let topic = Topic::new();
        let publisher = spawn(&topic, |topic| {
            topic.publish(1);
            topic.publish(2);
        });
        topic.sleep(2);
        publisher.join().unwrap();
    });
}

#[test]
fn no_notification_is_lost() {
    loom::model(|| {
        let topic = Topic::new();
        let publisher = spawn(&topic, |topic| topic.publish(1));
        topic.listen(1);
        publisher.join().unwrap();
    });
}

/// A publisher that sees the bit sees what was stored before it was set, such as the count of wake
/// sockets. No fence is needed for that.
#[test]
fn a_publisher_that_sees_the_bit_sees_the_socket() {
    loom::model(|| {
        let topic = Topic::new();
        let listener = spawn(&topic, |topic| {
            topic.head.add_one();
            Doorbell::new(&topic.doorbell).prepare_to_wait(Waiting::ON_SOCKET, || {});
        });
        Doorbell::new(&topic.doorbell).ring(
            || {},
            |waiting| {
                assert!(waiting.includes(Waiting::ON_SOCKET));
                assert_eq!(topic.head.load_relaxed(), 1);
            },
        );
        listener.join().unwrap();
    });
}

/// One receiver sleeps while another waits for its socket: one ring wakes both.
#[test]
fn a_sleeper_and_a_listener_are_both_woken() {
    explore_three_preemptions(|| {
        let topic = Topic::new();
        let receivers = [spawn(&topic, |topic| topic.sleep(1)), spawn(&topic, |topic| topic.listen(1))];
        topic.publish(1);
        for receiver in receivers {
            receiver.join().unwrap();
        }
    });
}

/// Two publishers ring at once, and each may find that the other has counted: one of them wakes.
#[test]
fn one_of_two_publishers_wakes() {
    explore_three_preemptions(|| {
        let topic = Topic::new();
        let publishers = [(); 2].map(|()| spawn(&topic, |topic| topic.publish(1)));
        topic.listen(1);
        for publisher in publishers {
            publisher.join().unwrap();
        }
    });
}

/// A receiver that died asleep leaves its bit set. That costs one ring, and the others are still
/// woken.
#[test]
fn a_receiver_that_died_asleep_harms_nobody() {
    loom::model(|| {
        let topic = Topic::new();
        topic.doorbell.store_relaxed(Waiting::ASLEEP.bits);
        let publisher = spawn(&topic, |topic| topic.publish(1));
        topic.sleep(1);
        publisher.join().unwrap();
    });
}

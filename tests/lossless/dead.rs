//! Readers that are dead hold nobody up: not for one slice, and not one after the other.

use crate::{TOPIC, publisher};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Publisher, Subscriber};
use slotcast_tests::system_calls;
use std::time::Duration;

/// Readers that die at once.
const READERS: usize = 8;
const DEPTH: u64 = 4;

#[test]
fn child_that_reads_nothing() {
    testing::process(|script| {
        let create = || Subscriber::<u64>::builder(TOPIC).domain(script.domain()).lossless().create().unwrap();
        let _readers: Vec<_> = (0..READERS).map(|_| create()).collect();
        script.say("created");
        script.hear("never");
    });
}

/// Fills the ring while readers live, then kills them.
fn fill_and_kill(domain: &TempDomain, publisher: &mut Publisher<u64>) {
    let mut readers: Vec<_> = (0..2).map(|_| Process::start("dead::child_that_reads_nothing", domain, &[])).collect();
    for process in &mut readers {
        process.expect("created");
    }
    for number in 0..DEPTH {
        publisher.try_publish(&number).unwrap();
    }
    for process in &mut readers {
        process.kill();
    }
}

#[test]
fn a_publisher_that_does_not_wait_finds_capacity_at_once() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).depth(DEPTH).create().unwrap();
    fill_and_kill(&domain, &mut publisher);
    assert_eq!(publisher.try_publish(&DEPTH).unwrap(), DEPTH, "all of them are dead and reaped");
    assert_eq!(publisher.detached_subscribers(), 0, "they died");
}

#[test]
fn a_publisher_whose_timeout_is_zero_finds_capacity_at_once() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).depth(DEPTH).lossless(Duration::ZERO).create().unwrap();
    fill_and_kill(&domain, &mut publisher);
    assert_eq!(publisher.publish(&DEPTH).unwrap(), DEPTH, "all of them are dead and reaped");
}

#[test]
fn closing_without_time_does_not_count_the_dead() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).depth(DEPTH).create().unwrap();
    fill_and_kill(&domain, &mut publisher);
    publisher.close(Duration::ZERO).unwrap();
}

#[test]
fn a_publisher_does_not_sleep_for_the_dead() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).depth(DEPTH).create().unwrap();
    fill_and_kill(&domain, &mut publisher);
    // A thread of its own, since the filter stays. With debug assertions a sleep that is refused is
    // a panic. The publisher is dropped elsewhere, since that wakes others.
    let publishing = std::thread::spawn(move || {
        system_calls::refuse(libc::SYS_futex);
        (publisher.publish(&DEPTH), publisher)
    });
    assert_eq!(publishing.join().unwrap().0.unwrap(), DEPTH);
}

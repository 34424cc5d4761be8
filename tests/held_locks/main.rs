//! Locks that outlive their owner for a moment: while a thread starts commands, each child holds a
//! copy of every descriptor of this process until it executes its program, and with them the locks
//! of endpoints that were dropped meanwhile.
//!
//! `SLOTCAST_TRIES` sets how often each case is tried (200 times by default); `tests/soak.sh held`
//! sets 20 000.

use slotcast::testing::{PATIENCE, TempDomain};
use slotcast::{MemberEvent, Publisher, Subscriber};
use slotcast_tests::commands;
use slotcast_tests::random::variable;
use slotcast_tests::stop::Stop;
use std::time::{Duration, Instant};

/// Returns how often each case is tried.
fn tries() -> u64 {
    variable("SLOTCAST_TRIES").unwrap_or(200)
}

/// Calls `act` while other threads start commands.
fn while_commands_start(act: impl FnOnce()) {
    commands::while_commands_start(2, act);
}

#[test]
fn a_dropped_publisher_does_not_stand_in_the_way_of_an_exclusive_one() {
    while_commands_start(|| {
        let domain = TempDomain::new();
        let subscriber = Subscriber::<u64>::builder("held").domain(&domain).create().unwrap();
        for number in 0..tries() {
            let publisher = Publisher::<u64>::builder("held").domain(&domain).exclusive().create();
            let mut publisher = publisher.unwrap_or_else(|error| panic!("try {number}: {error}"));
            publisher.publish(&number).unwrap();
        }
        drop(subscriber);
    });
}

#[test]
fn a_dropped_publisher_of_another_type_is_no_mismatch() {
    while_commands_start(|| {
        let domain = TempDomain::new();
        let _foothold = Subscriber::<u64>::builder("held").domain(&domain).create().unwrap();
        for number in 0..tries() {
            drop(
                Publisher::<u64>::builder("held").domain(&domain).create().unwrap_or_else(|e| panic!("{number}: {e}")),
            );
            drop(
                Publisher::<u32>::builder("held").domain(&domain).create().unwrap_or_else(|e| panic!("{number}: {e}")),
            );
        }
    });
}

#[test]
fn a_standby_that_is_told_of_an_end_can_take_over_at_once() {
    while_commands_start(|| {
        let domain = TempDomain::new();
        let subscriber = Subscriber::<u64>::builder("held").domain(&domain).create().unwrap();
        let mut membership = subscriber.membership().unwrap();
        for number in 0..tries() {
            let publisher = Publisher::<u64>::builder("held").domain(&domain).exclusive().create();
            let publisher = publisher.unwrap_or_else(|error| panic!("try {number}: {error}"));
            let event = membership.next_timeout(PATIENCE).unwrap();
            assert!(matches!(event, Some(MemberEvent::Joined(_))), "try {number}: {event:?}");
            let ended = std::thread::spawn(move || drop(publisher));
            let event = membership.next_timeout(PATIENCE).unwrap();
            assert!(matches!(event, Some(MemberEvent::Left(_))), "try {number}: {event:?}");
            let next = Publisher::<u64>::builder("held").domain(&domain).exclusive().create();
            drop(next.unwrap_or_else(|error| panic!("try {number}, after {event:?}: {error}")));
            ended.join().unwrap();
            // What it tells of the one that was just created and dropped.
            let start = Instant::now();
            while membership.next_timeout(Duration::from_millis(1)).unwrap().is_some() {
                assert!(start.elapsed() < PATIENCE);
            }
        }
    });
}

#[test]
fn publishers_that_come_and_go_beside_forks_are_no_errors_of_subscribers() {
    while_commands_start(|| {
        let domain = TempDomain::new();
        let stop = Stop::default();
        std::thread::scope(|scope| {
            let go_on = stop.guard();
            scope.spawn(|| {
                while !stop.is_set() {
                    let mut publisher = Publisher::<u64>::builder("held").domain(&domain).create().unwrap();
                    publisher.publish(&1).unwrap();
                }
            });
            for number in 0..tries() {
                let subscriber = Subscriber::<u64>::builder("held").domain(&domain).create();
                let mut subscriber = subscriber.unwrap_or_else(|error| panic!("try {number}: {error}"));
                for sample in subscriber.try_iter() {
                    sample.unwrap_or_else(|error| panic!("try {number}: {error}"));
                }
            }
            drop(go_on);
        });
    });
}

//! # Safety
//!
//! Somebody removes the topic's files while a receiver waits: it continues in the new directory.
//! The file opts into unsafe code to lower a limit.

use super::descriptors::{UNWOKEN, is_readable, is_readable_now};
use super::{publisher, subscriber};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Subscriber, Wait};
use std::fs;
use std::time::{Duration, Instant};

fn remove(domain: &slotcast::Domain) {
    fs::remove_dir_all(domain.path().join("x")).unwrap();
}

/// Receives until a message of the new publisher arrives.
fn receive_new(subscriber: &mut Subscriber<u64>) {
    let start = Instant::now();
    while subscriber.recv_timeout(testing::PATIENCE).unwrap().is_none_or(|number| *number < 1000) {
        assert!(start.elapsed() < testing::PATIENCE, "the new publisher is never found");
    }
}

#[test]
fn every_kind_of_wait_finds_publishers_that_join_afterwards() {
    for wait in [Wait::Spin, Wait::Hybrid(Duration::MAX), Wait::default(), Wait::Sleep] {
        let domain = TempDomain::new();
        let mut subscriber = subscriber(&domain, "x", wait);
        remove(&domain);
        let mut new = publisher(&domain, "x");
        new.publish(&1000).unwrap();
        receive_new(&mut subscriber);
    }
}

/// Each sleep ends with a message from a publisher that stayed where it was.
#[test]
fn a_busy_receiver_finds_publishers_that_join_afterwards() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
    let mut old = publisher(&domain, "x");
    remove(&domain);
    let mut new = publisher(&domain, "x");
    new.publish(&1000).unwrap();
    let closer = subscriber.closer();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !closer.is_closed() {
                old.publish(&1).unwrap();
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        receive_new(&mut subscriber);
        closer.close();
    });
}

/// Asserts that messages wake a receiver that waits for its descriptor, long before its clock does.
fn assert_woken(subscriber: &mut Subscriber<u64>, publisher: &mut slotcast::Publisher<u64>) {
    let event_fd = subscriber.event_fd().unwrap();
    let mut unwoken = 0;
    for number in 0..10 {
        while subscriber.try_recv().unwrap().is_some() {}
        let start = Instant::now();
        publisher.publish(&number).unwrap();
        assert!(is_readable(&event_fd, testing::PATIENCE));
        unwoken += u32::from(start.elapsed() > Duration::from_millis(400));
    }
    assert!(unwoken <= 2, "{unwoken} of 10 were woken only by the clock");
}

#[test]
fn a_removed_wake_socket_is_bound_again() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
    subscriber.event_fd().unwrap();
    let [mut one, mut two] = [publisher(&domain, "x"), publisher(&domain, "x")];
    assert_woken(&mut subscriber, &mut one);
    for entry in fs::read_dir(domain.path().join("x")).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("b-") {
            fs::remove_file(path).unwrap();
        }
    }
    subscriber.refresh().unwrap();
    // One publisher that knew the wake socket before, and one that did not.
    assert_woken(&mut subscriber, &mut one);
    assert_woken(&mut subscriber, &mut two);
    drop((one, two, subscriber));
    assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0]);
}

/// Otherwise a program that waits for edges would not be woken any more.
#[test]
fn a_poll_that_checks_for_a_removal_rearms_the_descriptor_too() {
    loop {
        let domain = TempDomain::new();
        let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
        let event_fd = subscriber.event_fd().unwrap();
        std::thread::sleep(Duration::from_millis(600)); // a check is due after 500 ms
        let before = Instant::now();
        assert!(subscriber.try_recv().unwrap().is_none());
        if !is_readable_now(&event_fd) {
            break;
        }
        assert!(before.elapsed() >= UNWOKEN, "it is readable, and its clock has not woken it");
    }
}

#[test]
fn only_the_topic_file_may_be_removed() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
    let event_fd = subscriber.event_fd().unwrap();
    while subscriber.try_recv().unwrap().is_some() {}
    fs::remove_file(domain.path().join("x").join("topic")).unwrap();
    assert!(subscriber.refresh().unwrap());
    assert!(is_readable_now(&event_fd), "it counts as rung");
    assert_woken(&mut subscriber, &mut publisher(&domain, "x"));
}

#[test]
fn child_refreshes_without_descriptors() {
    testing::process(|script| {
        let mut subscriber = subscriber(script.domain(), "x", Wait::Sleep);
        subscriber.event_fd().unwrap();
        // One more descriptor each time: what could not be done is done at the end.
        remove(script.domain());
        let used = fs::read_dir("/proc/self/fd").unwrap().count() as u64;
        let mut failed = 0;
        for count in used - 2.. {
            limit_descriptors(count);
            match subscriber.refresh() {
                Ok(_) => break,
                Err(error) => assert!(error.to_string().contains("Too many open files"), "{error}"),
            }
            failed += 1;
        }
        limit_descriptors(256);
        assert!(failed > 0);
        assert_woken(&mut subscriber, &mut publisher(script.domain(), "x"));
        script.say("done");
    });
}

fn limit_descriptors(count: u64) {
    let limit = libc::rlimit { rlim_cur: count, rlim_max: 256 };
    // SAFETY: the call reads one limit, which is a valid reference.
    let result = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    assert_eq!(result, 0, "{}", std::io::Error::last_os_error());
}

#[test]
fn what_fails_for_lack_of_descriptors_is_done_later() {
    let domain = TempDomain::new();
    let mut other = Process::start("removal::child_refreshes_without_descriptors", &domain, &[]);
    other.expect("done");
    other.finish();
}

//! Waits that are ended by somebody else.

use super::descriptors::{is_readable, is_readable_now};
use super::{publisher, subscriber};
use slotcast::testing::{self, TempDomain};
use slotcast::{RecvError, Wait};
use std::time::{Duration, Instant};

#[test]
fn a_wait_is_ended_from_another_thread() {
    let domain = TempDomain::new();
    for wait in [Wait::Spin, Wait::default(), Wait::Sleep] {
        for _ in 0..200 {
            let mut subscriber = subscriber(&domain, "x", wait);
            let closer = subscriber.closer();
            let start = Instant::now();
            let waiting = std::thread::spawn(move || subscriber.recv().map(|sample| *sample));
            closer.close();
            let ended = waiting.join().unwrap().unwrap_err();
            assert!(matches!(ended, RecvError::Closed { .. }), "{ended}");
            assert!(start.elapsed() < testing::PATIENCE / 4, "the clock alone ends it");
        }
    }
}

/// A sleeper is woken at once, not when it would next wake by itself.
#[test]
fn a_sleeper_is_woken() {
    let domain = TempDomain::new();
    let mut slow = 0;
    for _ in 0..20 {
        let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
        let closer = subscriber.closer();
        let waiting = std::thread::spawn(move || subscriber.recv().map(|sample| *sample));
        testing::until("it sleeps", || sleeps(&domain));
        let start = Instant::now();
        closer.close();
        waiting.join().unwrap().unwrap_err();
        slow += u32::from(start.elapsed() > Duration::from_millis(50));
    }
    assert!(slow <= 5, "{slow} of 20 slept on");
}

fn sleeps(domain: &TempDomain) -> bool {
    use std::os::unix::fs::FileExt;
    let file = std::fs::File::open(domain.path().join("x").join("topic")).unwrap();
    let mut word = [0; 8];
    file.read_exact_at(&mut word, 192).unwrap();
    u64::from_le_bytes(word) & 1 == 1
}

#[test]
fn a_loop_over_messages_ends() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
    let mut publisher = publisher(&domain, "x");
    let closer = subscriber.closer();
    for number in 0..3 {
        publisher.publish(&number).unwrap();
    }
    let mut seen = Vec::new();
    for message in subscriber.iter() {
        seen.push(*message.unwrap());
        if seen.len() == 2 {
            closer.close();
        }
    }
    assert_eq!(seen, [0, 1]);
    assert!(closer.is_closed());
    assert!(matches!(subscriber.recv_timeout(Duration::ZERO), Err(RecvError::Closed { .. })));
    assert_eq!(*subscriber.try_recv().unwrap().unwrap(), 2, "what is available can be read");
}

#[test]
fn closing_makes_the_descriptor_readable() {
    use rustix::event::{PollFd, PollFlags, poll};
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
    let event_fd = subscriber.event_fd().unwrap();
    let closer = subscriber.closer();
    assert!(subscriber.try_recv().unwrap().is_none());
    let closing = std::thread::spawn(move || closer.close());
    poll(&mut [PollFd::new(&event_fd, PollFlags::IN)], None).unwrap();
    closing.join().unwrap();
    testing::until("it is closed", || matches!(subscriber.recv_timeout(Duration::ZERO), Err(RecvError::Closed { .. })));
}

/// The clock that wakes it without a doorbell still runs.
#[test]
fn the_descriptor_keeps_its_clock_when_it_is_closed_repeatedly() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
    let event_fd = subscriber.event_fd().unwrap();
    let closer = subscriber.closer();
    for _ in 0..3 {
        closer.close();
        testing::until("it is silent", || {
            assert!(subscriber.try_recv().unwrap().is_none());
            !is_readable_now(&event_fd)
        });
    }
    assert!(is_readable(&event_fd, testing::PATIENCE), "the clock has stopped");
}

#[test]
fn a_wait_for_publishers_is_ended() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
    let closer = subscriber.closer();
    let waiting = std::thread::spawn(move || subscriber.wait_for_publishers(1, Duration::MAX));
    closer.close();
    let ended = waiting.join().unwrap().unwrap_err();
    assert!(matches!(ended, RecvError::Closed { .. }), "{ended}");
}

#[test]
fn a_dropped_subscriber_can_be_closed() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
    subscriber.event_fd().unwrap();
    let closer = subscriber.closer();
    drop(subscriber);
    closer.close();
}

/// A subscriber that is dropped leaves its topic, even if the closer that ended its wait is still
/// at work: a program that ends at Ctrl-C leaves nothing behind.
#[test]
fn a_closer_at_work_does_not_keep_the_topic() {
    let domain = TempDomain::new();
    for _ in 0..200 {
        let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
        let closer = subscriber.closer();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                testing::until("it sleeps", || sleeps(&domain));
                closer.close();
            });
            subscriber.recv().unwrap_err();
            drop(subscriber);
            assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0]);
        });
    }
}

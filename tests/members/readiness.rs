//! The descriptor of a membership.

use crate::{died, joined, left, nothing, publisher, subscriber};
use slotcast::testing::{PATIENCE, Process, TempDomain};
use slotcast::{Interest, Membership, Publisher, WaitSet};
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

/// Returns whether it becomes readable within a time.
fn is_readable(membership: &Membership, time: Duration) -> bool {
    let mut descriptor = libc::pollfd { fd: membership.as_fd().as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: `poll` gets one descriptor and the count 1.
    let result = unsafe { libc::poll(&raw mut descriptor, 1, time.as_millis().try_into().unwrap()) };
    assert!(result >= 0, "{}", std::io::Error::last_os_error());
    result == 1
}

fn wait(membership: &Membership) {
    assert!(is_readable(membership, PATIENCE));
}

/// Takes what is left of hints about which nothing is reported.
pub(crate) fn settle(membership: &mut Membership) {
    let start = Instant::now();
    while is_readable(membership, Duration::from_millis(20)) {
        nothing(membership);
        assert!(start.elapsed() < PATIENCE, "it is always readable");
    }
}

#[test]
fn it_is_readable_for_each_event_and_then_not() {
    let domain = TempDomain::new();
    let subscriber = subscriber(&domain);
    let mut membership = subscriber.membership().unwrap();
    settle(&mut membership);
    assert!(!is_readable(&membership, Duration::from_millis(300)), "no endpoint is present, and nothing is pending");

    let mut publishers = vec![publisher(&domain), publisher(&domain)];
    for _ in 0..2 {
        wait(&membership);
        joined(&mut membership);
    }
    settle(&mut membership);
    let promising = Publisher::<u64>::builder("x").domain(&domain).alive_every(Duration::from_millis(20));
    let mut promising = promising.create().unwrap();
    wait(&membership);
    joined(&mut membership);
    let mut texts = Vec::new();
    while texts.len() < 2 {
        wait(&membership);
        texts.extend(membership.try_next().unwrap().map(|event| event.to_string()));
        if texts.len() == 1 {
            promising.assert_alive();
        }
    }
    assert!(texts[0].contains("is quiet: it promised a sign of life every 20ms"), "{texts:?}");
    assert!(texts[1].ends_with("is active again"), "{texts:?}");
    drop(promising);
    while !matches!(membership.try_next().unwrap(), Some(slotcast::MemberEvent::Left(_))) {
        wait(&membership);
    }
    settle(&mut membership);

    publishers.pop();
    wait(&membership);
    left(&mut membership);
    settle(&mut membership);

    let mut other = Process::start("child_is_present", &domain, &["sealed", "0"]);
    wait(&membership);
    joined(&mut membership);
    other.expect("ready");
    settle(&mut membership);
    other.kill_without_reaping();
    wait(&membership);
    died(&mut membership);
    settle(&mut membership);
}

/// Many events at once: it is readable until the last one was taken.
#[test]
fn it_stays_readable_until_everything_was_reported() {
    let domain = TempDomain::new();
    let publishers: Vec<_> = (0..100).map(|_| publisher(&domain)).collect();
    let subscriber = subscriber(&domain); // it stays: its end would be one more event
    let mut membership = subscriber.membership().unwrap();
    for _ in &publishers {
        assert!(is_readable(&membership, Duration::ZERO));
        joined(&mut membership);
    }
    settle(&mut membership);
    drop(publishers);
    for _ in 0..100 {
        assert!(is_readable(&membership, PATIENCE));
        left(&mut membership);
    }
    settle(&mut membership);
}

/// While nothing happens it is readable about once a second.
#[test]
fn waiting_for_it_keeps_nobody_busy() {
    let domain = TempDomain::new();
    let _publisher = publisher(&domain);
    let mut membership = subscriber(&domain).membership().unwrap();
    joined(&mut membership);
    settle(&mut membership);
    let start = Instant::now();
    let mut woken = 0;
    while start.elapsed() < Duration::from_secs(2) {
        if is_readable(&membership, Duration::from_millis(100)) {
            woken += 1;
            nothing(&mut membership);
        }
    }
    assert!(woken <= 8, "{woken} times in 2 s");
}

#[test]
fn it_can_be_added_to_a_set() {
    let domain = TempDomain::new();
    let mut membership = subscriber(&domain).membership().unwrap();
    let mut set = WaitSet::new().unwrap();
    let key = set.add_descriptor(&membership, Interest::Readable).unwrap();
    let mut other = Process::start("child_is_present", &domain, &["sealed", "0"]);
    let mut reported = Vec::new();
    let start = Instant::now();
    while reported.len() < 2 {
        assert!(start.elapsed() < PATIENCE, "{reported:?}");
        if set.wait_timeout(PATIENCE).unwrap().iter().any(|ready| ready.key == key) {
            while let Some(event) = membership.try_next().unwrap() {
                if reported.is_empty() {
                    other.expect("ready");
                    other.kill_without_reaping();
                }
                reported.push(event.to_string());
            }
        }
    }
    assert!(reported[0].ends_with("has joined") && reported[1].ends_with("has died"), "{reported:?}");
}

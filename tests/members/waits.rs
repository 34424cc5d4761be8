//! Waiting for a number of peers.

use crate::{publisher, subscriber};
use slotcast::dynamic::{self, Layout};
use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast::{Publisher, Subscriber};
use std::time::{Duration, Instant};

#[test]
fn present_peers_need_no_time() {
    let domain = TempDomain::new();
    let (mut subscriber, mut publisher) = (subscriber(&domain), publisher(&domain));
    assert!(subscriber.wait_for_publishers(1, Duration::ZERO).unwrap());
    assert!(publisher.wait_for_subscribers(1, Duration::ZERO).unwrap());
    assert!(!subscriber.wait_for_publishers(2, Duration::ZERO).unwrap());
    assert!(!publisher.wait_for_subscribers(2, Duration::ZERO).unwrap());
    let start = Instant::now();
    assert!(!subscriber.wait_for_publishers(2, Duration::from_millis(120)).unwrap());
    assert!(!publisher.wait_for_subscribers(2, Duration::from_millis(120)).unwrap());
    assert!(start.elapsed() >= Duration::from_millis(240));
    drop(publisher);
    assert!(!subscriber.wait_for_publishers(1, Duration::ZERO).unwrap());
    assert!(subscriber.wait_for_publishers(0, Duration::ZERO).unwrap());
}

/// Argument: how many peers to wait for.
#[test]
fn child_waits() {
    testing::process(|script| {
        let mut subscriber = subscriber(script.domain());
        let mut publisher = Publisher::<u64>::builder("y").domain(script.domain()).create().unwrap();
        script.say("waiting");
        let count = script.argument(0);
        assert!(subscriber.wait_for_publishers(count, PATIENCE).unwrap());
        script.say("publishers");
        assert!(publisher.wait_for_subscribers(count, Duration::MAX).unwrap());
        script.say("subscribers");
    });
}

#[test]
fn a_waiter_is_woken_by_the_last_arrival() {
    let domain = TempDomain::new();
    let mut other = Process::start("waits::child_waits", &domain, &["3"]);
    other.expect("waiting");
    let publishers: Vec<_> = (0..3).map(|_| publisher(&domain)).collect();
    other.expect("publishers");
    let subscribe = || Subscriber::<u64>::builder("y").domain(&domain).create().unwrap();
    let _subscribers: Vec<_> = (0..3).map(|_| subscribe()).collect();
    other.expect("subscribers");
    other.finish();
    drop(publishers);
}

#[test]
fn a_closer_ends_the_wait() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain);
    let closer = subscriber.closer();
    let thread = std::thread::spawn(move || subscriber.wait_for_publishers(1, PATIENCE).unwrap_err().to_string());
    closer.close();
    assert!(thread.join().unwrap().contains("closed"));
}

#[test]
fn the_dead_do_not_count() {
    let domain = TempDomain::new();
    let (mut subscriber, mut publisher) =
        (subscriber(&domain), Publisher::<u64>::builder("y").domain(&domain).create().unwrap());
    let mut other = Process::start("child_is_present", &domain, &["sealed", "0"]);
    other.expect("ready");
    assert!(subscriber.wait_for_publishers(1, PATIENCE).unwrap());
    assert!(publisher.wait_for_subscribers(1, PATIENCE).unwrap());
    other.kill();
    assert!(!subscriber.wait_for_publishers(1, Duration::from_millis(10)).unwrap());
    assert!(!publisher.wait_for_subscribers(1, Duration::from_millis(10)).unwrap());
}

#[test]
fn subscribers_of_another_layout_do_not_count() {
    let domain = TempDomain::new();
    let _other = Subscriber::<f32>::builder("x").domain(&domain).create().unwrap();
    let mut publisher = publisher(&domain);
    assert!(!publisher.wait_for_subscribers(1, Duration::from_millis(60)).unwrap());
    let _same = subscriber(&domain);
    assert!(publisher.wait_for_subscribers(1, PATIENCE).unwrap());
}

#[test]
fn untyped_endpoints_do_the_same() {
    let domain = TempDomain::new();
    let layout = Layout::of::<u64>().unwrap();
    let builder = dynamic::Publisher::builder("x", &layout).domain(&domain).alive_every(Duration::from_secs(1));
    let mut publisher = builder.create().unwrap();
    let mut subscriber = dynamic::Subscriber::builder("x").domain(&domain).create().unwrap();
    publisher.assert_alive();
    assert!(publisher.wait_for_subscribers(1, PATIENCE).unwrap());
    assert!(subscriber.wait_for_publishers(1, PATIENCE).unwrap());
    assert_eq!(crate::joined(&mut subscriber.membership().unwrap()).id, publisher.id());
    crate::joined(&mut publisher.membership().unwrap());
}

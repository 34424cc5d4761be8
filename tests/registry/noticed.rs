//! A registry that is removed from outside while endpoints are used: they notice by themselves, and
//! nobody calls `refresh`.

use slotcast::testing::{PATIENCE, TempDomain, until};
use slotcast::{Publisher, Subscriber};
use std::fs;
use std::time::{Duration, Instant};

const TOPIC: &str = "noticed";

fn remove(domain: &TempDomain) {
    fs::remove_dir_all(domain.path()).unwrap();
}

/// Publishes every millisecond until a subscriber that came after the removal has a message.
fn is_found_again(publisher: &mut Publisher<u64>, domain: &TempDomain) {
    let mut subscriber = Subscriber::<u64>::builder(TOPIC).domain(domain).create().unwrap();
    let mut number = 0;
    until("a message comes", || {
        std::thread::sleep(Duration::from_millis(1));
        let _ = publisher.try_publish(&number); // which is refused while a lossless reader is behind
        number += 1;
        subscriber.try_recv().unwrap().is_some()
    });
}

#[test]
fn a_publisher_that_publishes_is_found_again() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<u64>::builder(TOPIC).domain(&domain).create().unwrap();
    remove(&domain);
    is_found_again(&mut publisher, &domain);
}

#[test]
fn a_lossless_publisher_that_publishes_is_found_again() {
    let domain = TempDomain::new();
    let builder = Publisher::<u64>::builder(TOPIC).domain(&domain).lossless(Duration::ZERO);
    let mut publisher = builder.create().unwrap();
    remove(&domain);
    is_found_again(&mut publisher, &domain);
}

#[test]
fn a_subscriber_that_polls_finds_a_publisher_that_came_after() {
    let domain = TempDomain::new();
    let mut subscriber = Subscriber::<u64>::builder(TOPIC).domain(&domain).create().unwrap();
    remove(&domain);
    let mut publisher = Publisher::<u64>::builder(TOPIC).domain(&domain).create().unwrap();
    until("a message comes", || {
        publisher.publish(&1).unwrap();
        std::thread::sleep(Duration::from_millis(1));
        subscriber.try_recv().unwrap().is_some()
    });
}

#[test]
fn a_lossless_publisher_that_waits_meets_the_subscriber_that_waits() {
    let domain = TempDomain::new();
    let builder = Publisher::<u64>::builder(TOPIC).domain(&domain).depth(4);
    let mut publisher = builder.lossless(PATIENCE).create().unwrap();
    let mut old = Subscriber::<u64>::builder(TOPIC).domain(&domain).lossless().create().unwrap();
    for number in 0..4 {
        publisher.publish(&number).unwrap();
    }
    remove(&domain);
    let publishing = std::thread::spawn(move || {
        publisher.publish(&4).unwrap(); // waits for the old subscriber
        publisher
    });
    let mut new = Subscriber::<u64>::builder(TOPIC).domain(&domain).lossless().create().unwrap();
    until("the waiting publisher is found", || !new.publishers().unwrap().is_empty());
    assert_eq!(old.try_recv().unwrap().map(|sample| *sample), Some(0));
    let mut publisher = publishing.join().unwrap();
    let mut received = Vec::new();
    for number in 5..8 {
        while old.try_recv().unwrap().is_some() {}
        received.extend(new.try_iter().map(|sample| *sample.unwrap()));
        publisher.try_publish(&number).unwrap();
    }
    let closing = std::thread::spawn(move || publisher.close(PATIENCE));
    while received.last() != Some(&7) {
        received.push(*new.recv_deadline(Instant::now() + PATIENCE).unwrap().expect("a message"));
    }
    assert!(received.is_sorted() && received.ends_with(&[5, 6, 7]), "{received:?}");
    while old.try_recv().unwrap().is_some() {}
    closing.join().unwrap().unwrap();
}

#[test]
fn creations_in_a_storm_of_removals_succeed() {
    let domain = TempDomain::new();
    let stop = slotcast_tests::stop::Stop::default();
    std::thread::scope(|scope| {
        let go_on = stop.guard();
        scope.spawn(|| {
            while !stop.is_set() {
                let _ = fs::remove_dir_all(domain.path());
            }
        });
        for number in 0..200 {
            let publisher = Publisher::<u64>::builder(TOPIC).domain(&domain).create();
            publisher.unwrap_or_else(|error| panic!("creation {number}: {error}"));
            let subscriber = Subscriber::<u64>::builder(TOPIC).domain(&domain).create();
            subscriber.unwrap_or_else(|error| panic!("creation {number}: {error}"));
        }
        drop(go_on);
    });
}

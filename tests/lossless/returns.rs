//! Subscribers that were detached, have caught up, and are waited for again.

use crate::{LONG, TOPIC, publisher, subscriber};
use slotcast::testing::{self, Process, TempDomain, until};
use slotcast::{Delivery, LaggardPolicy, NotLossless, Publisher, RecvError, Sample, Subscriber};
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(30);
const DEPTH: u64 = 8;

fn forgiving(domain: &TempDomain) -> Publisher<u64> {
    let builder = publisher(domain).depth(DEPTH).lossless(SHORT).laggards(LaggardPolicy::DetachUntilRead);
    builder.create().unwrap()
}

/// Receives everything available. Returns how often it was told that it is detached, and the last
/// number.
fn catch_up(subscriber: &mut Subscriber<u64>) -> (u64, Option<u64>) {
    let (mut told, mut last) = (0, None);
    loop {
        match subscriber.try_recv() {
            Ok(Some(sample)) => last = Some(*sample),
            Ok(None) => return (told, last),
            Err(RecvError::NotLossless { reason: NotLossless::Detached, .. }) => told += 1,
            Err(error) => panic!("{error}"),
        }
    }
}

fn delivery(publisher: &Publisher<u64>) -> Delivery {
    publisher.readers().unwrap()[0].delivery
}

#[test]
fn each_time_it_has_caught_up_nothing_more_is_lost() {
    let domain = TempDomain::new();
    let mut publisher = forgiving(&domain);
    let mut subscriber = subscriber(&domain).create().unwrap();
    let mut next = 0;
    for round in 1..4 {
        for _ in 0..3 * DEPTH {
            assert_eq!(publisher.publish(&next), Ok(next), "nobody is held up twice");
            next += 1;
        }
        assert_eq!((publisher.detached_subscribers(), delivery(&publisher)), (2 * round - 1, Delivery::Detached));
        assert_eq!(catch_up(&mut subscriber), (1, Some(next - 1)));
        let lost = subscriber.lost();
        assert!(lost > 0);
        // At the latest after half of the depth it is waited for again.
        for _ in 0..=DEPTH / 2 {
            assert_eq!(publisher.publish(&next), Ok(next));
            next += 1;
        }
        assert_eq!(delivery(&publisher), Delivery::Lossless);
        assert_eq!(catch_up(&mut subscriber), (0, Some(next - 1)));
        assert_eq!(subscriber.sources().unwrap()[0].delivery, Delivery::Lossless);
        let before = next;
        while publisher.try_publish(&next).is_ok() {
            next += 1;
        }
        assert_eq!((next - before, delivery(&publisher)), (DEPTH, Delivery::Lossless));
        assert_eq!(publisher.publish(&next), Ok(next));
        assert_eq!(delivery(&publisher), Delivery::Detached);
        next += 1;
        assert_eq!(catch_up(&mut subscriber), (1, Some(next - 1)));
        assert_eq!(subscriber.lost(), lost, "all that was published while it was waited for, and one more");
        // The next round begins with a subscriber that is waited for.
        for _ in 0..DEPTH {
            assert_eq!(publisher.publish(&next), Ok(next));
            next += 1;
            assert_eq!(catch_up(&mut subscriber), (0, Some(next - 1)));
        }
        assert_eq!(delivery(&publisher), Delivery::Lossless);
        assert_eq!(subscriber.sources().unwrap()[0].delivery, Delivery::Lossless);
        assert_eq!(publisher.detached_subscribers(), 2 * round, "two in each round");
    }
}

/// Reads until it has a message with this number, and says how many it has lost by then and after
/// that.
#[test]
fn child_reads() {
    testing::process(|script| {
        let mut subscriber = subscriber(script.domain()).create().unwrap();
        script.say("ready");
        let next = |subscriber: &mut Subscriber<u64>| loop {
            match subscriber.recv() {
                Ok(sample) => break *sample,
                Err(RecvError::NotLossless { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        };
        while next(&mut subscriber) < 99 {}
        script.say(&format!("caught up, {} lost", u8::from(subscriber.lost() > 0)));
        // From the message on that says so, it is waited for.
        while next(&mut subscriber) != u64::MAX {}
        let lost = subscriber.lost();
        script.say("go on");
        for number in 0..1000 {
            assert_eq!(next(&mut subscriber), number);
        }
        script.say(&format!("{} more lost", subscriber.lost() - lost));
    });
}

#[test]
fn a_process_that_was_stopped_is_waited_for_again_once_it_has_read() {
    let domain = TempDomain::new();
    let mut publisher = forgiving(&domain);
    let mut other = Process::start("returns::child_reads", &domain, &[]);
    other.expect("ready");
    publisher.publish(&0).unwrap();
    other.stop();
    other.wait_until_stopped();
    (1..100).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
    assert_eq!(publisher.detached_subscribers(), 1);
    other.go_on();
    other.expect("caught up, 1 lost");
    until("it is waited for again", || {
        publisher.publish(&100).unwrap();
        delivery(&publisher) == Delivery::Lossless
    });
    publish_without_loss(&mut publisher, &mut other);
}

/// Publishes more than is kept, as fast as the other one reads.
fn publish_without_loss(publisher: &mut Publisher<u64>, other: &mut Process) {
    let publish = |publisher: &mut Publisher<u64>, number| {
        // A busy machine may hold the other one up for longer than the publisher waits.
        until("there is capacity", || publisher.try_publish(&number).is_ok());
    };
    publish(publisher, u64::MAX);
    other.expect("go on");
    (0..1000).for_each(|number| publish(publisher, number));
    other.expect("0 more lost");
    assert_eq!(publisher.detached_subscribers(), 1);
}

#[test]
fn large_messages_are_held_in_place_again() {
    type Large = [u8; 4096];
    let domain = TempDomain::new();
    let builder = Publisher::<Large>::builder(TOPIC).domain(&domain).depth(DEPTH).lossless(SHORT);
    let mut publisher = builder.laggards(LaggardPolicy::DetachUntilRead).create().unwrap();
    let mut subscriber = Subscriber::<Large>::builder(TOPIC).domain(&domain).lossless().create().unwrap();
    for number in 0..20 {
        publisher.publish(&[number; 4096]).unwrap();
    }
    let read = |subscriber: &mut Subscriber<Large>| -> Vec<Sample<Large>> {
        let samples = std::iter::from_fn(|| match subscriber.try_recv() {
            Err(RecvError::NotLossless { .. }) => Some(None),
            received => received.unwrap().map(Some),
        });
        samples.flatten().collect()
    };
    assert!(read(&mut subscriber).iter().all(|sample| !sample.is_in_place()), "nothing is honoured");
    for number in 20..20 + 2 * u8::try_from(DEPTH).unwrap() {
        publisher.publish(&[number; 4096]).unwrap();
        let samples = read(&mut subscriber);
        assert!(samples.len() == 1 && samples[0].iter().all(|&byte| byte == number));
    }
    publisher.publish(&[99; 4096]).unwrap();
    let samples = read(&mut subscriber);
    assert!(samples[0].is_in_place());
    // What is held is not reused.
    for number in 100..100 + 4 * u8::try_from(DEPTH).unwrap() {
        publisher.publish(&[number; 4096]).unwrap();
        read(&mut subscriber);
    }
    assert!(samples[0].iter().all(|&byte| byte == 99));
}

#[test]
fn what_was_read_again_is_waited_for_when_closing() {
    let domain = TempDomain::new();
    let mut publisher = forgiving(&domain);
    let mut subscriber = subscriber(&domain).create().unwrap();
    for number in 0..3 * DEPTH {
        publisher.publish(&number).unwrap();
    }
    assert_eq!(catch_up(&mut subscriber), (1, Some(3 * DEPTH - 1)));
    publisher.publish(&100).unwrap();
    std::thread::scope(|scope| {
        let closing = scope.spawn(|| publisher.close(LONG));
        assert_eq!(*subscriber.recv().unwrap(), 100);
        closing.join().unwrap().unwrap();
    });
}

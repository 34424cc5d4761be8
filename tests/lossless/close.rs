//! Closing: even a publisher that exists only for a moment loses nothing.

use crate::{LONG, TOPIC, numbers, publisher, subscriber};
use slotcast::testing::TempDomain;
use slotcast::{CloseError, LaggardPolicy, Publisher, RecvError, Subscriber};
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(30);

#[test]
fn closing_waits_for_subscribers_that_have_not_polled_yet() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).create().unwrap();
    for life in 0..50 {
        std::thread::scope(|scope| {
            let domain = &domain;
            scope.spawn(move || {
                let mut publisher = publisher(domain).create().unwrap();
                for number in 0..10 {
                    publisher.publish(&(10 * life + number)).unwrap();
                }
                publisher.close(LONG).unwrap();
            });
            for number in 0..10 {
                assert_eq!(*subscriber.recv().unwrap(), 10 * life + number);
            }
            // A subscriber that asks for more has read what it got before.
            assert!(subscriber.try_recv().unwrap().is_none());
        });
    }
    assert_eq!(subscriber.lost(), 0);
}

#[test]
fn when_its_time_is_over_closing_names_each_subscriber_and_its_unread_messages() {
    let domain = TempDomain::new();
    let mut left = subscriber(&domain).name("left").create().unwrap();
    let _right = subscriber(&domain).name("right").create().unwrap();
    let mut publisher = publisher(&domain).create().unwrap();
    for number in 0..3 {
        publisher.publish(&number).unwrap();
    }
    assert_eq!(*left.try_recv().unwrap().unwrap(), 0);
    let start = Instant::now();
    let error = publisher.close(SHORT).unwrap_err();
    assert!((SHORT..LONG / 3).contains(&start.elapsed()));
    let CloseError::Unread { laggards, waited, .. } = &error else { panic!("{error}") };
    assert!((SHORT..=start.elapsed()).contains(waited));
    let reported: Vec<_> = laggards.iter().map(|laggard| (&*laggard.subscriber.name, laggard.unread)).collect();
    assert_eq!(reported, [("right", 3), ("left", 2)]);
    let text = error.to_string();
    assert!(text.contains("\"left\"") && text.contains("3 messages by the subscriber"), "{text}");
    assert!(text.ends_with("; let each of them receive, or drop it before closing"), "{text}");
    // It had joined, so it reads to the end nevertheless.
    assert_eq!(numbers(&mut left), [1, 2]);
}

#[test]
fn closing_waits_for_nothing_where_nothing_was_promised() {
    let domain = TempDomain::new();
    let mut lossy = Subscriber::<u64>::builder(TOPIC).domain(&domain).create().unwrap();
    let mut publisher: Publisher<u64> = publisher(&domain).create().unwrap();
    publisher.publish(&7).unwrap();
    publisher.close(LONG).unwrap();
    let mut publisher = Publisher::<u64>::builder(TOPIC).domain(&domain).create().unwrap();
    let late = subscriber(&domain).create().unwrap();
    publisher.publish(&8).unwrap();
    publisher.close(LONG).unwrap();
    drop(late);
    assert_eq!(numbers(&mut lossy), [] as [u64; 0], "both had closed before it polled");
}

#[test]
fn closing_does_not_wait_for_a_subscriber_that_joined_after_the_last_message() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).create().unwrap();
    publisher.publish(&7).unwrap();
    let _late = subscriber(&domain).create().unwrap();
    publisher.close(LONG).unwrap();
}

/// A publisher that detached a subscriber which had not polled yet: 16 of 100 messages are left.
fn impatient(domain: &slotcast::Domain) -> Publisher<u64> {
    let builder = publisher(domain).lossless(SHORT).laggards(LaggardPolicy::Detach).depth(16);
    let mut publisher = builder.create().unwrap();
    for number in 0..100 {
        publisher.publish(&number).unwrap();
    }
    assert_eq!(publisher.detached_subscribers(), 1);
    publisher
}

#[test]
fn closing_waits_until_detached_subscribers_know() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).create().unwrap();
    let publisher = impatient(&domain);
    std::thread::scope(|scope| {
        let closing = scope.spawn(|| publisher.close(LONG));
        let (mut got, mut reported) = (Vec::new(), 0);
        while got.last() != Some(&99) {
            match subscriber.recv_timeout(LONG) {
                Ok(sample) => got.push(*sample.expect("its messages are available")),
                Err(RecvError::NotLossless { .. }) => reported += 1,
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!((got, reported, subscriber.lost()), ((84..100).collect(), 1, 84));
        closing.join().unwrap().unwrap();
    });
}

#[test]
fn when_its_time_is_over_closing_names_detached_subscribers_that_do_not_know() {
    let domain = TempDomain::new();
    let _subscriber = subscriber(&domain).name("asleep").create().unwrap();
    let error = impatient(&domain).close(SHORT).unwrap_err();
    let CloseError::Unread { laggards, .. } = &error else { panic!("{error}") };
    assert_eq!(laggards.len(), 1);
    assert!(
        !laggards[0].has_begun && laggards[0].unread == 100 && &*laggards[0].subscriber.name == "asleep",
        "{error}"
    );
}

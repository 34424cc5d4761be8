//! Closing: a publisher that lives for a moment loses nothing.

use crate::{LONG, TOPIC, numbers, publisher, subscriber};
use slotcast::testing::TempDomain;
use slotcast::{CloseError, LaggardPolicy, Publisher, RecvError, Subscriber};
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(30);

#[test]
fn one_that_closes_waits_for_those_who_have_not_even_looked() {
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
            // It was promised that this is known when it asks for more.
            assert!(subscriber.try_recv().unwrap().is_none());
        });
    }
    assert_eq!(subscriber.lost(), 0);
}

#[test]
fn one_whose_time_is_over_names_who_had_not_read_how_many() {
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
    let told: Vec<_> = laggards.iter().map(|laggard| (&*laggard.subscriber.name, laggard.unread)).collect();
    assert_eq!(told, [("right", 3), ("left", 2)]);
    let text = error.to_string();
    assert!(text.contains("\"left\"") && text.contains("3 messages by the subscriber"), "{text}");
    // It had joined, so it reads to the end all the same.
    assert_eq!(numbers(&mut left), [1, 2]);
}

#[test]
fn there_is_nothing_to_wait_for_where_nothing_was_promised() {
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
    assert_eq!(numbers(&mut lossy), [] as [u64; 0], "both were gone before it looked");
}

#[test]
fn who_came_after_the_last_message_is_not_waited_for() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).create().unwrap();
    publisher.publish(&7).unwrap();
    let _late = subscriber(&domain).create().unwrap();
    publisher.close(LONG).unwrap();
}

/// A publisher that let a subscriber go that had not looked yet: 16 of 100 messages are left.
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
fn one_that_closes_waits_until_those_whom_it_let_go_know() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).create().unwrap();
    let publisher = impatient(&domain);
    std::thread::scope(|scope| {
        let closing = scope.spawn(|| publisher.close(LONG));
        let (mut got, mut told) = (Vec::new(), 0);
        while got.last() != Some(&99) {
            match subscriber.recv_timeout(LONG) {
                Ok(sample) => got.push(*sample.expect("its messages are there")),
                Err(RecvError::NotLossless { .. }) => told += 1,
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!((got, told, subscriber.lost()), ((84..100).collect(), 1, 84));
        closing.join().unwrap().unwrap();
    });
}

#[test]
fn one_whose_time_is_over_names_whom_it_let_go_who_does_not_know() {
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

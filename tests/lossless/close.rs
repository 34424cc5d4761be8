//! Closing: a publisher that lives for a moment loses nothing.

use crate::{LONG, TOPIC, numbers, publisher, subscriber};
use slotcast::testing::TempDomain;
use slotcast::{CloseError, Publisher, Subscriber};
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
    let CloseError::Unread { laggards, waited } = &error else { panic!("{error}") };
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

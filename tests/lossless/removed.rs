//! A topic that is removed from outside, and created anew.

use super::{TOPIC, numbers, publisher, subscriber};
use slotcast::registry::{Role, TopicDirectory};
use slotcast::testing::TempDomain;
use slotcast::{PublishError, TopicName};
use std::fs;

#[test]
fn a_subscriber_that_entered_the_new_directory_before_the_publisher_is_promised_everything() {
    // One of these makes the counter of arrivals in the new directory equal to the old one.
    for count in 1..5 {
        let domain = TempDomain::new();
        let mut publisher = publisher(&domain).depth(4).create().unwrap();
        let before = subscriber(&domain).create().unwrap();
        publisher.publish(&0).unwrap();
        drop(before);
        publisher.publish(&1).unwrap();
        fs::remove_dir_all(domain.path()).unwrap();
        let all: Vec<_> = (0..count).map(|_| subscriber(&domain).create().unwrap()).collect();
        assert!(publisher.refresh().unwrap());
        for number in 2..6 {
            publisher.try_publish(&number).unwrap();
        }
        assert!(matches!(publisher.try_publish(&6), Err(PublishError::Full { .. })), "{count}");
        for mut subscriber in all {
            assert_eq!(numbers(&mut subscriber), [2, 3, 4, 5]);
        }
    }
}

#[test]
fn a_subscriber_granted_before_it_met_a_removed_publisher_receives_everything() {
    // Everything is removed before the subscriber has scanned for the publisher, which has granted
    // it.
    let domain = TempDomain::new();
    let mut early = subscriber(&domain).create().unwrap();
    let mut publisher = publisher(&domain).depth(8).create().unwrap();
    for number in 0..4 {
        publisher.try_publish(&number).unwrap();
    }
    fs::remove_dir_all(domain.path()).unwrap();
    assert!(publisher.refresh().unwrap() && early.refresh().unwrap());
    for number in 4..6 {
        publisher.try_publish(&number).unwrap();
    }
    assert_eq!((numbers(&mut early), early.lost()), ((0..6).collect(), 0));

    // Only the publisher's entry is removed, and it grants a subscriber that cannot find it.
    let entry = TopicDirectory::enter(&domain, &TopicName::new(TOPIC).unwrap()).unwrap();
    let name = entry.names(Role::Publisher).unwrap().pop().unwrap();
    fs::remove_file(entry.path().join(name)).unwrap();
    let mut late = subscriber(&domain).create().unwrap();
    for number in 6..9 {
        publisher.try_publish(&number).unwrap();
        assert!(numbers(&mut late).is_empty());
    }
    assert!(publisher.refresh().unwrap());
    publisher.try_publish(&9).unwrap();
    assert_eq!((numbers(&mut late), late.lost()), ((6..10).collect(), 0));
}

//! A topic that is removed from outside, and made anew.

use super::{numbers, publisher, subscriber};
use slotcast::PublishError;
use slotcast::testing::TempDomain;
use std::fs;

#[test]
fn who_came_to_the_new_directory_before_its_publisher_is_promised_all() {
    // One of these makes the new directory's counter of those who came what the old one's was.
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
        assert_eq!(publisher.try_publish(&6), Err(PublishError::Full), "{count}");
        for mut subscriber in all {
            assert_eq!(numbers(&mut subscriber), [2, 3, 4, 5]);
        }
    }
}

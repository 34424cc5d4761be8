//! What a publisher learns of a subscriber that takes its messages by value, many at once.

use crate::{numbers, publisher, subscriber};
use slotcast::PublishError;
use slotcast::testing::TempDomain;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[test]
fn each_message_makes_place_for_another_while_a_run_of_them_is_passed_on() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).depth(16).create().unwrap();
    let mut subscriber = subscriber(&domain).create().unwrap();
    // The first one is read in the general way.
    publisher.publish(&0).unwrap();
    assert_eq!(numbers(&mut subscriber), [0]);
    (1..17).for_each(|number| assert!(publisher.try_publish(&number).is_ok()));
    assert!(matches!(publisher.try_publish(&17), Err(PublishError::Full { .. })));
    let mut taken = Vec::new();
    subscriber
        .drain(|&number, _| {
            // What was passed on before this one was read.
            if (2..17).contains(&number) {
                publisher.try_publish(&(15 + number)).unwrap();
            }
            taken.push(number);
        })
        .unwrap();
    assert_eq!(taken, Vec::from_iter(1..32));
    assert_eq!(subscriber.lost(), 0);
}

#[test]
fn what_was_passed_on_before_a_panic_was_read() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).depth(4).create().unwrap();
    let mut subscriber = subscriber(&domain).create().unwrap();
    publisher.publish(&0).unwrap();
    assert_eq!(numbers(&mut subscriber), [0]);
    (1..5).for_each(|number| assert!(publisher.try_publish(&number).is_ok()));
    let drain = AssertUnwindSafe(|| subscriber.drain(|&number, _| assert!(number < 4, "the last one")));
    catch_unwind(drain).unwrap_err();
    assert_eq!(subscriber.try_take().unwrap(), None);
    (5..9).for_each(|number| assert_eq!(publisher.try_publish(&number), Ok(number)));
    assert_eq!(numbers(&mut subscriber), [5, 6, 7, 8]);
}

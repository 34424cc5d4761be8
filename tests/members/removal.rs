//! Somebody removes the topic's files.

use crate::{A_WHILE, joined, left, nothing, publisher, subscriber};
use slotcast::Publisher;
use slotcast::testing::TempDomain;
use std::fs;

#[test]
fn endpoints_that_announce_themselves_again_are_not_reported_twice() {
    let domain = TempDomain::new();
    let mut publishers = [publisher(&domain), publisher(&domain), publisher(&domain)];
    let ids = publishers.each_ref().map(Publisher::id);
    let subscriber = subscriber(&domain);
    let mut membership = subscriber.membership().unwrap();
    for _ in 0..3 {
        joined(&mut membership);
    }
    nothing(&mut membership);

    fs::remove_dir_all(domain.path()).unwrap();
    assert!(membership.next_timeout(A_WHILE).unwrap().is_none());
    assert!(publishers[0].refresh().unwrap() && publishers[1].refresh().unwrap());
    assert!(membership.next_timeout(A_WHILE).unwrap().is_none());

    // One that is known from the new directory, one from the old, and a new one.
    let [one, two, three] = publishers;
    drop(one);
    assert_eq!(left(&mut membership), ids[0]);
    drop(three);
    assert_eq!(left(&mut membership), ids[2]);
    let new = publisher(&domain);
    assert_eq!(joined(&mut membership).id, new.id());
    drop(two);
    assert_eq!(left(&mut membership), ids[1]);
    nothing(&mut membership);
}

/// Of an endpoint that is present all the time only the entry is removed.
#[test]
fn removing_an_entry_is_not_an_end() {
    let domain = TempDomain::new();
    let mut one = publisher(&domain);
    let mut membership = subscriber(&domain).membership().unwrap();
    let id = joined(&mut membership).id;
    fs::remove_file(domain.path().join("x").join(format!("p-{id}"))).unwrap();
    assert!(membership.next_timeout(A_WHILE).unwrap().is_none());
    assert!(one.refresh().unwrap());
    assert!(membership.next_timeout(A_WHILE).unwrap().is_none());
    drop(one);
    assert_eq!(left(&mut membership), id);
}

#[test]
fn only_the_topic_file_may_be_removed() {
    let domain = TempDomain::new();
    let one = publisher(&domain);
    let mut membership = subscriber(&domain).membership().unwrap();
    joined(&mut membership);
    fs::remove_file(domain.path().join("x/topic")).unwrap();
    assert!(membership.next_timeout(A_WHILE).unwrap().is_none());
    let two = publisher(&domain);
    assert_eq!(joined(&mut membership).id, two.id());
    let ids = [one.id(), two.id()];
    drop(one);
    assert_eq!(left(&mut membership), ids[0]);
    drop(two);
    assert_eq!(left(&mut membership), ids[1]);
}

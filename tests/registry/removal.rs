//! A registry of which something is removed while it is used: an endpoint that refreshes is found
//! again, and subscribers that had joined read on.

use slotcast::registry::TopicDirectory;
use slotcast::testing::TempDomain;
use slotcast::{Observer, Publisher, Subscriber};
use slotcast_tests::holdings::{assert_nothing_left, names};
use std::fs;
use std::path::PathBuf;

const TOPIC: &str = "removal";

/// What is removed from the domain.
type Remove = fn(&TempDomain);

fn topic(domain: &TempDomain) -> PathBuf {
    domain.path().join(TOPIC)
}

fn remove_beginning(domain: &TempDomain, first: &str) {
    for name in names(domain, TOPIC).iter().filter(|name| name.starts_with(first)) {
        fs::remove_file(topic(domain).join(name)).unwrap();
    }
}

/// What is removed, how, and whether publishers and subscribers have to announce themselves again.
const REMOVALS: &[(&str, Remove, bool, bool)] = &[
    ("nothing", |_| (), false, false),
    ("the domain", |domain| fs::remove_dir_all(domain.path()).unwrap(), true, true),
    ("the topic", |domain| fs::remove_dir_all(topic(domain)).unwrap(), true, true),
    ("all files", |domain| remove_beginning(domain, ""), true, true),
    ("the topic's file", |domain| remove_beginning(domain, "topic"), true, true),
    ("the schema", |domain| remove_beginning(domain, "schema"), false, false),
    ("the publisher's entry", |domain| remove_beginning(domain, "p-"), true, false),
    ("the subscriber's entry", |domain| remove_beginning(domain, "s-"), false, true),
];

fn subscribe(domain: &TempDomain) -> Subscriber<u64> {
    Subscriber::builder(TOPIC).domain(domain).create().unwrap()
}

fn publish(domain: &TempDomain, exclusive: bool) -> Publisher<u64> {
    let builder = Publisher::builder(TOPIC).domain(domain);
    if exclusive { builder.exclusive().create() } else { builder.create() }.unwrap()
}

fn check(what: &str, remove: Remove, expected: (bool, bool), exclusive: bool, publisher_first: bool) {
    let domain = TempDomain::new();
    let mut subscriber = subscribe(&domain);
    let mut publisher = publish(&domain, exclusive);
    publisher.publish(&1).unwrap();
    assert_eq!(*subscriber.try_recv().unwrap().unwrap(), 1);
    remove(&domain);
    publisher.publish(&2).unwrap();
    assert_eq!(*subscriber.try_recv().unwrap().unwrap(), 2, "{what}: it had joined, and reads on");

    let (published, subscribed) = if publisher_first {
        let published = publisher.refresh().unwrap();
        (published, subscriber.refresh().unwrap())
    } else {
        let subscribed = subscriber.refresh().unwrap();
        (publisher.refresh().unwrap(), subscribed)
    };
    assert_eq!((published, subscribed), expected, "{what}");
    assert!(!publisher.refresh().unwrap(), "{what}: once");
    assert!(!subscriber.refresh().unwrap(), "{what}: once");

    assert_eq!(publisher.subscribers().unwrap().len(), 1, "{what}");
    assert_eq!(subscriber.publishers().unwrap().len(), 1, "{what}");
    let mut late = subscribe(&domain);
    assert_eq!(late.publishers().unwrap().len(), 1, "{what}: it is found again");
    publisher.publish(&3).unwrap();
    assert_eq!(*late.try_recv().unwrap().unwrap(), 3, "{what}");
    assert_eq!(*subscriber.try_recv().unwrap().unwrap(), 3, "{what}: once, and nothing lost");
    assert!(subscriber.try_recv().unwrap().is_none(), "{what}");
    assert_eq!(subscriber.lost(), 0, "{what}");
    let another = Publisher::<u64>::builder(TOPIC).domain(&domain).create();
    assert_eq!(another.is_ok(), !exclusive, "{what}: exclusive still");
    drop((another, late, publisher, subscriber));
    assert_nothing_left(&domain);
}

#[test]
fn an_endpoint_that_refreshes_is_found_again_and_joined_subscribers_read_on() {
    for &(what, remove, publisher, subscriber) in REMOVALS {
        for exclusive in [false, true] {
            for publisher_first in [false, true] {
                check(what, remove, (publisher, subscriber), exclusive, publisher_first);
            }
        }
    }
}

#[test]
fn an_endpoint_that_does_not_refresh_ends_in_order_and_removes_nothing_of_others() {
    for &(what, remove, ..) in REMOVALS {
        let domain = TempDomain::new();
        let old = (subscribe(&domain), publish(&domain, false));
        remove(&domain);
        let mut new = (subscribe(&domain), publish(&domain, false));
        drop(old);
        new.1.publish(&1).unwrap();
        assert_eq!(*new.0.try_recv().unwrap().unwrap(), 1, "{what}");
        assert_eq!(subscribe(&domain).publishers().unwrap().len(), 1, "{what}: it can still be found");
        drop(new);
        assert_nothing_left(&domain);
    }
}

#[test]
fn a_topic_taken_by_another_meanwhile_is_a_clear_error() {
    let domain = TempDomain::new();
    let mut publisher = publish(&domain, true);
    fs::remove_dir_all(topic(&domain)).unwrap();
    let other = publish(&domain, true);
    let error = publisher.refresh().unwrap_err().to_string();
    assert!(error.contains(") exists, and one of the two wants to be the only one"), "{error}");
    drop(other);
    assert!(publisher.refresh().unwrap());
    drop(publisher);
    assert_nothing_left(&domain);
}

/// Somebody empties the registry again and again while endpoints join, leave and refresh.
#[test]
fn removed_again_and_again() {
    let domain = TempDomain::new();
    let mut subscriber = subscribe(&domain);
    let mut publisher = publish(&domain, false);
    for round in 0..100_u64 {
        let removal = REMOVALS[usize::try_from(round).unwrap() % REMOVALS.len()].1;
        removal(&domain);
        publisher.refresh().unwrap();
        subscriber.refresh().unwrap();
        publisher.publish(&round).unwrap();
        assert_eq!(*subscriber.try_recv().unwrap().unwrap(), round);
        assert_eq!(subscribe(&domain).publishers().unwrap().len(), 1);
    }
    drop((publisher, subscriber));
    assert_nothing_left(&domain);
}

/// The registry used without endpoints notices it too.
#[test]
fn a_topic_directory_knows_whether_it_was_removed() {
    let domain = TempDomain::new();
    let name = slotcast::TopicName::new(TOPIC).unwrap();
    let foothold = TopicDirectory::enter(&domain, &name).unwrap();
    assert!(!foothold.was_removed().unwrap());
    fs::remove_dir_all(topic(&domain)).unwrap();
    assert!(foothold.was_removed().unwrap());
    let again = TopicDirectory::enter(&domain, &name).unwrap();
    drop(foothold);
    assert!(!again.was_removed().unwrap());
    drop(again);
    assert_nothing_left(&domain);
}

#[test]
fn a_subscriber_that_enters_the_new_directory_first_counts_nothing_earlier_as_lost() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<u64>::builder(TOPIC).domain(&domain).depth(4).create().unwrap();
    let mut before = subscribe(&domain);
    (0..1000).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
    fs::remove_dir_all(topic(&domain)).unwrap();
    let mut subscriber = subscribe(&domain);
    let view = || Observer::new(&domain).topic(TOPIC).unwrap().unwrap();
    assert!(publisher.refresh().unwrap());
    assert_eq!(view().endpoints().unwrap()[0].peer.as_ref().unwrap().qos.first_sequence, 1000);
    (1000..1003).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
    let got: Vec<_> = subscriber.try_iter().map(|sample| *sample.unwrap()).collect();
    assert_eq!((got, subscriber.lost()), (vec![1000, 1001, 1002], 0));
    // A subscriber that knew it loses what it did not read, as always.
    assert!(before.refresh().unwrap());
    assert_eq!((before.try_iter().count(), before.lost()), (4, 999));
}

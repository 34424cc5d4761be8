//! Endpoints that are incompatible with this one.

use crate::{joined, left, next, nothing, publisher, subscriber};
use slotcast::registry::{Qos, TopicDirectory};
use slotcast::testing::TempDomain;
use slotcast::{EndpointId, MemberEvent, Publisher, Subscriber, TopicName};
use slotcast_tests::entry::{Planted, RawEntry};
use slotcast_tests::segment::{Segment, announcement};
use std::fs;

fn refused(event: &MemberEvent) -> (Option<EndpointId>, String) {
    match event {
        MemberEvent::Refused { peer, reason } => (peer.as_ref().map(|peer| peer.id), reason.to_string()),
        other => panic!("{other}"),
    }
}

#[test]
fn a_subscriber_of_another_layout_is_refused_with_all_differences() {
    let domain = TempDomain::new();
    let other = Subscriber::<f32>::builder("x").domain(&domain).name("other").create().unwrap();
    let publisher = publisher(&domain);
    let mut membership = publisher.membership().unwrap();
    let event = next(&mut membership);
    let (peer, text) = refused(&event);
    assert!(peer.is_some());
    assert!(text.starts_with("topic \"x\": u64 of this publisher does not match the subscriber's (pid "), "{text}");
    assert!(text.contains("publisher has u64") && text.contains("subscriber expects f32"), "{text}");
    // Nothing more is reported about it.
    drop(other);
    let same = subscriber(&domain);
    joined(&mut membership);
    drop(same);
    left(&mut membership);
    nothing(&mut membership);
}

#[test]
fn a_publisher_of_another_layout_is_refused() {
    let domain = TempDomain::new();
    let mut membership = subscriber(&domain).membership().unwrap();
    let other = Publisher::<f32>::builder("x").domain(&domain).create().unwrap();
    let (peer, text) = refused(&next(&mut membership));
    assert_eq!(peer, Some(other.id()));
    assert!(text.starts_with("topic \"x\": u64 of this subscriber does not match the publisher's (pid "), "{text}");
    assert!(text.contains("publisher has f32") && text.contains("subscriber expects u64"), "{text}");
    drop(other);
    let same = publisher(&domain);
    assert_eq!(joined(&mut membership).id, same.id());
    nothing(&mut membership);
}

#[test]
fn corrupt_entries_are_refused_once_and_disturb_nobody() {
    let domain = TempDomain::new();
    let one = publisher(&domain);
    let mut membership = subscriber(&domain).membership().unwrap();
    assert_eq!(joined(&mut membership).id, one.id());
    let topic = domain.path().join("x");
    let mut entry = RawEntry::publisher::<u64>(7);
    entry.magic = *b"garbage\n";
    let planted = Planted::new(&topic, &entry.name(), &entry.bytes(), true);
    let (peer, text) = refused(&next(&mut membership));
    assert_eq!(peer, None);
    assert!(text.starts_with(&format!("entry {} is damaged: ", entry.name())), "{text}");
    fs::create_dir(topic.join(RawEntry::publisher::<u64>(8).name())).unwrap();
    assert!(refused(&next(&mut membership)).1.ends_with("is not a regular file"));
    let two = publisher(&domain);
    assert_eq!(joined(&mut membership).id, two.id());
    drop((planted, one));
    left(&mut membership);
    nothing(&mut membership);
}

/// A false claim about its process is trusted no further than its lock.
#[test]
fn the_process_named_in_an_entry_is_not_trusted() {
    let domain = TempDomain::new();
    let mut membership = subscriber(&domain).membership().unwrap();
    let mut bystander = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
    let mut entry = RawEntry::publisher::<u64>(7);
    (entry.pid, entry.place, entry.descriptor, entry.device, entry.inode) = (bystander.id(), 1, 0, 1, 1);
    let planted = Planted::new(&domain.path().join("x"), &entry.name(), &entry.bytes(), true);
    assert_eq!(joined(&mut membership).id, EndpointId(7));
    bystander.kill().unwrap();
    bystander.wait().unwrap();
    assert!(membership.next_timeout(crate::A_WHILE).unwrap().is_none());
    drop(planted);
    assert_eq!(crate::died(&mut membership), EndpointId(7));
}

/// Its promise cannot be watched; a subscriber could not read from it either.
#[test]
fn a_publisher_that_promises_without_memory_is_refused() {
    let domain = TempDomain::new();
    let mut membership = subscriber(&domain).membership().unwrap();
    let topic = TopicDirectory::enter(&domain, &TopicName::new("x").unwrap()).unwrap();
    let segment = Segment::of::<u64>(EndpointId(9), 128, 64);
    for (id, memory, text) in
        [(7, None, "its entry names no memory"), (8, Some(segment.memory()), "its memory is damaged: id is")]
    {
        let mut announced = announcement::<u64>(EndpointId(id), memory);
        announced.qos = serde_json::from_str::<Qos>(r#"{"alive_every_ns": 1}"#).unwrap();
        let registration = topic.announce(&announced).unwrap();
        let (peer, reason) = refused(&next(&mut membership));
        assert_eq!(peer, Some(EndpointId(id)));
        assert!(reason.starts_with(text), "{reason}");
        topic.withdraw(registration);
    }
    // A promise that nobody may make is not checked all the time.
    let segment = Segment::of::<u64>(EndpointId(9), 128, 64);
    let mut announced = announcement::<u64>(EndpointId(9), Some(segment.memory()));
    announced.qos = serde_json::from_str::<Qos>(r#"{"alive_every_ns": 1}"#).unwrap();
    let registration = topic.announce(&announced).unwrap();
    joined(&mut membership);
    assert!(matches!(next(&mut membership), MemberEvent::Quiet { promised, .. } if promised.as_millis() == 1));
    topic.withdraw(registration);
    left(&mut membership);
}

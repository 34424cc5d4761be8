//! Notifiers that do not keep the protocol: their memory is another's, or not there.

use crate::listener;
use slotcast::registry::{Registration, Role, TopicDirectory};
use slotcast::testing::TempDomain;
use slotcast::{
    AttachReason, CreateError, EndpointId, ListenError, Listener, Notice, Publisher, ShmMessage, TopicName,
};
use slotcast_tests::segment::{NONCE, SEALS, Segment, announcement, word};

const FORGED: EndpointId = EndpointId(0xbad);

/// Words of a notifier's memory, by index, as the book's page "Events" says.
const IDS: usize = 7;
const GROUPS: usize = 16;
const COUNTERS: usize = 24;
const BYTES: usize = 2240;

/// Creates the memory of a notifier that has told of nothing.
fn memory() -> Segment {
    let segment = Segment::new(BYTES, SEALS);
    segment.set(word::MAGIC, u64::from_le_bytes(*b"slotevt\x01"));
    segment.set(word::BYTES, BYTES as u64);
    segment.set(word::NONCE, NONCE);
    segment.set_whole(word::ID, FORGED.0);
    segment.set_whole(word::HASH, u8::HASH.0);
    segment.set(IDS, 256);
    segment
}

/// Announces a notifier with this memory.
fn announce(listener: &Listener, domain: &TempDomain, memory: &Segment) -> (TopicDirectory, Registration) {
    let topic = TopicDirectory::enter(domain, listener.topic()).unwrap();
    let registration = topic.announce(&announcement::<u8>(FORGED, Some(memory.memory()))).unwrap();
    (topic, registration)
}

/// Any counts are counts: what they say is heard, and nothing else happens.
#[test]
fn counts_of_any_size_are_heard() {
    let domain = TempDomain::new();
    let mut listener = listener(&domain);
    let memory = memory();
    memory.set(GROUPS + 7, 1);
    memory.set(COUNTERS + 255, u64::MAX);
    let (topic, registration) = announce(&listener, &domain, &memory);
    assert!(matches!(listener.recv().unwrap(), Notice::Joined(peer) if peer.id == FORGED));
    assert_eq!(listener.recv().unwrap().event(), Some((255, u64::MAX)));
    // The count of a group alone says nothing.
    memory.set(GROUPS, u64::MAX);
    assert!(listener.try_recv().unwrap().is_none());
    topic.withdraw(registration);
}

#[test]
fn a_count_that_goes_backwards_is_reported_once_and_its_notifier_not_heard_any_more() {
    let domain = TempDomain::new();
    let mut listener = listener(&domain);
    let memory = memory();
    let (topic, registration) = announce(&listener, &domain, &memory);
    assert!(matches!(listener.recv().unwrap(), Notice::Joined(_)));
    memory.set(COUNTERS + 3, 5);
    memory.set(GROUPS, 5);
    assert_eq!(listener.recv().unwrap().event(), Some((3, 5)));
    memory.set(COUNTERS + 3, 4);
    memory.set(GROUPS, 6);
    let error = listener.recv().unwrap_err();
    assert!(matches!(error, ListenError::Corrupt { id: 3, seen: 5, found: 4, .. }), "{error}");
    assert!(!listener.hears(FORGED));
    memory.set(COUNTERS + 3, 9);
    memory.set(GROUPS, 7);
    assert!(listener.try_recv().unwrap().is_none());
    topic.withdraw(registration);
}

#[test]
fn memory_that_is_not_as_it_should_be_is_refused() {
    for (index, value, text) in [
        (word::MAGIC, u64::from_le_bytes(*b"slotevt\x02"), "magic"),
        (word::BYTES, 2248, "size"),
        (word::NONCE, 1, "nonce"),
        (word::ID, 1, "id"),
        (word::HASH, 1, "schema hash"),
        (IDS, 255, "number of ids"),
    ] {
        let domain = TempDomain::new();
        let mut listener = listener(&domain);
        let memory = memory();
        memory.set(index, value);
        let (topic, registration) = announce(&listener, &domain, &memory);
        let error = listener.recv().unwrap_err().to_string();
        assert!(error.contains(text), "{text}: {error}");
        topic.withdraw(registration);
    }
    let domain = TempDomain::new();
    let mut listener = listener(&domain);
    let small = Segment::new(BYTES - 8, SEALS);
    let (topic, registration) = announce(&listener, &domain, &small);
    assert!(matches!(listener.recv().unwrap_err(), ListenError::Attach(_)));
    topic.withdraw(registration);
}

/// Announces a notifier with the memory of a publisher.
#[test]
fn memory_of_another_kind_is_refused() {
    let domain = TempDomain::new();
    let mut present = listener(&domain);
    let topic = TopicDirectory::enter(&domain, present.topic()).unwrap();
    let publisher = Publisher::<u8>::builder("other").domain(&domain).create().unwrap();
    let others = TopicDirectory::enter(&domain, &TopicName::new("other").unwrap()).unwrap();
    let peer = others.open(&others.names(Role::Publisher).unwrap()[0]).unwrap().live().unwrap();
    let registration = topic.announce(&announcement::<u8>(publisher.id(), peer.memory)).unwrap();
    let error = present.recv().unwrap_err();
    assert!(matches!(&error, ListenError::Attach(attach) if matches!(attach.reason, AttachReason::Segment(_))));
    assert!(error.to_string().contains("magic"), "{error}");
    assert!(present.try_recv().unwrap().is_none(), "it is reported once");
    let refused = Listener::<u8>::builder("door").domain(&domain).create();
    assert!(matches!(refused, Err(CreateError::Attach(_))));
    topic.withdraw(registration);
}

#[test]
fn an_entry_without_memory_is_refused() {
    let domain = TempDomain::new();
    let mut present = listener(&domain);
    let topic = TopicDirectory::enter(&domain, present.topic()).unwrap();
    let registration = topic.announce(&announcement::<u8>(FORGED, None)).unwrap();
    let mut notifier = crate::notifier(&domain);
    notifier.notify(1).unwrap();
    let (mut refused, mut heard) = (0, 0);
    while heard == 0 {
        match present.recv() {
            Err(ListenError::Attach(_)) => refused += 1,
            Ok(Notice::Event { count, .. }) => heard += count,
            Ok(_) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((refused, heard), (1, 1));
    topic.withdraw(registration);
}

//! Notifiers that do not keep the protocol: their memory is another's, or not there.

use crate::listener;
use slotcast::registry::{Announcement, Qos, Role, TopicDirectory};
use slotcast::testing::TempDomain;
use slotcast::{AttachReason, CreateError, EndpointId, ListenError, Notice, Publisher, ShmMessage, TopicName};

/// Announces a notifier with the memory of a publisher.
#[test]
fn memory_of_another_kind_is_refused() {
    let domain = TempDomain::new();
    let mut present = listener(&domain);
    let topic = TopicDirectory::enter(&domain, present.topic()).unwrap();
    let publisher = Publisher::<u8>::builder("other").domain(&domain).create().unwrap();
    let others = TopicDirectory::enter(&domain, &TopicName::new("other").unwrap()).unwrap();
    let peer = others.open(&others.names(Role::Publisher).unwrap()[0]).unwrap().live().unwrap();
    let registration = topic
        .announce(&Announcement {
            role: Role::Publisher,
            id: publisher.id(),
            name: "forged".into(),
            schema: u8::SCHEMA.clone(),
            hash: u8::HASH,
            qos: Qos::default(),
            memory: peer.memory,
        })
        .unwrap();
    let error = present.recv().unwrap_err();
    assert!(matches!(&error, ListenError::Attach(attach) if matches!(attach.reason, AttachReason::Segment(_))));
    assert!(error.to_string().contains("magic"), "{error}");
    assert!(present.try_recv().unwrap().is_none(), "it is reported once");
    let refused = slotcast::Listener::<u8>::builder("door").domain(&domain).create();
    assert!(matches!(refused, Err(CreateError::Attach(_))));
    topic.withdraw(registration);
}

#[test]
fn an_entry_without_memory_is_refused() {
    let domain = TempDomain::new();
    let mut present = listener(&domain);
    let topic = TopicDirectory::enter(&domain, present.topic()).unwrap();
    let registration = topic
        .announce(&Announcement {
            role: Role::Publisher,
            id: EndpointId::random().unwrap(),
            name: String::new(),
            schema: u8::SCHEMA.clone(),
            hash: u8::HASH,
            qos: Qos::default(),
            memory: None,
        })
        .unwrap();
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

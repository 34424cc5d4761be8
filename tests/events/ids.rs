//! Ids with names, filters, and ids that do not go together.

use crate::{listener, next, notifier};
use slotcast::testing::{PATIENCE, TempDomain};
use slotcast::{CreateError, EventId, ListenError, Listener, Notice, Notifier, ShmMessage};

#[derive(ShmMessage, EventId, Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
enum Machine {
    Stop = 1,
    Resume = 200,
}

#[derive(ShmMessage, EventId, Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
enum Door {
    Open,
    Closed,
}

#[test]
fn a_filter_hears_only_its_ids() {
    let domain = TempDomain::new();
    let mut notifier = notifier(&domain);
    let mut listener = Listener::<u8>::builder("door").domain(&domain).ids([0, 31, 32, 255]).create().unwrap();
    for id in 0..=u8::MAX {
        notifier.notify(id).unwrap();
    }
    assert!(matches!(next(&mut listener), Notice::Joined(_)));
    for id in [0, 31, 32, 255] {
        assert_eq!(next(&mut listener).event(), Some((id, 1)));
    }
    assert!(listener.try_recv().unwrap().is_none());
}

#[test]
fn names_are_compared() {
    let domain = TempDomain::new();
    let _machine = Notifier::<Machine>::builder("door").domain(&domain).create().unwrap();
    let refused = Listener::<Door>::builder("door").domain(&domain).create().unwrap_err();
    assert!(matches!(refused, CreateError::Mismatch(_)));
    let text = refused.to_string();
    assert!(text.contains("Door") && text.contains("Resume"), "{text}");
}

#[test]
fn one_that_does_not_match_is_reported_once_and_the_others_are_heard() {
    let domain = TempDomain::new();
    let mut listener = Listener::<Door>::builder("door").domain(&domain).create().unwrap();
    let _machine = Notifier::<Machine>::builder("door").domain(&domain).create().unwrap();
    let mut door = Notifier::<Door>::builder("door").domain(&domain).create().unwrap();
    door.notify(Door::Closed).unwrap();
    let (mut heard, mut refused) = (Vec::new(), 0);
    while heard.is_empty() {
        match listener.recv_timeout(PATIENCE) {
            Ok(notice) => heard.extend(notice.expect("something is heard").event()),
            Err(ListenError::Mismatch(_)) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((heard, refused), (vec![(Door::Closed, 1)], 1));
}

/// Plain numbers go with names: tools have no type.
#[test]
fn numbers_go_with_names_both_ways() {
    let domain = TempDomain::new();
    let mut plain = notifier(&domain);
    let mut typed = Listener::<Machine>::builder("door").domain(&domain).create().unwrap();
    plain.notify(200).unwrap();
    plain.notify(2).unwrap();
    assert!(matches!(typed.recv().unwrap(), Notice::Joined(_)));
    assert!(matches!(typed.recv(), Err(ListenError::UnknownId { id: 2, count: 1, .. })));
    assert_eq!(typed.recv().unwrap().event(), Some((Machine::Resume, 1)));

    let mut named = Notifier::<Machine>::builder("door").domain(&domain).create().unwrap();
    let mut listener = listener(&domain);
    named.notify(Machine::Stop).unwrap();
    let heard: Vec<_> = (0..3).filter_map(|_| next(&mut listener).event()).collect();
    assert_eq!(heard, [(1, 1)]);
}

#[test]
fn names_of_parts_and_invalid_names_are_refused() {
    let domain = TempDomain::new();
    let part = notifier(&domain).topic().clone();
    let refused = Notifier::<u8>::builder(&part).domain(&domain).create().unwrap_err().to_string();
    assert!(refused.contains("it is a part, `events`"), "{refused}");
    let refused = Listener::<u8>::builder("a//b").domain(&domain).create();
    assert!(matches!(refused, Err(CreateError::TopicName(_))));
}

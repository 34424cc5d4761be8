//! Rings with stamps and heads that no publisher would write.

use crate::scene::{FORGED, Message, Scene, drain};
use slotcast::{EndpointId, RecvError, Subscriber};
use slotcast_tests::segment::{Segment, announcement, word};

const CELLS: u64 = 128;
const DEPTH: u64 = 64;
/// The last sequence.
const LAST: u64 = 1 << 62;

const fn writing(sequence: u64) -> u64 {
    2 * sequence + 1
}

const fn whole(sequence: u64) -> u64 {
    2 * sequence + 2
}

const fn withdrawn(sequence: u64) -> u64 {
    2 * sequence + 3
}

/// The stamps of the first cells, and what a reader that waits for message 0 makes of them.
struct Case {
    stamps: &'static [u64],
    head: u64,
    messages: usize,
    lost: u64,
    corrupt: Option<&'static str>,
}

const fn case(stamps: &'static [u64], messages: usize, lost: u64, corrupt: Option<&'static str>) -> Case {
    Case { stamps, head: 0, messages, lost, corrupt }
}

const CASES: &[Case] = &[
    case(&[0], 0, 0, None),
    case(&[writing(0)], 0, 0, None),
    case(&[whole(0)], 1, 0, None),
    case(&[whole(0), writing(1)], 1, 0, None),
    case(&[whole(0), whole(1), 0, whole(3)], 2, 0, None),
    case(&[withdrawn(0)], 0, 1, None),
    case(&[withdrawn(0), withdrawn(1), whole(2)], 1, 2, None),
    case(&[withdrawn(CELLS)], 0, CELLS - DEPTH, None),
    // The stamp of another cell.
    case(&[withdrawn(1)], 0, 0, Some("expected message 0, found stamp 0x5")),
    case(&[writing(2)], 0, 0, Some("expected message 0, found stamp 0x5")),
    case(&[whole(1)], 0, 0, Some("expected message 0, found stamp 0x4")),
    case(&[whole(0), whole(0)], 1, 0, Some("expected message 1, found stamp 0x2")),
    case(&[whole(CELLS + 1)], 0, 0, Some("found stamp 0x104")),
    // A lap later: what was promised is counted as lost.
    case(&[writing(CELLS)], 0, CELLS - DEPTH, None),
    case(&[whole(CELLS)], 0, CELLS - DEPTH, None),
    Case { head: CELLS + 1, ..case(&[whole(CELLS)], 0, CELLS + 1 - DEPTH, None) },
    // An impossible head counts as the nearest possible one.
    Case {
        head: u64::MAX,
        ..case(&[whole(CELLS)], 0, 2 * CELLS - DEPTH, Some("expected message 192, found stamp 0x0"))
    },
    Case { head: u64::MAX, ..case(&[whole(0)], 1, 0, None) },
    // Beyond every sequence, and at the last one.
    case(&[u64::MAX], 0, 0, Some("found stamp 0xffffffffffffffff")),
    case(&[u64::MAX - 1], 0, 0, Some("found stamp 0xfffffffffffffffe")),
    case(&[1 << 63], 0, 0, Some("found stamp 0x8000000000000000")),
    case(&[whole(LAST + CELLS)], 0, 0, Some("found stamp 0x8000000000000102")),
    case(&[whole(LAST)], 0, LAST - DEPTH, Some("expected message 4611686018427387840, found stamp 0x0")),
    Case { head: u64::MAX, ..case(&[writing(LAST)], 0, LAST + CELLS - DEPTH, Some("found stamp 0x0")) },
];

#[test]
fn stamps_are_checked() {
    for (number, case) in CASES.iter().enumerate() {
        let scene = Scene::new();
        let mut subscriber = scene.subscribe();
        let segment = Segment::of::<Message>(FORGED, CELLS, DEPTH);
        case.stamps.iter().enumerate().for_each(|(cell, &stamp)| segment.set_stamp(cell, stamp));
        segment.set(word::HEAD, case.head);
        let registration = scene.announce(&segment);
        let (errors, messages) = drain(&mut subscriber);
        assert_eq!(messages.len(), case.messages, "case {number}");
        assert_eq!(subscriber.lost(), case.lost, "case {number}");
        match case.corrupt {
            None => assert_eq!(errors, [] as [String; 0], "case {number}"),
            Some(text) => {
                assert_eq!(errors.len(), 1, "case {number}: reported once: {errors:?}");
                assert!(errors[0].contains(text), "case {number}: {text:?} is not in: {}", errors[0]);
                assert!(errors[0].contains("\"forged\") is corrupt"), "case {number}: {}", errors[0]);
                assert!(errors[0].contains("restart it"), "case {number}: {}", errors[0]);
            }
        }
        let mut honest = scene.publish();
        honest.publish(&[7; 6]).unwrap();
        assert_eq!(drain(&mut subscriber), (vec![], vec![[7; 6]]), "case {number}: others are read");
        scene.withdraw(registration);
        drop((subscriber, honest));
        scene.end();
    }
}

/// Returns a ring of which one lap was read.
fn after_a_lap(scene: &Scene) -> (Subscriber<Message>, Segment, slotcast::registry::Registration) {
    let mut subscriber = scene.subscribe();
    let segment = Segment::of::<Message>(FORGED, CELLS, DEPTH);
    for cell in 0..CELLS {
        segment.set_stamp(usize::try_from(cell).unwrap(), whole(cell));
    }
    segment.set(word::HEAD, CELLS);
    let registration = scene.announce(&segment);
    assert_eq!(drain(&mut subscriber).1.len(), 128);
    (subscriber, segment, registration)
}

#[test]
fn stamps_that_go_back_are_reported() {
    // The stamp in the cell of message 128 after message 0 was read from it, and whether that is
    // corrupt.
    for (stamp, corrupt) in [
        (whole(0), false),
        (writing(CELLS), false),
        (0, true),
        (writing(0), true),
        (whole(CELLS) - CELLS, true),
        (writing(2 * CELLS), false),
    ] {
        let scene = Scene::new();
        let (mut subscriber, segment, registration) = after_a_lap(&scene);
        segment.set_stamp(0, stamp);
        let (errors, messages) = drain(&mut subscriber);
        assert!(messages.is_empty(), "{stamp:#x}");
        assert_eq!(errors.len(), usize::from(corrupt), "{stamp:#x}: {errors:?}");
        if corrupt {
            let text = format!("expected message 128, found stamp {stamp:#x}");
            assert!(errors[0].contains(&text), "{text:?} is not in: {}", errors[0]);
        }
        scene.withdraw(registration);
        drop(subscriber);
        scene.end();
    }
}

#[test]
fn a_head_that_goes_back_is_no_error_once_a_subscriber_has_joined() {
    let scene = Scene::new();
    let (mut subscriber, segment, registration) = after_a_lap(&scene);
    segment.set(word::HEAD, 0);
    segment.set_stamp(0, whole(CELLS));
    let sample = subscriber.try_recv().unwrap().unwrap();
    assert_eq!((sample.sequence(), sample.lost_before()), (CELLS, 0));
    scene.withdraw(registration);
    drop(subscriber);
    scene.end();
}

#[test]
fn the_last_sequences_are_read() {
    let scene = Scene::new();
    let segment = Segment::of::<Message>(FORGED, CELLS, DEPTH);
    segment.set(word::HEAD, LAST);
    segment.set_stamp(0, whole(LAST - CELLS));
    for back in 1..=3 {
        segment.set_stamp(usize::try_from(CELLS - back).unwrap(), whole(LAST - back));
    }
    let registration = scene.announce(&segment);
    let builder = || Subscriber::<Message>::builder("corrupt").domain(&scene.domain);
    let mut subscriber = builder().history(3).create().unwrap();
    let sequences: Vec<_> = subscriber.try_iter().map(|sample| sample.unwrap().sequence()).collect();
    assert_eq!(sequences, [LAST - 3, LAST - 2, LAST - 1]);
    segment.set_stamp(0, whole(LAST));
    segment.set_stamp(1, whole(LAST + 1 - CELLS));
    segment.set(word::HEAD, LAST + 1);
    assert_eq!(subscriber.try_recv().unwrap().unwrap().sequence(), LAST);
    assert!(subscriber.try_recv().unwrap().is_none());
    let mut newest = builder().latest().create();
    assert!(newest.as_mut().is_err(), "no head is so great");
    scene.withdraw(registration);
    drop((subscriber, newest));
    scene.end();
}

/// `latest` and `rate_limit` read the head. It is not trusted there either.
#[test]
fn an_absurd_head_is_an_error_for_a_subscriber_of_the_newest() {
    for (head, latest) in [(u64::MAX, true), (LAST, true), (u64::MAX, false)] {
        let scene = Scene::new();
        let builder = Subscriber::<Message>::builder("corrupt").domain(&scene.domain);
        let builder = if latest { builder.latest() } else { builder.rate_limit(1000.0) };
        let mut subscriber = builder.create().unwrap();
        let segment = Segment::of::<Message>(FORGED, CELLS, DEPTH);
        segment.set_stamp(0, whole(0));
        segment.set(word::HEAD, head);
        let registration = scene.announce(&segment);
        let error = subscriber.try_recv().unwrap_err();
        assert!(matches!(error, RecvError::Corrupt { sequence, .. } if sequence == LAST - 1), "{error}");
        assert_eq!(subscriber.skipped(), LAST - 1);
        scene.withdraw(registration);
        drop(subscriber);
        scene.end();
    }
}

/// Losses claimed by several publishers do not overflow when they are added.
#[test]
fn absurd_losses_do_not_overflow() {
    let scene = Scene::new();
    let mut subscriber = scene.subscribe();
    let topic = slotcast::registry::TopicDirectory::enter(&scene.domain, subscriber.topic()).unwrap();
    let mut kept = Vec::new();
    for number in 1..=6 {
        let id = EndpointId(number);
        let segment = Segment::of::<Message>(id, CELLS, DEPTH);
        segment.set_stamp(0, whole(LAST));
        let registration = topic.announce(&announcement::<Message>(id, Some(segment.memory()))).unwrap();
        kept.push((segment, registration));
        let (errors, _) = drain(&mut subscriber);
        assert_eq!(errors.len(), 1);
        assert!(subscriber.lost() >= LAST - DEPTH);
    }
    for (_, registration) in kept {
        topic.withdraw(registration);
    }
    drop((subscriber, topic));
    scene.end();
}

#[test]
fn a_cell_that_stays_half_written_blocks_no_reader() {
    let scene = Scene::new();
    let mut subscriber = scene.subscribe();
    let segment = Segment::of::<Message>(FORGED, CELLS, DEPTH);
    segment.set_stamp(0, whole(0));
    segment.set_stamp(1, writing(1));
    let registration = scene.announce(&segment);
    let mut honest = scene.publish();
    for number in 1..=10 {
        honest.publish(&[number; 6]).unwrap();
    }
    assert_eq!(drain(&mut subscriber).1.len(), 11);
    assert_eq!(subscriber.publishers().unwrap().len(), 2);
    scene.withdraw(registration);
    assert_eq!(subscriber.publishers().unwrap().len(), 1);
    assert!(subscriber.try_recv().unwrap().is_none());
    drop((subscriber, honest));
    scene.end();
}

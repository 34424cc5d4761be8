//! Publishers that lie about a message that they show while they write it.

use crate::messages::{Large, subscriber};
use slotcast::registry::{Registration, Role, TopicDirectory};
use slotcast::testing::{PATIENCE, TempDomain};
use slotcast::{Domain, EndpointId, PartialSample, RecvError, Subscriber, TopicName};
use slotcast_tests::segment::{Segment, announcement, word};
use slotcast_tests::stop::Stop;
use std::time::Instant;

const FORGED: EndpointId = EndpointId(0xf0f0_0000_0000_0000_0000_0000_0000_f0f1);
const POOL: usize = 1 << 20;
/// The words of the line.
const LINE: usize = 40;

fn forged(domain: &Domain) -> (Segment, Subscriber<Large>, Registration) {
    let topic = TopicDirectory::enter(domain, &TopicName::new("x").unwrap()).unwrap();
    let subscriber = subscriber(domain);
    let segment = Segment::pooled::<Large>(FORGED, 16, 8, POOL);
    let name = topic.names(Role::Subscriber).unwrap().pop().unwrap();
    segment.grant_pins(topic.open(&name).unwrap().live().unwrap().id);
    let registration = topic.announce(&announcement::<Large>(FORGED, Some(segment.memory()))).unwrap();
    (segment, subscriber, registration)
}

fn set_line(segment: &Segment, values: [u64; 6]) {
    for (index, value) in values.into_iter().enumerate().rev() {
        segment.set(LINE + index, value);
    }
}

#[test]
fn a_line_that_cannot_be_is_told_and_the_publisher_is_let_go() {
    let size = size_of::<Large>() as u64;
    let wrong = [[POOL as u64, size, 1], [8, size, 1], [0, size + 8, 1], [0, size, 0], [u64::MAX - 63, size, 1]];
    for [offset, bytes, count] in wrong {
        let domain = TempDomain::new();
        let (segment, mut subscriber, registration) = forged(&domain);
        set_line(&segment, [2, offset, bytes, count, 8, 0]);
        match subscriber.try_recv_partial() {
            Err(error @ RecvError::WronglyShown { .. }) => {
                let text = error.to_string();
                assert!(text.contains(&format!("{bytes} bytes, {count} elements, at {offset} in its pool")), "{text}");
            }
            other => panic!("{other:?}"),
        }
        assert!(subscriber.try_recv_partial().unwrap().is_none() && subscriber.try_recv().unwrap().is_none());
        drop(registration);
    }
}

#[test]
fn a_corrupt_line_is_never_followed() {
    let size = size_of::<Large>();
    let domain = TempDomain::new();
    let (segment, mut subscriber, _registration) = forged(&domain);
    // It is being changed for ever.
    set_line(&segment, [1, 0, size as u64, 1, 0, 0]);
    assert!(subscriber.try_recv_partial().unwrap().is_none());
    // More than there is.
    set_line(&segment, [2, 0, size as u64, 1, u64::MAX, 0]);
    let seen = subscriber.try_recv_partial().unwrap().unwrap();
    assert_eq!((seen.valid(), seen.bytes().len()), (size, size));
    // Less than there was, and stamps that go back: what was seen stays.
    for (stamp, valid) in [(2, 1), (1, 0), (0, 0), (6, 0)] {
        segment.set(LINE + 4, valid);
        segment.set(LINE, stamp);
        assert_eq!((seen.valid(), seen.is_complete()), (size, false));
    }
    assert!(seen.is_abandoned());
    segment.set(LINE, 3);
    assert!(seen.is_abandoned());
}

#[test]
fn a_line_that_is_scribbled_over_harms_nobody() {
    let size = size_of::<Large>() as u64;
    let stop = Stop::default();
    let (mut seen, mut told, mut turns) = (0_u64, 0_u64, 0_u64);
    let start = Instant::now();
    while (seen < 300 || told < 3) && start.elapsed() < PATIENCE {
        turns += 1;
        let domain = TempDomain::new();
        let (segment, mut subscriber, registration) = forged(&domain);
        std::thread::scope(|scope| {
            let _go_on = stop.later();
            scope.spawn(|| {
                let mut random = turns;
                let mut next = || {
                    random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                    random >> 16
                };
                while !stop.is_over() {
                    match next() % 64 {
                        0 if next() % 50 == 0 => segment.set(LINE + usize::try_from(next() % 6).unwrap(), next()),
                        1 => segment.set(word::CLOSED, next() % 2),
                        2..20 => segment.set(LINE + 4, next() % (2 * size)),
                        20..30 => segment.set(LINE, 4 * (next() % 1000) + next() % 4),
                        30..34 if next() % 200 == 0 => {
                            segment.set(LINE + 1 + usize::try_from(next() % 3).unwrap(), next() % (2 * POOL as u64));
                        }
                        _ => set_line(
                            &segment,
                            [4 * (next() % 1000) + 2, next() % 8 * 64, size, 1, next() % size, next()],
                        ),
                    }
                }
            });
            let mut held: Vec<PartialSample<Large>> = Vec::new();
            for _ in 0..3000 {
                match subscriber.try_recv_partial() {
                    Ok(Some(partial)) => {
                        seen += 1;
                        held.push(partial);
                        held.truncate(6);
                    }
                    Ok(None) => {}
                    Err(RecvError::WronglyShown { .. }) => {
                        told += 1;
                        break;
                    }
                    Err(error) => panic!("{error}"),
                }
                for partial in &held {
                    std::hint::black_box(partial.bytes().iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte)));
                    assert!(partial.valid() <= partial.total());
                }
                if seen % 3 == 0 {
                    held.clear();
                }
            }
        });
        drop(registration);
    }
    println!("{seen} seen, {told} told to be wrong");
    assert!(seen >= 300 && told >= 3);
}

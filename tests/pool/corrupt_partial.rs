//! Publishers that lie about a partial message.

use crate::messages::{Large, subscriber};
use slotcast::registry::{Registration, Role, TopicDirectory};
use slotcast::testing::{PATIENCE, TempDomain};
use slotcast::{Domain, EndpointId, PartialSample, RecvError, Subscriber, TopicName};
use slotcast_tests::random::Random;
use slotcast_tests::segment::{Segment, announcement, word};
use slotcast_tests::stop::Stop;
use std::time::Instant;

const FORGED: EndpointId = EndpointId(0xf0f0_0000_0000_0000_0000_0000_0000_f0f1);
const POOL: usize = 1 << 20;
/// The first word of the line of partial messages.
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
fn an_impossible_line_is_reported_and_the_publisher_is_detached() {
    let size = size_of::<Large>() as u64;
    let invalid = [[POOL as u64, size, 1], [8, size, 1], [0, size + 8, 1], [0, size, 0], [u64::MAX - 63, size, 1]];
    for [offset, bytes, count] in invalid {
        let domain = TempDomain::new();
        let (segment, mut subscriber, registration) = forged(&domain);
        set_line(&segment, [2, offset, bytes, count, 8, 0]);
        match subscriber.try_recv_partial() {
            Err(error @ RecvError::PartialNotInPool { .. }) => {
                let text = error.to_string();
                assert!(
                    text.contains(&format!("{bytes} bytes, {count} elements, at offset {offset} in its pool")),
                    "{text}"
                );
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
    // It claims to be changing forever.
    set_line(&segment, [1, 0, size as u64, 1, 0, 0]);
    assert!(subscriber.try_recv_partial().unwrap().is_none());
    // More than the message has.
    set_line(&segment, [2, 0, size as u64, 1, u64::MAX, 0]);
    let seen = subscriber.try_recv_partial().unwrap().unwrap();
    assert_eq!((seen.valid(), seen.bytes().len()), (size, size));
    // Fewer bytes than before, and stamps that go back: what was seen stays.
    for (stamp, valid) in [(2, 1), (1, 0), (0, 0), (6, 0)] {
        segment.set(LINE + 4, valid);
        segment.set(LINE, stamp);
        assert_eq!((seen.valid(), seen.is_complete()), (size, false));
    }
    assert!(seen.is_abandoned());
    segment.set(LINE, 3);
    assert!(seen.is_abandoned());
}

/// Writes noise into the line: what a publisher could write, and what it never would.
struct Scribbler(Random);

impl Scribbler {
    fn step(&mut self, segment: &Segment) {
        let size = size_of::<Large>() as u64;
        let random = &mut self.0;
        match random.below(64) {
            0 if random.below(50) == 0 => segment.set(LINE + random.index(6), random.next()),
            1 => segment.set(word::CLOSED, random.below(2)),
            2..20 => segment.set(LINE + 4, random.below(2 * size)),
            20..30 => segment.set(LINE, 4 * random.below(1000) + random.below(4)),
            30..34 if random.below(40) == 0 => {
                segment.set(LINE + 1 + random.index(3), random.below(2 * POOL as u64));
            }
            _ => {
                let stamp = 4 * random.below(1000) + 2;
                set_line(segment, [stamp, 64 * random.below(8), size, 1, random.below(size), random.next()]);
            }
        }
    }
}

/// The line is overwritten between two polls by the reader's own thread, so that much happens on
/// one processor too, and in the middle of a poll by another thread, where there are several.
#[test]
fn a_line_of_noise_harms_no_reader() {
    let stop = Stop::default();
    let (mut seen, mut reported, mut turns) = (0_u64, 0_u64, 0_u64);
    let start = Instant::now();
    while (seen < 300 || reported < 3) && start.elapsed() < PATIENCE {
        turns += 1;
        let domain = TempDomain::new();
        let (segment, mut subscriber, registration) = forged(&domain);
        std::thread::scope(|scope| {
            let _go_on = stop.guard();
            scope.spawn(|| {
                let mut beside = Scribbler(Random::new(2 * turns));
                while !stop.is_set() {
                    beside.step(&segment);
                }
            });
            let mut between = Scribbler(Random::new(2 * turns + 1));
            let mut held: Vec<PartialSample<Large>> = Vec::new();
            for _ in 0..3000 {
                (0..between.0.below(4)).for_each(|_| between.step(&segment));
                match subscriber.try_recv_partial() {
                    Ok(Some(partial)) => {
                        seen += 1;
                        held.push(partial);
                        held.truncate(6);
                    }
                    Ok(None) => {}
                    Err(RecvError::PartialNotInPool { .. }) => {
                        reported += 1;
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
    println!("{seen} partial messages seen, {reported} reported as invalid");
    assert!(seen >= 300 && reported >= 3);
}

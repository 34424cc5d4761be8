//! A ring that is overwritten with random words while it is read.

use crate::scene::{FORGED, Message, Scene};
use slotcast::{RecvError, Subscriber};
use slotcast_tests::random::Random;
use slotcast_tests::segment::{STRIDE, Segment, word};
use slotcast_tests::stop::Stop;
use std::time::{Duration, Instant};

const CELLS: usize = 8;
const DEPTH: u64 = 4;

/// A stamp that could be, or nearly, or not at all.
fn stamp(random: &mut Random, cell: u64, near: u64) -> u64 {
    let lap = CELLS as u64;
    let sequence = cell + lap * random.below(near);
    match random.below(16) {
        0 => 0,
        1 => random.next(),
        2 => u64::MAX - random.below(4),
        3 => 2 * (1 << 62) + random.below(64),
        4 => 2 * sequence + 4,
        5..=8 => 2 * sequence + 1,
        _ => 2 * sequence + 2,
    }
}
/// Writes rubbish into a ring until it is told to stop.
fn scribble(segment: &Segment, seed: u64, stop: &Stop) {
    let mut random = Random::new(seed);
    let mut near = 1;
    while !stop.is_over() {
        near += u64::from(random.below(4) == 0);
        let cell = random.below(CELLS as u64);
        let first = word::RING + usize::try_from(cell).unwrap() * STRIDE;
        match random.below(8) {
            0 => segment.set(word::HEAD, if random.below(2) == 0 { random.next() } else { near * CELLS as u64 }),
            1 => segment.set(first + 1 + random.index(7), random.next()),
            2 if random.below(64) == 0 => segment.set(word::CLOSED, random.next()),
            3 => {
                (0..word::RING)
                    .filter(|index| *index != word::HEAD)
                    .for_each(|index| segment.set(index, random.next()));
            }
            _ => segment.set(first, stamp(&mut random, cell, near)),
        }
    }
}

#[test]
fn random_words_are_read_or_told_and_nothing_else_happens() {
    let end = Instant::now() + Duration::from_secs(3);
    let mut random = Random::of_this_run();
    let (mut messages, mut corrupt) = (0_u64, 0_u64);
    let scene = Scene::new();
    while Instant::now() < end {
        let builder = Subscriber::<Message>::builder("corrupt").domain(&scene.domain);
        let builder = match random.below(4) {
            0 => builder.latest(),
            1 => builder.rate_limit(1e6),
            2 => builder.history(3),
            _ => builder,
        };
        let mut subscriber = builder.create().unwrap();
        let segment = Segment::of::<Message>(FORGED, CELLS as u64, DEPTH);
        let registration = scene.announce(&segment);
        assert!(subscriber.publishers().is_ok()); // its header is right until now
        let stop = Stop::default();
        std::thread::scope(|scope| {
            let _go_on = stop.later();
            scope.spawn(|| scribble(&segment, random.next(), &stop));
            let mut last = None;
            for _ in 0..5000 {
                match subscriber.try_recv() {
                    Ok(None) => {}
                    Ok(Some(sample)) => {
                        assert!(last.is_none_or(|last| sample.sequence() > last), "{last:?} {sample:?}");
                        last = Some(sample.sequence());
                        messages += 1;
                    }
                    Err(RecvError::Corrupt { .. }) => {
                        corrupt += 1;
                        break;
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        });
        scene.withdraw(registration);
    }
    println!("{messages} messages, {corrupt} rings told to be corrupt");
    assert!(messages > 0 && corrupt > 0);
    scene.end();
}

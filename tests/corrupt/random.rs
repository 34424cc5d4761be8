//! A ring that is overwritten with random words while it is read.

use crate::scene::{FORGED, Message, Scene};
use slotcast::{RecvError, Subscriber};
use slotcast_tests::random::Random;
use slotcast_tests::segment::{STRIDE, Segment, word};
use slotcast_tests::stop::Stop;
use std::time::{Duration, Instant};

const CELLS: usize = 8;
const DEPTH: u64 = 4;

/// Writes noise into a ring: what a publisher could write, what it nearly could, and what it never
/// would.
struct Scribbler {
    random: Random,
    near: u64,
}

impl Scribbler {
    fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), near: 1 }
    }

    /// A stamp of a cell: plausible, nearly plausible, or impossible.
    fn stamp(&mut self, cell: u64) -> u64 {
        let sequence = cell + CELLS as u64 * self.random.below(self.near);
        match self.random.below(16) {
            0 => 0,
            1 => self.random.next(),
            2 => u64::MAX - self.random.below(4),
            3 => 2 * (1 << 62) + self.random.below(64),
            4 => 2 * sequence + 4,
            5..=8 => 2 * sequence + 1,
            _ => 2 * sequence + 2,
        }
    }

    /// Overwrites a word of the ring, or nearly all of them.
    fn step(&mut self, segment: &Segment) {
        let random = &mut self.random;
        self.near += u64::from(random.below(4) == 0);
        let cell = random.below(CELLS as u64);
        let first = word::RING + usize::try_from(cell).unwrap() * STRIDE;
        match random.below(8) {
            0 => segment.set(word::HEAD, if random.below(2) == 0 { random.next() } else { self.near * CELLS as u64 }),
            1 => segment.set(first + 1 + random.index(7), random.next()),
            2 if random.below(64) == 0 => segment.set(word::CLOSED, random.next()),
            3 => {
                (0..word::RING)
                    .filter(|index| *index != word::HEAD)
                    .for_each(|index| segment.set(index, random.next()));
            }
            _ => segment.set(first, self.stamp(cell)),
        }
    }
}

/// The ring is overwritten between two polls by the reader's own thread, so that much happens on
/// one processor too, and in the middle of a poll by another thread, where there are several.
#[test]
fn random_words_are_received_or_reported_and_nothing_else_happens() {
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
        assert!(subscriber.publishers().is_ok()); // its header is valid up to here
        let stop = Stop::default();
        std::thread::scope(|scope| {
            let _go_on = stop.guard();
            let (mut beside, segment, stop) = (Scribbler::new(random.next()), &segment, &stop);
            scope.spawn(move || {
                while !stop.is_set() {
                    beside.step(segment);
                }
            });
            let mut between = Scribbler::new(random.next());
            let mut last = None;
            for _ in 0..5000 {
                (0..random.below(4)).for_each(|_| between.step(segment));
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
    println!("{messages} messages, {corrupt} rings reported as corrupt");
    assert!(messages > 0 && corrupt > 0);
    scene.end();
}

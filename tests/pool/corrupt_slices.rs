//! Publishers with impossible claims about messages of variable size.

use crate::scene::{Scene, assert_inside, scribble};
use slotcast::testing::PATIENCE;
use slotcast::{RecvError, Sample, ShmMessage, Subscriber, dynamic};
use slotcast_tests::random::Random;
use slotcast_tests::segment::{PoolShape, flag};
use slotcast_tests::stop::Stop;
use std::ops::Range;
use std::time::{Duration, Instant};

/// 12 bytes: the distance of two elements is no multiple of any unit of a pool.
type Element = [u32; 3];
const SIZE: u64 = size_of::<Element>() as u64;

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Header {
    width: u32,
    height: u32,
}

const SHAPE: PoolShape = PoolShape { flags: flag::POOL | flag::VARIABLE, ..PoolShape::SMALL };
const POOL: u64 = SHAPE.pool_bytes as u64;

/// Impossible descriptors, for messages whose elements begin at `start`.
fn invalid(at: u64) -> Vec<[u64; 3]> {
    let overflow = u64::MAX / SIZE + 1; // 12 times this is 8
    let mut invalid = vec![
        [0, at + 10 * SIZE + 1, 10],
        [0, at + 10 * SIZE - 1, 10],
        [0, at + 10 * SIZE, 9],
        [0, at + 10 * SIZE, 11],
        [0, at + 10 * SIZE, 0],
        [0, at + SIZE.wrapping_mul(overflow), overflow],
        [0, at + 8, overflow],
        [0, u64::MAX, u64::MAX],
        [0, 0, u64::MAX],
        [0, u64::MAX, u64::MAX / SIZE],
        [u64::MAX - 63, at + 10 * SIZE, 10],
        [8, at + 10 * SIZE, 10],
        [1, at, 0],
        [POOL, at + SIZE, 1],
        [POOL + 64, at, 0],
        [POOL - 64, at + 6 * SIZE, 6],
        [0, at + (POOL / SIZE + 1) * SIZE, POOL / SIZE + 1],
    ];
    if at > 0 {
        // No gap, part of one, no header; and a header that is cut off.
        invalid.extend([[0, 8 + 10 * SIZE, 10], [0, 16 + 9 * SIZE, 9], [0, 10 * SIZE, 10], [0, 8, 0], [POOL, at, 0]]);
    }
    invalid
}

/// Descriptors that just fit, and their numbers of elements.
fn valid(at: u64) -> Vec<[u64; 3]> {
    let most = (POOL - at) / SIZE;
    let last = POOL - (at + 5 * SIZE).next_multiple_of(64);
    vec![[0, at, 0], [last, at + 5 * SIZE, 5], [64, at + SIZE, 1], [0, at + most * SIZE, most]]
}

/// Runs a check for messages with and without a header.
macro_rules! with_and_without_header {
    ($check:ident) => {
        $check::<()>(0);
        $check::<Header>(64);
    };
}

#[test]
fn impossible_descriptors_of_slices_are_reported() {
    fn check<H: slotcast::Header>(at: u64) {
        for invalid in invalid(at) {
            for honoured in [false, true] {
                let scene = Scene::new();
                let mut typed = Subscriber::<[Element], H>::builder("x").domain(&scene.domain).create().unwrap();
                let layout = dynamic::Layout::new(scene.subscribers()[0].schema.clone()).unwrap();
                let builder = dynamic::Subscriber::builder("x").domain(&scene.domain).layout(&layout);
                let mut untyped = builder.create().unwrap();
                let (segment, announcement) = scene.forge(SHAPE, honoured);
                let _registration = scene.announce(&announcement);
                let valid = valid(at);
                for (sequence, &descriptor) in valid.iter().enumerate() {
                    segment.set_descriptor(sequence, sequence as u64, descriptor);
                    let sample = typed.try_recv().unwrap().unwrap();
                    assert_eq!((sample.len() as u64, sample.is_in_place()), (descriptor[2], honoured));
                    let sample = untyped.try_recv().unwrap().unwrap();
                    assert_eq!(sample.bytes().len() as u64, descriptor[1]);
                }
                segment.set_descriptor(valid.len(), valid.len() as u64, invalid);
                for error in [typed.try_recv().err(), untyped.try_recv().err()] {
                    match error {
                        Some(RecvError::NotInPool { offset, bytes, count, .. }) => {
                            assert_eq!([offset, bytes, count], invalid);
                        }
                        other => panic!("{invalid:?}: {other:?}"),
                    }
                }
                segment.set_descriptor(valid.len() + 1, valid.len() as u64 + 1, valid[0]);
                assert!(typed.try_recv().unwrap().is_none() && untyped.try_recv().unwrap().is_none());
            }
        }
    }
    with_and_without_header!(check);
}

/// A plausible message, mostly short.
fn place(random: &mut Random, at: u64) -> [u64; 3] {
    let most = if random.below(32) == 0 { (POOL - at) / SIZE } else { 100 };
    let count = random.below(most + 1);
    let bytes = at + count * SIZE;
    [random.below((POOL - bytes) / 64 + 1) * 64, bytes, count]
}

/// Asserts that everything a sample gives out lies in the publisher's memory if it is in place,
/// whatever is written there.
fn inspect<H: slotcast::Header>(ranges: &[Range<usize>], sample: &Sample<[Element], H>) {
    assert!(sample.len() as u64 <= POOL / SIZE);
    if sample.is_in_place() {
        assert_inside(ranges, &sample[..]);
    }
    // The ends, and some elements between.
    let some = sample.iter().step_by(sample.len() / 64 + 1).chain(sample.last());
    std::hint::black_box(some.flatten().fold(0, |sum: u32, word| sum.wrapping_add(*word)));
}

#[test]
fn random_words_all_over_slices_are_received_or_reported() {
    fn check<H: slotcast::Header>(at: u64) {
        let mut random = Random::of_this_run();
        let (mut messages, mut reported, mut in_place) = (0_u64, 0_u64, 0_u64);
        let start = Instant::now();
        while (messages < 1500 || reported < 5 || in_place < 150) && start.elapsed() < PATIENCE {
            let scene = Scene::new();
            let mut subscriber =
                Subscriber::<[Element], H>::builder("x").domain(&scene.domain).history(8).create().unwrap();
            let (segment, announcement) = scene.forge(SHAPE, random.below(4) > 0);
            let _registration = scene.announce(&announcement);
            subscriber.publishers().unwrap(); // its header is valid up to here
            let ranges = segment.where_read();
            let stop = Stop::default();
            let seed = random.next();
            std::thread::scope(|scope| {
                let _go_on = stop.guard();
                scope.spawn(|| scribble(&segment, seed, &stop, |random| place(random, at), Random::next));
                let mut kept = Vec::new();
                let until = Instant::now() + Duration::from_millis(100);
                while Instant::now() < until {
                    match subscriber.try_recv() {
                        Ok(Some(sample)) => {
                            messages += 1;
                            in_place += u64::from(sample.is_in_place());
                            kept.push(sample);
                            kept.iter().for_each(|sample| inspect(&ranges, sample));
                            kept.truncate(random.index(6));
                        }
                        Ok(None) => {}
                        Err(RecvError::Corrupt { .. } | RecvError::NotInPool { .. }) => {
                            reported += 1;
                            break;
                        }
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
        println!("{messages} messages, {in_place} in place, {reported} reported as invalid");
        assert!(messages >= 1500 && reported >= 5 && in_place >= 150);
    }
    with_and_without_header!(check);
}

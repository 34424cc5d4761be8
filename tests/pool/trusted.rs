//! Subscribers that trust their publishers: what has to be checked is checked in place.
#![allow(unsafe_code, reason = "publishers are vouched for")]

use crate::scene::{Scene, assert_inside};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Payload, Publisher, RecvError, ShmMessage, Subscriber, SubscriberBuilder};
use slotcast_tests::segment::{PoolShape, flag};

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
enum Cell {
    Free,
    Wall,
    Unknown = 255,
}

fn trusting<T: Payload + ?Sized, H: slotcast::Header>(builder: SubscriberBuilder<T, H>) -> Subscriber<T, H> {
    // SAFETY: the publishers of these topics are this test's own, and change no message that they
    // have published.
    unsafe { builder.trust_publishers() }.create().unwrap()
}

fn cell(index: usize) -> Cell {
    [Cell::Free, Cell::Wall, Cell::Unknown][index % 3]
}

#[test]
fn child_reads_a_map_in_place() {
    testing::process(|script| {
        let mut subscriber = trusting(Subscriber::<[Cell], char>::builder("x").domain(script.domain()));
        script.say("ready");
        for sequence in 0..100 {
            script.say("next");
            let sample = subscriber.recv().unwrap();
            assert!(sample.is_in_place());
            assert_eq!((sample.sequence(), *sample.header(), sample.header_copied()), (sequence, 'ü', 'ü'));
            assert!(sample.iter().enumerate().all(|(index, &is)| is == cell(index)));
            assert_eq!(sample.copied().len(), 100_000);
        }
        script.say("done");
    });
}

#[test]
fn what_has_to_be_checked_is_read_in_place() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[Cell], char>::builder("x").domain(&domain).create().unwrap();
    let mut other = Process::start("trusted::child_reads_a_map_in_place", &domain, &[]);
    other.expect("ready");
    for _ in 0..100 {
        other.expect("next");
        let map = publisher.loan_slice_uninit(100_000).unwrap().write_each_with(&'ü', cell);
        publisher.send(map).unwrap();
    }
    other.expect("done");
    other.finish();
}

/// Of fixed size; and those beyond `max_samples` are copied as ever.
#[test]
fn samples_are_held_in_place_up_to_the_setting() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[bool; 5000]>::builder("x").domain(&domain).create().unwrap();
    let builder = Subscriber::<[bool; 5000]>::builder("x").domain(&domain);
    let mut plain = builder.clone().create().unwrap();
    let mut subscriber = trusting(builder.max_samples(2));
    for _ in 0..3 {
        publisher.publish(&[true; 5000]).unwrap();
    }
    let samples: Vec<_> = subscriber.try_iter().map(Result::unwrap).collect();
    assert_eq!(samples.iter().map(|sample| sample.is_in_place()).collect::<Vec<_>>(), [true, true, false]);
    assert!(samples.iter().all(|sample| sample.iter().all(|&value| value) && sample.copied_boxed()[4999]));
    assert!(plain.try_iter().all(|sample| !sample.unwrap().is_in_place()));
}

#[test]
fn an_invalid_message_is_reported_all_the_same() {
    const POOL_AT: usize = (8 * (512 + 16 * 8) as usize).next_multiple_of(4096) / 8;
    let scene = Scene::new();
    let mut subscriber = trusting(Subscriber::<[bool]>::builder("x").domain(&scene.domain));
    let shape = PoolShape { flags: flag::POOL | flag::VARIABLE, ..PoolShape::SMALL };
    let (segment, announcement) = scene.forge(shape, true);
    let _registration = scene.announce(&announcement);
    subscriber.publishers().unwrap();
    let ranges = segment.where_read();
    segment.set(POOL_AT + 1, 2 << 8); // byte 9
    segment.set_descriptor(0, 0, [0, 16, 16]);
    segment.set_descriptor(1, 1, [64, 16, 16]);
    match subscriber.try_recv() {
        Err(error @ RecvError::Invalid { .. }) => {
            assert!(error.to_string().contains("field `[9]` is 2, not a bool (0 or 1)"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    let sample = subscriber.try_recv().unwrap().unwrap();
    assert_eq!((sample.is_in_place(), &sample[..]), (true, &[false; 16][..]));
    assert_inside(&ranges, &sample[..]);
}

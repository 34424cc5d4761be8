//! Messages copied out of samples: the copy belongs to this process, even if the publisher goes on
//! writing.

use crate::messages::Large;
use slotcast::dynamic;
use slotcast::registry::{Role, TopicDirectory};
use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast::{EndpointId, Publisher, Subscriber, TopicName};
use slotcast_tests::segment::{Segment, announcement};
use std::time::{Duration, Instant};

const POOL: usize = 1 << 20;

fn directory(domain: &slotcast::Domain) -> TopicDirectory {
    TopicDirectory::enter(domain, &TopicName::new("x").unwrap()).unwrap()
}

/// Returns a word of which both halves are equal.
fn word(half: u64) -> u64 {
    let half = half & u64::from(u32::MAX);
    half << 32 | half
}

/// Publishes one message in place and goes on writing it, until it is killed.
#[test]
fn child_scribbles() {
    testing::process(|script| {
        let topic = directory(script.domain());
        let name = topic.names(Role::Subscriber).unwrap().pop().unwrap();
        let subscriber = topic.open(&name).unwrap().live().unwrap().id;
        let id = EndpointId(7);
        let segment = Segment::pooled::<Large>(id, 16, 8, POOL);
        segment.grant_pins(subscriber);
        let _registration = topic.announce(&announcement::<Large>(id, Some(segment.memory()))).unwrap();
        segment.set_descriptor(0, 0, [0, size_of::<Large>() as u64, 1]);
        script.say("ready");
        let first = segment.len() - POOL / 8;
        for number in 0.. {
            for index in 0..size_of::<Large>() / 8 {
                segment.set(first + index, word(number));
            }
        }
    });
}

#[test]
fn what_was_copied_does_not_change() {
    let domain = TempDomain::new();
    let mut subscriber = Subscriber::<Large>::builder("x").domain(&domain).create().unwrap();
    let mut scribbler = Process::start("copies::child_scribbles", &domain, &[]);
    scribbler.expect("ready");
    let sample = subscriber.recv().unwrap();
    assert!(sample.is_in_place());
    let mut copies = vec![sample.copied_boxed()];
    let mut kept: Vec<u64> = copies[0].to_vec();
    let mut again = Box::new([0; 8192]);
    let end = Instant::now() + PATIENCE;
    while copies.len() < 20 {
        assert!(Instant::now() < end, "nothing is written");
        sample.copy_to(&mut again);
        assert!(again.iter().all(|&copied| copied == word(copied)), "a word is torn");
        if again != copies[copies.len() - 1] {
            kept.extend(again.iter());
            copies.push(std::mem::replace(&mut again, Box::new(sample.copied())));
        }
    }
    scribbler.kill();
    assert!(copies.iter().flat_map(|copy| copy.iter()).eq(&kept));
    assert!(sample.age().is_none(), "it does not tell when");
}

/// A size that is a multiple of nothing.
type Odd = [u8; 1027];

#[test]
fn all_bytes_are_copied_and_no_more() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Odd>::builder("odd").domain(&domain).create().unwrap();
    for most in [0, 8] {
        let builder = Subscriber::<Odd>::builder("odd").domain(&domain).max_samples(most);
        let mut subscriber = builder.create().unwrap();
        let message: Odd = std::array::from_fn(|index| (index % 251).to_le_bytes()[0]);
        publisher.publish(&message).unwrap();
        let sample = subscriber.try_recv().unwrap().unwrap();
        assert_eq!(sample.is_in_place(), most > 0);
        let mut guarded = [[0xee; 1027]; 3];
        sample.copy_to(&mut guarded[1]);
        assert_eq!(guarded, [[0xee; 1027], message, [0xee; 1027]]);
        assert!(sample.copied() == message && *sample.copied_boxed() == message);
        assert!(sample.age().unwrap() < PATIENCE);
    }
}

#[test]
fn headers_and_elements_are_copied() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u8], [u8; 3]>::builder("x").domain(&domain).timestamps(false).create().unwrap();
    let mut flags = Publisher::<[bool], char>::builder("flags").domain(&domain).create().unwrap();
    let mut flagged = Subscriber::<[bool], char>::builder("flags").domain(&domain).create().unwrap();
    for most in [0, 8] {
        let builder = Subscriber::<[u8], [u8; 3]>::builder("x").domain(&domain).max_samples(most);
        let mut subscriber = builder.create().unwrap();
        let elements: Vec<u8> = (0..100).collect();
        for length in 0..100 {
            publisher.publish_slice_with(&[1, 2, 3], &elements[..length]).unwrap();
            let sample = subscriber.try_recv().unwrap().unwrap();
            assert_eq!((sample.is_in_place(), sample.age()), (most > 0, None::<Duration>));
            assert_eq!((sample.header_copied(), &sample.copied()[..]), ([1, 2, 3], &elements[..length]));
            let mut out = [0xee; 102];
            sample.copy_to(&mut out[1..=length]);
            assert!(out[0] == 0xee && out[1..=length] == elements[..length] && out[length + 1] == 0xee);
        }
    }
    let mut dynamic = dynamic::Subscriber::builder("x").domain(&domain).create().unwrap();
    for _ in 0..2 {
        publisher.publish_slice_with(&[1, 2, 3], &[4, 5]).unwrap();
        let sample = dynamic.try_recv().unwrap().unwrap();
        assert_eq!((&sample.copied()[..3], &sample.copied()[64..]), (&[1, 2, 3][..], &[4, 5][..]));
        let json = serde_json::to_string(&sample.value().unwrap()).unwrap();
        assert_eq!(json, r#"{"header":[1,2,3],"elements":[4,5]}"#);
    }
    flags.publish_slice_with(&'ü', &[true, false, true]).unwrap();
    let sample = flagged.try_recv().unwrap().unwrap();
    assert_eq!((sample.header_copied(), &sample.copied()[..]), ('ü', &[true, false, true][..]));
}

//! Headers that have to be checked: they are copied, and the elements behind them stay where they
//! are.

use crate::scene::{Scene, assert_inside};
use slotcast::testing::{self, Process, TempDomain, until};
use slotcast::{Pad, Publisher, RecvError, Sample, ShmMessage, Subscriber};
use slotcast_tests::holdings::Holdings;
use slotcast_tests::segment::{PoolShape, Segment, flag};

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
enum Encoding {
    Gray = 1,
    Rgb = 3,
}

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Frame {
    number: u32,
    is_key: bool,
    encoding: Encoding,
    _pad: Pad<2>,
}

/// The bytes of a frame's elements.
const FRAME: usize = 1 << 20;

fn frame(number: u32) -> Frame {
    let encoding = if number.is_multiple_of(3) { Encoding::Gray } else { Encoding::Rgb };
    Frame { number, is_key: number.is_multiple_of(2), encoding, _pad: Pad::ZERO }
}

fn publish(publisher: &mut Publisher<[u8], Frame>, number: u32) {
    let mut loan = publisher.loan_slice_uninit(FRAME).unwrap();
    loan.as_bytes_mut().fill(number.to_le_bytes()[0]);
    publisher.send(loan.assume_filled_with(&frame(number))).unwrap();
}

fn assert_is(sample: &Sample<[u8], Frame>, number: u32) {
    assert!(sample.is_in_place());
    assert_eq!((*sample.header(), sample.header_copied()), (frame(number), frame(number)));
    assert_eq!(sample.len(), FRAME);
    assert!(sample.iter().all(|&byte| byte == number.to_le_bytes()[0]));
}

/// Receives frames in place. Its own memory does not grow by them.
#[test]
fn child_receives_frames() {
    testing::process(|script| {
        let mut subscriber = Subscriber::<[u8], Frame>::builder("x").domain(script.domain()).create().unwrap();
        script.say("ready");
        let mut receive = |numbers: std::ops::Range<u32>| {
            for number in numbers {
                script.say("next");
                assert_is(&subscriber.recv().unwrap(), number);
            }
        };
        receive(0..40); // maps the whole pool
        let before = Holdings::now().resident_kib;
        receive(40..240);
        let grown = Holdings::now().resident_kib.saturating_sub(before);
        assert!(grown < 512, "by {grown} KiB, which is less than one frame");
        script.say("done");
    });
}

#[test]
fn elements_stay_in_place_behind_a_header_that_is_checked() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u8], Frame>::builder("x").domain(&domain).create().unwrap();
    let mut other = Process::start("headers::child_receives_frames", &domain, &[]);
    other.expect("ready");
    for number in 0..240 {
        other.expect("next");
        publish(&mut publisher, number);
    }
    other.expect("done");
    other.finish();
}

/// Each pin has memory for one header: what is held keeps its own, whatever comes after it, and
/// whatever becomes of both sides.
#[test]
fn headers_are_held_with_their_samples() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u8], Frame>::builder("x").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<[u8], Frame>::builder("x").domain(&domain).max_samples(3).create().unwrap();
    let mut held = Vec::new();
    for number in 0..20 {
        publish(&mut publisher, number);
        let sample = subscriber.recv().unwrap();
        assert_is(&sample, number);
        if number < 2 {
            held.push(sample);
        }
    }
    let one = held[1].clone();
    publish(&mut publisher, 20);
    held.push(subscriber.recv().unwrap());
    publish(&mut publisher, 21);
    let copy = subscriber.recv().unwrap(); // all pins are in use
    assert_eq!((copy.is_in_place(), *copy.header(), copy[FRAME - 1]), (false, frame(21), 21));
    drop((subscriber, publisher, held.remove(0)));
    assert_is(&held[0], 1);
    assert_is(&held[1], 20);
    drop(held);
    std::thread::spawn(move || assert_is(&one, 1)).join().unwrap();
}

const SHAPE: PoolShape = PoolShape { flags: flag::POOL | flag::VARIABLE, ..PoolShape::SMALL };
/// The first word of the pool, of a ring of this shape.
const POOL_AT: usize = (8 * (512 + 16 * 8) as usize).next_multiple_of(4096) / 8;
/// Bytes of a message of 100 elements.
const BYTES: u64 = 64 + 100;

/// Writes a header where the slot `slot` of 256 bytes begins.
fn set_header(segment: &Segment, slot: usize, bytes: [u8; 8]) {
    segment.set(POOL_AT + slot * 32, u64::from_le_bytes(bytes));
}

#[test]
fn invalid_headers_are_reported_and_the_next_frame_is_received() {
    for is_honouring in [true, false] {
        let scene = Scene::new();
        let mut subscriber = Subscriber::<[u8], Frame>::builder("x").domain(&scene.domain).create().unwrap();
        let (segment, announcement) = scene.forge(SHAPE, is_honouring);
        let _registration = scene.announce(&announcement);
        subscriber.publishers().unwrap();
        let headers = [
            ([1, 0, 0, 0, 1, 3, 0, 0], None),
            ([2, 0, 0, 0, 2, 3, 0, 0], Some("field `header.is_key` is 2, not a bool (0 or 1)")),
            ([3, 0, 0, 0, 1, 2, 0, 0], Some("field `header.encoding` is 2, not a `Encoding` (1 Gray, 3 Rgb)")),
            ([4, 0, 0, 0, 0, 1, 0, 0], None),
        ];
        for (index, (header, _)) in headers.iter().enumerate() {
            set_header(&segment, index, *header);
            segment.set_descriptor(index, index as u64, [256 * index as u64, BYTES, 100]);
        }
        let ranges = segment.where_read();
        for (sequence, (header, problem)) in headers.into_iter().enumerate() {
            match (subscriber.try_recv(), problem) {
                (Ok(Some(sample)), None) => {
                    assert_eq!((sample.sequence(), sample.is_in_place()), (sequence as u64, is_honouring));
                    assert_eq!((sample.header().number, sample.len()), (header[0].into(), 100));
                    if is_honouring {
                        assert_inside(&ranges, &sample[..]);
                    }
                }
                (Err(error @ RecvError::Invalid { .. }), Some(problem)) => {
                    assert!(error.to_string().contains(problem), "{error}");
                }
                (other, _) => panic!("{other:?}"),
            }
        }
    }
}

/// A header that was checked stays what it was. Elements, of which any bytes are a value, do not.
#[test]
fn a_header_that_was_checked_does_not_change() {
    let scene = Scene::new();
    let mut subscriber = Subscriber::<[u8], Frame>::builder("x").domain(&scene.domain).create().unwrap();
    let (segment, announcement) = scene.forge(SHAPE, true);
    let _registration = scene.announce(&announcement);
    subscriber.publishers().unwrap();
    set_header(&segment, 0, [7, 0, 0, 0, 1, 3, 0, 0]);
    segment.set_descriptor(0, 0, [0, BYTES, 100]);
    let sample = subscriber.try_recv().unwrap().unwrap();
    let clone = sample.clone();
    set_header(&segment, 0, [0xff; 8]);
    segment.set(POOL_AT + 8, u64::MAX); // the first elements
    let expected = Frame { number: 7, is_key: true, encoding: Encoding::Rgb, _pad: Pad::ZERO };
    for sample in [sample, clone] {
        assert!(sample.is_in_place());
        assert_eq!((*sample.header(), sample.header_copied()), (expected, expected));
        assert_eq!(sample[..9], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]);
    }
}

#[test]
fn partial_messages_have_headers_that_are_checked() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u8], Frame>::builder("x").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<[u8], Frame>::builder("x").domain(&domain).create().unwrap();
    assert!(publisher.wait_for_subscribers(1, testing::PATIENCE).unwrap());
    let loan = publisher.loan_slice_uninit(FRAME).unwrap().assume_filled_with(&frame(5));
    let mut partial = publisher.publish_partial(loan).unwrap();
    partial.rest_mut()[..10].fill(9);
    partial.advance(10).unwrap();
    let mut seen = None;
    until("the partial message is seen", || {
        seen = subscriber.try_recv_partial().unwrap();
        seen.is_some()
    });
    let seen = seen.unwrap();
    assert_eq!((seen.header(), seen.elements()), (&frame(5), &[9; 10][..]));
    publisher.finish(partial).unwrap();
    let whole = subscriber.recv().unwrap();
    assert!(seen.is_of(&whole) && seen.is_complete());
    assert_eq!((whole.header(), seen.header()), (&frame(5), &frame(5)));
}

#[test]
fn a_partial_message_with_an_invalid_header_is_reported_once() {
    /// The first word of the line of partial messages.
    const LINE: usize = 40;
    let scene = Scene::new();
    let mut subscriber = Subscriber::<[u8], Frame>::builder("x").domain(&scene.domain).create().unwrap();
    let (segment, announcement) = scene.forge(SHAPE, true);
    let _registration = scene.announce(&announcement);
    let set_line = |values: [u64; 6]| {
        for (index, value) in values.into_iter().enumerate().rev() {
            segment.set(LINE + index, value);
        }
    };
    set_header(&segment, 0, [7, 0, 0, 0, 1, 9, 0, 0]);
    set_line([2, 0, BYTES, 100, 8, 0]);
    match subscriber.try_recv_partial() {
        Err(error @ RecvError::InvalidPartial { .. }) => {
            let text = error.to_string();
            assert!(text.contains("field `header.encoding` is 9, not a `Encoding` (1 Gray, 3 Rgb)"), "{text}");
        }
        other => panic!("{other:?}"),
    }
    assert!(subscriber.try_recv_partial().unwrap().is_none());
    // The next one is valid.
    set_header(&segment, 1, [8, 0, 0, 0, 0, 1, 0, 0]);
    set_line([6, 256, BYTES, 100, 8, 0]);
    let seen = subscriber.try_recv_partial().unwrap().unwrap();
    set_header(&segment, 1, [0xff; 8]);
    assert_eq!((seen.header().number, seen.header().encoding, seen.valid()), (8, Encoding::Gray, 8));
}

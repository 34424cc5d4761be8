//! Messages that are validated, or decoded without their type, while their bytes change.

use crate::scene::{Scene, scribble};
use slotcast::dynamic::{self, Layout, Value};
use slotcast::schema::InvalidValue;
use slotcast::testing::PATIENCE;
use slotcast::{FixedVec, RecvError, ShmMessage, Str, Subscriber};
use slotcast_tests::random::Random;
use slotcast_tests::segment::{PoolShape, Segment, flag};
use slotcast_tests::stop::Stop;
use std::time::{Duration, Instant};

const SLICES: PoolShape = PoolShape { flags: flag::POOL | flag::VARIABLE, ..PoolShape::SMALL };
const POOL: u64 = SLICES.pool_bytes as u64;

/// Changes a publisher's memory while `read` runs again and again, until it returns `false`, or for
/// 100 ms.
fn while_it_changes(
    segment: &Segment,
    seed: u64,
    place: impl Fn(&mut Random) -> [u64; 3] + Send,
    content: impl Fn(&mut Random) -> u64 + Send,
    mut read: impl FnMut() -> bool,
) {
    let stop = Stop::default();
    std::thread::scope(|scope| {
        let _go_on = stop.guard();
        scope.spawn(|| scribble(segment, seed, &stop, place, content));
        let until = Instant::now() + Duration::from_millis(100);
        while Instant::now() < until && read() {}
    });
}

/// Eight bytes that are mostly valid `bool`s.
fn bools(random: &mut Random) -> u64 {
    let invalid = if random.below(3000) == 0 { 2 << (8 * random.below(8)) } else { 0 };
    random.next() & 0x0101_0101_0101_0101 | invalid
}

/// The bytes of a slice of messages.
fn bytes_of<T: ShmMessage>(values: &[T]) -> &[u8] {
    // SAFETY: messages have no padding and no interior mutability, and are initialised.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) }
}

/// Returns whether the publisher was detached, which ends a round. Otherwise the message must be
/// invalid: nothing else may be reported about what changes while it is received.
fn is_detached(error: &RecvError) -> bool {
    match error {
        RecvError::Invalid { .. } => false,
        RecvError::Corrupt { .. } | RecvError::NotInPool { .. } => true,
        error => panic!("{error}"),
    }
}

#[test]
fn what_was_validated_stays_valid_though_its_bytes_change() {
    let mut random = Random::of_this_run();
    let start = Instant::now();
    let (mut valid, mut invalid) = (0_u64, 0_u64);
    while (valid < 500 || invalid < 20) && start.elapsed() < PATIENCE {
        let scene = Scene::new();
        let mut subscriber = Subscriber::<[bool], char>::builder("x").domain(&scene.domain).create().unwrap();
        // It may claim that it honours pins: what has to be validated is copied nevertheless.
        let (segment, announcement) = scene.forge(SLICES, true);
        let _registration = scene.announce(&announcement);
        subscriber.publishers().unwrap();
        let place = |random: &mut Random| {
            let count = random.below(300);
            [random.below((POOL - 400) / 64) * 64, 64 + count, count]
        };
        while_it_changes(&segment, random.next(), place, bools, || {
            match subscriber.try_recv() {
                Ok(None) => {}
                Ok(Some(sample)) => {
                    valid += 1;
                    assert!(!sample.is_in_place());
                    let bytes = bytes_of(&sample).to_vec();
                    assert!(bytes.iter().all(|&byte| byte < 2), "{bytes:?}");
                    let header = bytes_of(std::slice::from_ref(sample.header())).to_vec();
                    let code = u32::from_le_bytes(header[..].try_into().unwrap());
                    assert_eq!(char::from_u32(code), Some(*sample.header()));
                    std::thread::yield_now();
                    assert_eq!(
                        (bytes_of(&sample), bytes_of(std::slice::from_ref(sample.header()))),
                        (&bytes[..], &header[..])
                    );
                }
                Err(error) if is_detached(&error) => return false,
                Err(_) => invalid += 1,
            }
            true
        });
    }
    println!("{valid} valid, {invalid} invalid");
    assert!(valid >= 500 && invalid >= 20);
}

/// The same for messages of fixed size.
#[test]
fn large_messages_that_were_validated_stay_valid_though_their_bytes_change() {
    type Flags = [bool; 2000];
    let mut random = Random::of_this_run();
    let start = Instant::now();
    let (mut valid, mut invalid) = (0_u64, 0_u64);
    while (valid < 300 || invalid < 20) && start.elapsed() < PATIENCE {
        let scene = Scene::new();
        let mut subscriber = Subscriber::<Flags>::builder("x").domain(&scene.domain).create().unwrap();
        let (segment, announcement) = scene.forge(PoolShape::SMALL, true);
        let _registration = scene.announce(&announcement);
        subscriber.publishers().unwrap();
        let place = |random: &mut Random| [random.below((POOL - 2000) / 64) * 64, 2000, 1];
        while_it_changes(&segment, random.next(), place, bools, || {
            match subscriber.try_recv() {
                Ok(None) => {}
                Ok(Some(sample)) => {
                    valid += 1;
                    assert!(!sample.is_in_place() && bytes_of(&sample[..]).iter().all(|&byte| byte < 2));
                }
                Err(error) if is_detached(&error) => return false,
                Err(_) => invalid += 1,
            }
            true
        });
    }
    println!("{valid} valid, {invalid} invalid");
    assert!(valid >= 300 && invalid >= 20);
}

/// Any bytes are valid: it is decoded in place.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
struct Anything {
    name: Str<8>,
    list: FixedVec<u32, 3>,
    rest: u32,
}

/// It has to be validated.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
struct Checked {
    list: FixedVec<bool, 8>,
    letter: char,
    mode: Mode,
    rest: [u8; 3],
}

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
enum Mode {
    Idle = 0,
    Driving = 1,
}

/// Words that are short texts, plausible lengths, and anything.
fn words(random: &mut Random) -> u64 {
    match random.below(8) {
        0 => random.next(),
        1 => u64::MAX - random.below(4),
        2..5 => random.below(12),
        // Letters of one byte and of two bytes, and invalid ones.
        5 => u64::from_le_bytes(*b"ab\xc3\xbcc\xf0\x9f\0") << (8 * random.below(3)),
        _ => bools(random),
    }
}

/// What a subscriber without a type makes of `[T]` with the header `T`, whose words come from
/// `words`.
fn decode_while_it_changes<T: ShmMessage>(inspect: impl Fn(&dynamic::Sample, Result<Value, InvalidValue>)) {
    let at = size_of::<T>().next_multiple_of(64) as u64;
    let size = size_of::<T>() as u64;
    let mut random = Random::of_this_run();
    let start = Instant::now();
    let (mut decoded, mut invalid, mut reported) = (0_u64, 0_u64, 0_u64);
    let needs_checks = !T::EVERY_BIT_PATTERN_VALID;
    while (decoded < 500 || reported < 3 || needs_checks && invalid < 20) && start.elapsed() < PATIENCE {
        let scene = Scene::new();
        // Announces what is subscribed to.
        let typed = Subscriber::<[T], T>::builder("x").domain(&scene.domain).create().unwrap();
        let layout = Layout::new(scene.subscribers()[0].schema.clone()).unwrap();
        let mut subscriber = dynamic::Subscriber::builder("x").domain(&scene.domain).layout(&layout).create().unwrap();
        let (segment, announcement) = scene.forge(SLICES, random.below(4) > 0);
        let _registration = scene.announce(&announcement);
        drop(typed);
        subscriber.publishers().unwrap();
        let place = |random: &mut Random| {
            let count = random.below(8);
            let bytes = at + count * size;
            [random.below((POOL - bytes) / 64) * 64, bytes, count]
        };
        while_it_changes(&segment, random.next(), place, words, || {
            match subscriber.try_recv() {
                Ok(None) => {}
                Ok(Some(sample)) => {
                    let value = sample.value();
                    match &value {
                        Ok(value) => {
                            decoded += 1;
                            let Some(Value::List(elements)) = value.get("elements") else { panic!("{value}") };
                            assert_eq!(elements.len() as u64, (sample.bytes().len() as u64 - at) / size);
                            assert!(value.get("header").is_some(), "{value}");
                            serde_json::to_string(value).unwrap();
                        }
                        Err(_) => invalid += 1,
                    }
                    sample.layout().decode_anything(sample.bytes()).unwrap();
                    inspect(&sample, value);
                }
                Err(error) if is_detached(&error) => {
                    reported += 1;
                    return false;
                }
                Err(error) => panic!("{error}"),
            }
            true
        });
    }
    println!("{decoded} decoded, {invalid} invalid, {reported} reported as invalid");
    assert!(decoded >= 500 && reported >= 3 && (invalid >= 20 || !needs_checks));
}

#[test]
fn what_is_decoded_in_place_may_change_meanwhile() {
    decode_while_it_changes::<Anything>(|_, value| {
        let value = value.expect("any bytes are one");
        let Some(Value::List(elements)) = value.get("elements") else { panic!("{value}") };
        // Each text is valid, and each list has at most its capacity, whatever the bytes are by
        // now.
        for element in elements {
            assert!(matches!(element.get("name"), Some(Value::Str(name)) if name.len() <= 8), "{element}");
            assert!(matches!(element.get("list"), Some(Value::List(list)) if list.len() <= 3), "{element}");
        }
    });
}

#[test]
fn what_has_to_be_validated_is_decoded_from_a_copy() {
    decode_while_it_changes::<Checked>(|sample, value| {
        std::thread::yield_now();
        assert_eq!(value, sample.value());
        assert_eq!(value.is_ok(), sample.layout().validate(sample.bytes()).is_ok());
    });
}

//! Programs in C++ and in Rust that exchange messages, end, are killed, and disagree.

use slotcast::schema::{InvalidValue, Schema};
use slotcast::testing::{PATIENCE, TempDomain, until};
use slotcast::{Publisher, ShmMessage, Str, Subscriber};
use slotcast_cpp::peers::{Build, Peer, build};
use std::path::{Path, PathBuf};

/// That of `programs/messages.hpp`.
#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
enum Mode {
    Idle,
    Running,
}

/// That of `programs/messages.hpp`.
#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
    accel: [f32; 3],
    gyro: [f32; 3],
    valid: bool,
    mode: Mode,
    frame: Str<14>,
}

/// An [`Imu`] according to its schema, and any bytes.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Forged([u8; size_of::<Imu>()]);

// SAFETY: it has the size and alignment of an `Imu`, no padding, and all bytes are values of it.
unsafe impl ShmMessage for Forged {
    const SCHEMA: &'static Schema = Imu::SCHEMA;
    const EVERY_BIT_PATTERN_VALID: bool = true;
    const ZERO_VALID: bool = true;

    fn validate(_: &[u8]) -> Result<(), InvalidValue> {
        Ok(())
    }
}

/// That of `programs/messages.hpp`.
#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct FrameInfo {
    number: u64,
}

fn imu(i: u16) -> Imu {
    let x = f32::from(i);
    Imu {
        stamp_ns: i.into(),
        accel: [x, x + 1.0, x + 2.0],
        gyro: [-x, 0.0, 0.0],
        valid: i.is_multiple_of(2),
        mode: if i.is_multiple_of(3) { Mode::Idle } else { Mode::Running },
        frame: "base".try_into().unwrap(),
    }
}

const COUNT: u16 = 1000;

/// Runs a test with a program that every compiler compiles, if there is one.
fn with_each_compiler(source: &str, kind: Build, test: impl Fn(&Path)) {
    for compiler in slotcast_cpp::compilers() {
        test(&build(&compiler, source, kind));
    }
}

const PEER: &str = "tests/programs/peer.cpp";

#[test]
fn cpp_and_rust_exchange_messages() {
    with_each_compiler(PEER, Build::Plain, |program| {
        cpp_to_rust(program);
        rust_to_cpp(program);
        cpp_to_cpp(program, "publish", "receive", COUNT.into());
        cpp_to_cpp(program, "publish-samples", "receive-samples", 8);
        samples_to_rust(program);
        samples_to_cpp(program);
        either_side_is_killed(program);
        a_mismatch_names_the_field(program);
        an_invalid_message_names_the_field(program);
        exceptions_and_closers_leave_nothing(program);
    });
}

/// The same under the sanitizers, by the first compiler: no error of memory, and nothing leaked.
#[test]
fn nothing_leaks_or_is_undefined() {
    if let Some(compiler) = slotcast_cpp::compilers().first() {
        let program = build(compiler, PEER, Build::Sanitized);
        cpp_to_cpp(&program, "publish", "receive", COUNT.into());
        cpp_to_cpp(&program, "publish-samples", "receive-samples", 8);
        a_mismatch_names_the_field(&program);
        an_invalid_message_names_the_field(&program);
        exceptions_and_closers_leave_nothing(&program);
    }
}

/// Slices, large messages, tensors and arrays.
#[test]
fn messages_of_each_kind() {
    if let Some(compiler) = slotcast_cpp::compilers().first() {
        let domain = TempDomain::new();
        let program = build(compiler, "tests/programs/shapes.cpp", Build::Sanitized);
        let mut peer = Peer::start(&program, &domain, &[]);
        peer.expect("bytes: 3, the last is 3");
        peer.expect("big: 7 1, 8 2.5, in place: 0");
        peer.expect("tensor: 6, the last is 1.5, doubles: 0");
        peer.expect("array: 3");
        peer.expect("sources: 1, received: 1");
        peer.finish();
        assert_eq!(domain.leftovers(), [] as [PathBuf; 0]);
    }
}

/// Without exceptions, errors are results.
#[test]
fn works_without_exceptions() {
    with_each_compiler("tests/programs/no_exceptions.cpp", Build::NoExceptions, |program| {
        let domain = TempDomain::new();
        let mut peer = Peer::start(program, &domain, &[]);
        peer.expect("done");
        peer.finish();
        assert_eq!(domain.leftovers(), [] as [PathBuf; 0]);
    });
}

fn cpp_to_rust(program: &Path) {
    let domain = TempDomain::new();
    let mut subscriber = Subscriber::<Imu>::builder("imu").domain(&domain).create().unwrap();
    let mut peer = Peer::start(program, &domain, &["publish", "imu", &COUNT.to_string()]);
    for i in 0..COUNT {
        let sample = subscriber.recv_timeout(PATIENCE).unwrap().expect("a message");
        assert_eq!((*sample, sample.sequence(), sample.lost_before()), (imu(i), i.into(), 0));
        assert!(sample.timestamp().is_some());
    }
    peer.expect("published");
    assert_eq!(subscriber.publishers().unwrap()[0].name, "c++");
    peer.tell("end");
    peer.finish();
    drop(subscriber);
    assert_eq!(domain.leftovers(), [] as [PathBuf; 0]);
}

fn rust_to_cpp(program: &Path) {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Imu>::builder("imu").domain(&domain).depth(4096).create().unwrap();
    let mut peer = Peer::start(program, &domain, &["receive", "imu", &COUNT.to_string()]);
    peer.expect("ready");
    assert!(publisher.wait_for_subscribers(1, PATIENCE).unwrap());
    for i in 0..COUNT {
        publisher.publish(&imu(i)).unwrap();
    }
    peer.expect("received");
    peer.tell("end");
    peer.finish();
}

fn cpp_to_cpp(program: &Path, publish: &str, receive: &str, count: u64) {
    let domain = TempDomain::new();
    let mut receiver = Peer::start(program, &domain, &[receive, "topic", &count.to_string()]);
    receiver.expect("ready");
    let mut publisher = Peer::start(program, &domain, &[publish, "topic", &count.to_string()]);
    publisher.expect("published");
    receiver.expect("received");
    for mut peer in [publisher, receiver] {
        peer.tell("end");
        peer.finish();
    }
    assert_eq!(domain.leftovers(), [] as [PathBuf; 0]);
}

fn samples_to_rust(program: &Path) {
    let domain = TempDomain::new();
    let mut subscriber = Subscriber::<[u32], FrameInfo>::builder("samples").domain(&domain).create().unwrap();
    let mut peer = Peer::start(program, &domain, &["publish-samples", "samples", "8"]);
    for i in 0..8_u32 {
        let sample = subscriber.recv_timeout(PATIENCE).unwrap().expect("a message");
        assert_eq!((sample.header().number, sample.len()), (i.into(), i as usize * 100_000));
        assert!(sample.iter().all(|value| *value == i));
    }
    peer.expect("published");
    peer.tell("end");
    peer.finish();
}

fn samples_to_cpp(program: &Path) {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u32], FrameInfo>::builder("samples").domain(&domain).depth(16).create().unwrap();
    let mut peer = Peer::start(program, &domain, &["receive-samples", "samples", "8"]);
    peer.expect("ready");
    assert!(publisher.wait_for_subscribers(1, PATIENCE).unwrap());
    for i in 0..8_u32 {
        publisher.publish_slice_with(&FrameInfo { number: i.into() }, &vec![i; i as usize * 100_000]).unwrap();
    }
    peer.expect("received");
    peer.tell("end");
    peer.finish();
}

/// Who is left goes on, and who comes next cleans up.
fn either_side_is_killed(program: &Path) {
    let domain = TempDomain::new();
    let mut subscriber = Subscriber::<Imu>::builder("killed").domain(&domain).create().unwrap();
    let mut peer = Peer::start(program, &domain, &["publish-forever", "killed"]);
    peer.expect("publishes");
    peer.kill();
    while let Some(sample) = subscriber.try_recv().unwrap() {
        assert_eq!(sample.frame, *"base");
    }
    until("the killed publisher is gone", || subscriber.publishers().unwrap().is_empty());
    drop(subscriber);

    let mut publisher = Publisher::<Imu>::builder("killed").domain(&domain).depth(1024).create().unwrap();
    let mut peer = Peer::start(program, &domain, &["receive-forever", "killed"]);
    peer.expect("ready");
    assert!(publisher.wait_for_subscribers(1, PATIENCE).unwrap());
    for i in 0..200 {
        publisher.publish(&imu(i)).unwrap();
    }
    peer.expect("receives");
    peer.kill();
    until("the killed subscriber is gone", || publisher.subscribers().unwrap().is_empty());
    publisher.publish(&imu(0)).unwrap();
}

fn a_mismatch_names_the_field(program: &Path) {
    let domain = TempDomain::new();
    let _publisher = Publisher::<Imu>::builder("imu").domain(&domain).create().unwrap();
    let mut peer = Peer::start(program, &domain, &["mismatch", "imu"]);
    let text = peer.line();
    assert!(text.contains("mode") && text.contains("u8") && text.contains("Mode"), "{text}");
    peer.finish();
}

/// Bytes that are no value of a field's type are told with the field, where they are published and
/// where they are received. Other messages are received.
fn an_invalid_message_names_the_field(program: &Path) {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Forged>::builder("imu").domain(&domain).create().unwrap();
    let mut peer = Peer::start(program, &domain, &["invalid", "imu"]);
    let refused = peer.line();
    assert!(refused.contains("field `mode` is 9, not a `Mode` (0 Idle, 1 Running)"), "{refused}");
    peer.expect("ready");
    assert!(publisher.wait_for_subscribers(1, PATIENCE).unwrap());
    let bytes = |i: u16, at: usize, byte: u8| {
        let mut forged = Forged([0; size_of::<Imu>()]);
        let imu = imu(i);
        forged.0[..8].copy_from_slice(&imu.stamp_ns.to_ne_bytes());
        for (place, number) in forged.0[8..32].chunks_exact_mut(4).zip(imu.accel.iter().chain(&imu.gyro)) {
            place.copy_from_slice(&number.to_ne_bytes());
        }
        forged.0[32] = imu.valid.into();
        forged.0[33] = imu.mode as u8;
        forged.0[34..38].copy_from_slice(b"base");
        forged.0[at] = byte;
        forged
    };
    for message in [bytes(0, 47, 0), bytes(0, 32, 2), bytes(0, 33, 9), bytes(1, 47, 0)] {
        publisher.publish(&message).unwrap();
    }
    peer.expect("received 0");
    for (sequence, field) in [(1, "valid"), (2, "mode")] {
        let text = peer.line();
        let what = format!("topic \"imu\": message {sequence} is not valid: field `{field}`");
        assert!(text.contains(&what), "{text}");
    }
    peer.expect("received 1");
    peer.finish();
}

fn exceptions_and_closers_leave_nothing(program: &Path) {
    for (what, said) in [("throwing", "thrown"), ("closing", "closed")] {
        let domain = TempDomain::new();
        let mut peer = Peer::start(program, &domain, &[what, "topic"]);
        peer.expect(said);
        peer.finish();
        assert_eq!(domain.leftovers(), [] as [PathBuf; 0]);
    }
}

/// The hashes that the compiler computes are those of Rust.
#[test]
fn hashes_are_those_of_the_golden_file() {
    let golden: String = include_str!("../../../tests/schema/golden.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| [line, "\n"])
        .collect();
    with_each_compiler("tests/programs/golden.cpp", Build::Newer, |program| {
        let output = std::process::Command::new(program).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), golden);
    });
}

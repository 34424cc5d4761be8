//! Every interleaving of one writer and one reader, for a few messages in a ring of two cells.

use super::{Geometry, Outcome, Reader, Writer};
use crate::protocol::cursor::{Cursor, Step};
use crate::protocol::modelling::{explore_three_preemptions, spawn, zeros};
use crate::sync::{Word, read_only, read_only_word};
use std::sync::Arc;

const BYTES: usize = 16;

struct Ring {
    cells: Vec<Word>,
    head: Word,
    geometry: Geometry,
}

impl Ring {
    fn new() -> Arc<Self> {
        let geometry = Geometry::new(1, BYTES as u64).unwrap();
        Arc::new(Self { cells: zeros(geometry.words()), head: Word::new(0), geometry })
    }

    fn writer(&self) -> Writer<'_> {
        Writer::new(&self.cells, &self.head, self.geometry)
    }

    fn reader(&self) -> Reader<'_> {
        Reader::new(read_only(&self.cells), read_only_word(&self.head), self.geometry)
    }

    fn publish(&self, sequence: u64) {
        self.writer().write(sequence, time_of(sequence), &payload_of(sequence));
        self.writer().finish(sequence, BYTES);
    }

    fn read(&self, sequence: u64) -> Outcome {
        let mut out = [0; BYTES / 8];
        let outcome = self.reader().read(sequence, BYTES, &mut out);
        if let Outcome::Message { time } = outcome {
            check(sequence, time, out);
        }
        outcome
    }
}

fn payload_of(sequence: u64) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    bytes[..8].copy_from_slice(&(sequence + 100).to_le_bytes());
    bytes[8..].copy_from_slice(&(sequence + 200).to_le_bytes());
    bytes
}

fn time_of(sequence: u64) -> u64 {
    sequence + 300
}

fn check(sequence: u64, time: u64, words: [u64; BYTES / 8]) {
    assert_eq!((time, words), (time_of(sequence), [sequence + 100, sequence + 200]), "message {sequence} is torn");
}

/// A message read while it is published is whole and correct.
#[test]
fn publish_and_read() {
    loom::model(|| {
        let ring = Ring::new();
        let writer = spawn(&ring, |ring| ring.publish(0));
        let outcome = ring.read(0);
        assert!(matches!(outcome, Outcome::Message { .. } | Outcome::NotYet), "{outcome:?}");
        writer.join().unwrap();
        assert!(matches!(ring.read(0), Outcome::Message { .. }));
    });
}

/// A message that is overwritten while it is read is not delivered torn.
#[test]
fn lap_during_read() {
    loom::model(|| {
        let ring = Ring::new();
        ring.publish(0);
        let writer = spawn(&ring, |ring| ring.publish(2));
        let outcome = ring.read(0);
        assert!(matches!(outcome, Outcome::Message { .. } | Outcome::Lapped { newest: 2 }), "{outcome:?}");
        writer.join().unwrap();
        assert_eq!(ring.read(0), Outcome::Lapped { newest: 2 });
    });
}

/// A cursor delivers in order, and counts exactly what it does not deliver.
#[test]
fn every_message_is_delivered_or_counted() {
    loom::model(|| {
        let ring = Ring::new();
        ring.publish(0);
        let writer = spawn(&ring, |ring| {
            ring.publish(1);
            ring.publish(2);
        });
        let mut cursor = Cursor::at(0);
        let mut received = 0;
        let mut step = |cursor: &mut Cursor| {
            let mut out = [0; BYTES / 8];
            match cursor.step(&ring.reader(), 1, BYTES, &mut out) {
                Step::Message { sequence, time } => {
                    check(sequence, time, out);
                    received += 1;
                    assert_eq!(received + cursor.lost(), sequence + 1);
                    true
                }
                Step::NotYet => false,
                step @ Step::Corrupt { .. } => panic!("{step:?}"),
            }
        };
        step(&mut cursor);
        writer.join().unwrap();
        while step(&mut cursor) {}
        assert_eq!(received + cursor.lost(), 3);
    });
}

/// A reader that joins at the head finds what was published before in place.
#[test]
fn late_join() {
    loom::model(|| {
        let ring = Ring::new();
        let writer = spawn(&ring, |ring| ring.publish(0));
        let head = ring.reader().head();
        if head == 1 {
            // Read once: a second read would come after the fence of the first.
            let outcome = ring.read(0);
            assert!(matches!(outcome, Outcome::Message { .. }), "{outcome:?}");
        }
        writer.join().unwrap();
    });
}

/// A writer that dies in the middle of a message leaves the messages before it, and an end.
#[test]
fn death_while_writing() {
    loom::model(|| {
        let ring = Ring::new();
        ring.publish(0);
        let writer = spawn(&ring, |ring| {
            ring.publish(1);
            ring.writer().write(2, time_of(2), &payload_of(2));
        });
        ring.read(0);
        writer.join().unwrap();
        assert_eq!(ring.read(0), Outcome::Lapped { newest: 2 });
        assert!(matches!(ring.read(1), Outcome::Message { .. }));
        assert_eq!(ring.read(2), Outcome::NotYet);
    });
}

/// A message that is withdrawn while it is read is whole or lost, and counted.
#[test]
fn withdrawal_during_read() {
    explore_three_preemptions(|| {
        let ring = Ring::new();
        ring.publish(0);
        ring.publish(1);
        let writer = spawn(&ring, |ring| {
            ring.writer().withdraw(0, BYTES);
            ring.publish(2);
        });
        let mut cursor = Cursor::at(0);
        let mut out = [0; BYTES / 8];
        let step = cursor.step(&ring.reader(), 1, BYTES, &mut out);
        if let Step::Message { sequence, time } = step {
            check(sequence, time, out);
            assert_eq!(cursor.lost(), sequence);
        } else {
            panic!("{step:?}: message 1 stays until 3 is published");
        }
        writer.join().unwrap();
    });
}

/// While a message is read, the one a lap later is left out: the first is whole or lost, and all is
/// counted.
#[test]
fn leaving_out_during_read() {
    explore_three_preemptions(|| {
        let ring = Ring::new();
        ring.publish(0);
        ring.publish(1);
        let writer = spawn(&ring, |ring| {
            ring.writer().leave_out(2, BYTES);
            ring.publish(3);
        });
        let mut cursor = Cursor::at(0);
        let mut out = [0; BYTES / 8];
        if let Step::Message { sequence, time } = cursor.step(&ring.reader(), 1, BYTES, &mut out) {
            check(sequence, time, out);
            assert_ne!(sequence, 2);
            assert_eq!(cursor.lost(), sequence);
        }
        writer.join().unwrap();
    });
}

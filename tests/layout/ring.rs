//! A reader written from the book's text alone, compared with the SDK's own.

use crate::book::{self, Layout};
use crate::entry::{self, Entry};
use slotcast::testing::TempDomain;
use slotcast::{Publisher, PublisherBuilder, ShmMessage, Subscriber};
use std::fs::File;
use std::os::unix::fs::FileExt;

/// The outcome of a reader's step.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    Message(u64, Vec<u8>),
    Nothing,
}

enum Read {
    Message(Vec<u8>),
    NotYet,
    Withdrawn,
    Passed(u64),
}

/// A publisher's memory, read by `pread`, and a cursor in it.
pub(crate) struct Ring {
    file: File,
    segment: Layout,
    cell: Layout,
    payload: usize,
    cells: u64,
    depth: u64,
    stride: u64,
    pub(crate) next: u64,
    pub(crate) lost: u64,
}

impl Ring {
    pub(crate) fn open(entry: &Entry) -> Self {
        let file = entry.memory();
        let (segment, cell) = (Layout::of("segment"), Layout::of("cell"));
        assert_eq!(segment.bytes(&file, 0, "magic"), book::magic("slotrng", 2));
        assert_eq!(segment.word(&file, 0, "size"), entry.word("bytes"));
        assert_eq!(segment.word(&file, 0, "nonce"), entry.word("nonce"));
        assert_eq!(segment.number(&file, 0, "id"), entry.number("id"));
        assert_eq!(segment.number(&file, 0, "hash"), entry.number("hash"));
        let payload = segment.word(&file, 0, "payload");
        let (cells, depth) = (segment.word(&file, 0, "cells"), segment.word(&file, 0, "depth"));
        let stride = (16 + payload.next_multiple_of(8)).next_multiple_of(64);
        assert!(cells.is_power_of_two() && depth < cells);
        assert_eq!(segment.word(&file, 0, "size"), 4096 + cells * stride);
        for offset in segment.gaps(4096) {
            let mut byte = [0];
            file.read_exact_at(&mut byte, offset).unwrap();
            assert_eq!(byte, [0], "byte {offset} of the header");
        }
        let payload = payload.try_into().unwrap();
        Self { file, segment, cell, payload, cells, depth, stride, next: 0, lost: 0 }
    }

    /// Returns where a subscriber starts that finds this publisher present.
    pub(crate) fn join(&mut self, history: u64) {
        let head = self.head();
        self.next = head - history.min(self.depth).min(head);
    }

    pub(crate) fn head(&self) -> u64 {
        self.segment.word(&self.file, 0, "head")
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.segment.word(&self.file, 0, "closed") != 0
    }

    pub(crate) fn time(&self, sequence: u64) -> u64 {
        self.cell.word(&self.file, self.start_of(sequence), "time")
    }

    fn start_of(&self, sequence: u64) -> u64 {
        self.segment.offset("ring") + sequence % self.cells * self.stride
    }

    fn stamp(&self, sequence: u64) -> u64 {
        self.cell.word(&self.file, self.start_of(sequence), "stamp")
    }

    fn read(&self, s: u64) -> Read {
        let before = self.stamp(s);
        if before != 2 * s + 2 {
            return self.meaning(before, s);
        }
        let mut message = vec![0; self.payload];
        self.file.read_exact_at(&mut message, self.start_of(s) + self.cell.offset("message")).unwrap();
        let after = self.stamp(s);
        if after == 2 * s + 2 { Read::Message(message) } else { self.meaning(after, s) }
    }

    fn meaning(&self, x: u64, s: u64) -> Read {
        let lap_ago = if s >= self.cells { [2, 3].map(|of| 2 * (s - self.cells) + of) } else { [0, 0] };
        if lap_ago.contains(&x) || x == 2 * s + 1 {
            return Read::NotYet;
        }
        assert!(x > 2 * s + 2, "stamp {x} for {s}");
        if x == 2 * s + 3 {
            return Read::Withdrawn;
        }
        let is_of_this_cell = |q: u64| q <= 1 << 62 && q % self.cells == s % self.cells;
        let q = (x - 1) / 2;
        let q = if !is_of_this_cell(q) && x % 2 == 1 { q - 1 } else { q };
        assert!(is_of_this_cell(q), "stamp {x} for {s}");
        Read::Passed(q)
    }

    pub(crate) fn step(&mut self) -> Step {
        for attempt in 0..4 {
            match self.read(self.next) {
                Read::Message(message) => {
                    self.next += 1;
                    return Step::Message(self.next - 1, message);
                }
                Read::NotYet => return Step::Nothing,
                Read::Withdrawn => unreachable!("nothing is short of memory here"),
                Read::Passed(q) => {
                    let keep = if attempt == 0 { self.depth } else { (self.depth / 2).max(1) };
                    let head = self.head().clamp(q, q + self.cells);
                    let resume = head.saturating_sub(keep).max(self.next + 1);
                    self.lost += resume - self.next;
                    self.next = resume;
                }
            }
        }
        Step::Nothing
    }
}

/// A message whose size is `4 * N` bytes.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
struct Numbers<const N: usize>([u32; N]);

impl<const N: usize> Numbers<N> {
    #[expect(clippy::cast_possible_truncation, reason = "small numbers")]
    fn of(sequence: u64) -> Self {
        Self(std::array::from_fn(|index| sequence as u32 * 100 + index as u32))
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|number| number.to_le_bytes()).collect()
    }
}

/// Publishes some and reads some, in turns of all lengths, past several laps. Both readers must see
/// the same.
fn compare<const N: usize>(depth: u64, cells: u64) {
    let domain = TempDomain::new();
    let mut subscriber = Subscriber::<Numbers<N>>::builder("x").domain(&domain).create().unwrap();
    let builder: PublisherBuilder<Numbers<N>> = Publisher::builder("x").domain(&domain).depth(depth);
    let mut publisher = builder.create().unwrap();
    let mut ring = Ring::open(&entry::find(&domain.path().join("x"), "p-"));
    assert_eq!((ring.cells, ring.depth, ring.payload), (cells, depth, 4 * N));
    let mut published = 0;
    for turn in 0..400_u64 {
        for _ in 0..turn * 7919 % (3 * cells) {
            publisher.publish(&Numbers::of(published)).unwrap();
            published += 1;
        }
        assert_eq!(ring.head(), published);
        for _ in 0..turn * 104_729 % (2 * cells) {
            let expected = match subscriber.try_recv().unwrap() {
                Some(sample) => {
                    assert_eq!(sample.bytes(), Numbers::<N>::of(sample.sequence()).bytes());
                    Step::Message(sample.sequence(), sample.bytes())
                }
                None => Step::Nothing,
            };
            assert_eq!(ring.step(), expected);
            assert_eq!(ring.lost, subscriber.lost());
        }
    }
    assert!(ring.lost > 0, "it was overtaken");
    assert!(!ring.is_closed());
    drop(publisher);
    assert!(ring.is_closed(), "and what it published is still available:");
    for history in [0, 1, depth, depth + 1] {
        ring.join(history);
        let available = std::iter::from_fn(|| Some(ring.step()).filter(|step| *step != Step::Nothing)).count();
        assert_eq!(available as u64, history.min(depth));
    }
}

#[test]
fn a_reader_from_the_book_sees_what_a_subscriber_sees() {
    compare::<1>(1, 2);
    compare::<3>(2, 4);
    compare::<12>(3, 4); // 48 bytes: one line
    compare::<13>(4, 8); // 52 bytes: two lines
    compare::<100>(64, 128);
}

#[test]
fn a_publisher_shows_in_its_memory_that_it_is_alive() {
    let domain = TempDomain::new();
    let promise = std::time::Duration::from_millis(250);
    let mut publisher = Publisher::<u64>::builder("x").domain(&domain).alive_every(promise).create().unwrap();
    let entry = entry::find(&domain.path().join("x"), "p-");
    assert_eq!(entry.tail()["qos"]["alive_every_ns"], 250_000_000);
    let ring = Ring::open(&entry);
    let beat = || ring.segment.word(&ring.file, 0, "beat");
    assert_eq!(beat(), 0);
    publisher.assert_alive();
    publisher.assert_alive();
    assert_eq!((beat(), ring.head()), (2, 0));
    publisher.publish(&7).unwrap();
    assert_eq!((beat(), ring.head()), (2, 1));
}

#[test]
fn times_are_in_their_cells() {
    let domain = TempDomain::new();
    for on in [false, true] {
        let mut publisher = Publisher::<u64>::builder("x").domain(&domain).timestamps(on).create().unwrap();
        let subscriber = Subscriber::<u64>::builder("x").domain(&domain);
        let mut subscriber = subscriber.create().unwrap();
        publisher.publish(&7).unwrap();
        let ring = Ring::open(&entry::find(&domain.path().join("x"), "p-"));
        assert_eq!(ring.segment.word(&ring.file, 0, "flags"), u64::from(on));
        let sample = subscriber.try_recv().unwrap().unwrap();
        assert_eq!(sample.timestamp(), on.then(|| ring.time(0)));
        assert_eq!(ring.time(0) != 0, on);
    }
}

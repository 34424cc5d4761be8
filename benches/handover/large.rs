//! Large messages: one way with only eight bytes accessed, whatever the size; and all bytes written
//! and read.
//!
//! # Safety
//!
//! The file opts into unsafe code to write and read the bare probe's messages without atomics, like
//! the fastest hand-written code. Two counters define whose turn it is: a sent message belongs to
//! the reader until the reader counts it as seen.
#![allow(unsafe_code, reason = "messages handed over by hand are plain memory")]

use crate::bare::{self, Line};
use crate::cli::Arguments;
use crate::latency::one_way;
use crate::links::wait;
use crate::peer::{self, Context, Peer, Task};
use crate::report::{Row, Target, by_placement};
use crate::shared::{FULL, Table};
use serde::{Deserialize, Serialize};
use slotcast::{Publisher, Sample, Subscriber};
use slotcast_benches::figures::{Placement, Spread};
use std::error::Error;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// The sizes of messages of which eight bytes are accessed.
const SIZES: [usize; 4] = [4 << 10, 64 << 10, 1 << 20, 4 << 20];

/// For the other process: send back large messages, and read some in full.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Echo {
    rounds: u32,
    trips: u64,
    /// Messages per round that are written and read in full.
    full: u64,
}

/// A publisher and a subscriber of messages of one size, of which only the first word is used.
struct Touched<'a> {
    publisher: &'a mut Publisher<[u64]>,
    subscriber: &'a mut Subscriber<[u64]>,
    words: usize,
}

impl Touched<'_> {
    fn send(&mut self, number: u64) {
        let mut loan = self.publisher.loan_slice_uninit(self.words).expect("memory is available").assume_filled();
        loan[0] = number;
        self.publisher.send(loan).expect("sequences are left");
    }

    fn receive(&mut self) -> u64 {
        wait(|| self.subscriber.try_recv().expect("the topic is not disturbed").map(|sample| sample[0]))
    }

    fn one_way(&mut self, trips: u64, number: &mut u64) -> f64 {
        let mut trip = |count: u64| {
            for _ in 0..count {
                self.send(*number);
                assert_eq!(self.receive(), *number);
                *number += 1;
            }
        };
        trip(trips / 8);
        let begin = Instant::now();
        trip(trips);
        begin.elapsed().as_nanos() as f64 / trips as f64 / 2.0
    }
}

/// What one round has measured.
struct Round {
    line: f64,
    slotcast: [f64; SIZES.len()],
    /// Of messages that are written and read in full: by the SDK, and by hand.
    full: [(f64, f64); FULL.len()],
}

/// How many messages of each size are written and read in full in one round, of as many as there
/// are of the largest size.
const FULL_SHARE: [u64; FULL.len()] = [64, 16, 2, 1];

fn full_topic(bytes: usize) -> String {
    format!("full/{bytes}")
}

pub(crate) fn measure(arguments: &Arguments, peer: &mut Peer) -> Result<Vec<Row>, Box<dyn Error>> {
    let quick = arguments.is_quick();
    let plan =
        Echo { rounds: arguments.rounds(4), trips: if quick { 48 } else { 400 }, full: if quick { 2 } else { 4 } };
    let mut publisher = Publisher::<[u64]>::builder("large-ping").domain(peer.domain()).create()?;
    let mut subscriber = Subscriber::<[u64]>::builder("large-pong").domain(peer.domain()).create()?;
    let mut full = Vec::new();
    for bytes in FULL {
        full.push(Publisher::<[u64]>::builder(full_topic(bytes)).domain(peer.domain()).create()?);
    }
    let table = peer.table;
    bare::wipe(&table.ping.0);
    bare::wipe(&table.pong.0);
    table.full_sent.0.store(0, Ordering::Release);
    table.full_seen.0.store(0, Ordering::Release);
    let (mut line, mut line_back) = (Line::<6>::new(&table.ping.0), Line::<6>::new(&table.pong.0));
    peer.tell(&plan)?;
    let source = vec![7; FULL[FULL.len() - 1] / 8];
    let (mut number, mut bare_number, mut rounds) = (0, 0, Vec::new());
    for _ in 0..plan.rounds {
        line.change();
        line_back.change();
        let before = one_way(&mut line, &mut line_back, plan.trips, &mut bare_number);
        let slotcast = SIZES.map(|bytes| {
            let (publisher, subscriber) = (&mut publisher, &mut subscriber);
            Touched { publisher, subscriber, words: bytes / 8 }.one_way(plan.trips, &mut number)
        });
        let after = one_way(&mut line, &mut line_back, plan.trips, &mut bare_number);
        let line = f64::midpoint(before, after);
        let mut in_full = [(0.0, 0.0); FULL.len()];
        for (index, publisher) in full.iter_mut().enumerate() {
            let (source, count) = (&source[..FULL[index] / 8], plan.full * FULL_SHARE[index]);
            let ours = each(table, count, |_| send_in_full(publisher, source));
            in_full[index] = (ours, each(table, count, |number| write_by_hand(table, number, source)));
        }
        rounds.push((Placement::of(2.0 * line, arguments.near_below), Round { line, slotcast, full: in_full }));
    }
    assert_eq!(subscriber.lost(), 0, "no reader is overtaken");
    let mut rows = Vec::new();
    for (index, bytes) in SIZES.into_iter().enumerate() {
        let name = format!("one way, {} KiB, 8 bytes looked at", bytes >> 10);
        rows.extend(by_placement(&rounds, |rounds| {
            let pairs: Vec<_> = rounds.iter().map(|round| (round.slotcast[index], round.line)).collect();
            Row::of_pairs(&name, "ns", "a stamped line", &pairs).target(Target::RatioAtMost(2.0))
        }));
    }
    rows.extend(by_placement(&rounds, |rounds| {
        // The median of each size: the slowest and the fastest size of one round are those that
        // were disturbed.
        let medians = [0, 1, 2, 3].map(|size| Spread::of(rounds.iter().map(|round| round.slotcast[size])).median);
        let (fastest, slowest) =
            (medians.iter().copied().fold(f64::MAX, f64::min), medians.iter().copied().fold(0.0, f64::max));
        let row = Row::of_pairs("one way, the slowest of these sizes", "ns", "the fastest", &[(slowest, fastest)]);
        Row { rounds: rounds.len(), ..row.target(Target::RatioAtMost(1.1)) }
    }));
    for (index, bytes) in FULL.into_iter().enumerate() {
        let name = format!("{} KiB written and read in full", bytes >> 10);
        rows.extend(by_placement(&rounds, |rounds| {
            let pairs: Vec<_> = rounds.iter().map(|round| round.full[index]).collect();
            Row::of_pairs(&name, "µs", "one buffer by hand", &pairs).target(Target::RatioAtMost(1.15))
        }));
    }
    Ok(rows)
}

/// Sends messages, each when the one before it was seen. Returns how many microseconds each took.
fn each(table: &Table, count: u64, mut send: impl FnMut(u64)) -> f64 {
    let seen = &table.full_seen.0;
    let begin = Instant::now();
    for _ in 0..count {
        let number = seen.load(Ordering::Acquire) + 1;
        send(number);
        wait(|| (seen.load(Ordering::Acquire) >= number).then_some(()));
    }
    begin.elapsed().as_nanos() as f64 / 1000.0 / count as f64
}

fn send_in_full(publisher: &mut Publisher<[u64]>, source: &[u64]) {
    let mut loan = publisher.loan_slice_uninit(source.len()).expect("memory is available").assume_filled();
    loan.copy_from_slice(source);
    publisher.send(loan).expect("sequences are left");
}

/// Copies a message into the shared buffer, and counts it as sent.
fn write_by_hand(table: &Table, number: u64, source: &[u64]) {
    // SAFETY: all messages sent so far have been seen, and this one is not sent yet.
    unsafe { table.full.write(source) };
    table.full_sent.0.store(number, Ordering::Release);
}

fn sum(words: &[u64]) -> u64 {
    words.iter().fold(0, |sum, &word| sum.wrapping_add(word))
}

/// The other side of [`measure`].
impl Task for Echo {
    const NAME: &'static str = "large";
    type Answer = ();

    fn run(self, Context { table, domain, .. }: &mut Context) -> Result<(), Box<dyn Error>> {
        let mut subscriber = Subscriber::<[u64]>::builder("large-ping").domain(domain).create()?;
        let mut publisher = Publisher::<[u64]>::builder("large-pong").domain(domain).create()?;
        let mut full = Vec::new();
        for bytes in FULL {
            full.push(Subscriber::<[u64]>::builder(full_topic(bytes)).domain(domain).create()?);
        }
        let (mut line, mut line_back) = (Line::new(&table.ping.0), Line::new(&table.pong.0));
        peer::answer(&())?;
        let mut seen = 0;
        for _ in 0..self.rounds {
            line.change();
            line_back.change();
            crate::latency::echo_line(&mut line, &mut line_back, self.trips);
            for bytes in SIZES {
                let mut touched = Touched { publisher: &mut publisher, subscriber: &mut subscriber, words: bytes / 8 };
                for _ in 0..self.trips + self.trips / 8 {
                    let number = touched.receive();
                    touched.send(number);
                }
            }
            crate::latency::echo_line(&mut line, &mut line_back, self.trips);
            for (index, subscriber) in full.iter_mut().enumerate() {
                let (words, count) = (FULL[index] / 8, self.full * FULL_SHARE[index]);
                for _ in 0..count {
                    let sample = wait(|| subscriber.try_recv().expect("the topic is not disturbed"));
                    assert_eq!((sample.len(), sum(&sample)), (words, 7 * words as u64));
                    drop(sample);
                    seen += 1;
                    table.full_seen.0.store(seen, Ordering::Release);
                }
                for _ in 0..count {
                    wait(|| (table.full_sent.0.load(Ordering::Acquire) > seen).then_some(()));
                    seen += 1;
                    // SAFETY: it was sent, and is not counted as seen yet.
                    assert_eq!(unsafe { table.full.read(words, sum) }, 7 * words as u64);
                    table.full_seen.0.store(seen, Ordering::Release);
                }
            }
        }
        Ok(())
    }
}

/// The number of subscribers of the crowded topic, all in the other process.
const CROWD: usize = 64;
/// Rounds between changes of the number of subscribers.
const BLOCK: u32 = 15;
/// A large message of fixed size.
type Page = [u64; 512];
/// The topic with many subscribers.
const CROWDED: &str = "crowd";

/// In the other process: subscribers of the crowded topic, and a sample for each.
#[derive(Default)]
struct Crowd {
    subscribers: Vec<Subscriber<Page>>,
    samples: Vec<Sample<Page>>,
}

/// For the other process: subscribe to large messages, and do nothing else.
#[derive(Serialize, Deserialize)]
pub(crate) struct Join {
    subscribers: usize,
}

impl Task for Join {
    const NAME: &'static str = "large/join";
    type Answer = ();

    fn run(self, context: &mut Context) -> Result<(), Box<dyn Error>> {
        for _ in 0..self.subscribers {
            let subscriber = Subscriber::builder(CROWDED).domain(&context.domain).create()?;
            context.kept::<Crowd>().subscribers.push(subscriber);
        }
        peer::answer(&())
    }
}

/// For the other process: receive a message with each subscriber, and keep it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Hold;

impl Task for Hold {
    const NAME: &'static str = "large/hold";
    type Answer = ();

    fn run(self, context: &mut Context) -> Result<(), Box<dyn Error>> {
        let Crowd { subscribers, samples } = context.kept();
        for subscriber in subscribers {
            let sample = subscriber.try_recv()?.ok_or("nothing was published")?;
            assert!(sample.is_in_place(), "its pins are honoured");
            samples.push(sample);
        }
        peer::answer(&())
    }
}

/// For the other process: drop the subscribers and their samples.
#[derive(Serialize, Deserialize)]
pub(crate) struct Leave;

impl Task for Leave {
    const NAME: &'static str = "large/leave";
    type Answer = ();

    fn run(self, context: &mut Context) -> Result<(), Box<dyn Error>> {
        *context.kept::<Crowd>() = Crowd::default();
        peer::answer(&())
    }
}

/// One publish call of 4 KiB, of which eight bytes are written, with one subscriber and with many,
/// each of which holds a message in place.
pub(crate) fn publish(arguments: &Arguments, peer: &mut Peer) -> Result<Vec<Row>, Box<dyn Error>> {
    let calls = if arguments.is_quick() { 100 } else { 2000 };
    let mut publisher = Publisher::<Page>::builder(CROWDED).domain(peer.domain()).create()?;
    let mut each = |calls: u64| -> f64 {
        let begin = Instant::now();
        for number in 0..calls {
            let mut loan = publisher.loan_uninit().expect("memory is available").assume_filled();
            loan[0] = number;
            publisher.send(loan).expect("sequences are left");
        }
        begin.elapsed().as_nanos() as f64 / calls as f64
    };
    let mut pairs = Vec::new();
    for _ in 0..arguments.rounds(BLOCK) {
        peer.tell(&Join { subscribers: 1 })?;
        each(calls);
        peer.tell(&Hold)?;
        each(calls);
        let alone: Vec<_> = (0..BLOCK).map(|_| each(calls)).collect();
        peer.tell(&Join { subscribers: CROWD - 1 })?;
        each(calls);
        peer.tell(&Hold)?;
        each(calls);
        let among_many: Vec<_> = (0..BLOCK).map(|_| each(calls)).collect();
        peer.tell(&Leave)?;
        pairs.extend(among_many.into_iter().zip(alone));
    }
    Ok(vec![
        Row::of_pairs("publish, 4 KiB in place, 64 subscribers", "ns", "1 subscriber", &pairs)
            .target(Target::RatioAtMost(1.5)),
    ])
}

//! Reading and writing a latest value, in one process: what the calls cost while the lines are in
//! its caches. Beside it a sequence lock by hand.

use crate::cli::Arguments;
use crate::message::{self, Small};
use crate::report::{Row, Target};
use slotcast::{ValueReader, ValueWriter};
use slotcast_benches::Place;
use std::error::Error;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::Instant;

const WORDS: usize = 6;

/// A value and the number that guards it, on one cache line: odd while it is written.
#[repr(C, align(64))]
struct SeqLock {
    number: AtomicU64,
    words: [AtomicU64; WORDS],
}

impl SeqLock {
    const fn new() -> Self {
        Self { number: AtomicU64::new(0), words: [const { AtomicU64::new(0) }; WORDS] }
    }

    #[inline]
    fn set(&self, words: &[u64; WORDS]) {
        let number = self.number.load(Ordering::Relaxed);
        self.number.store(number + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        for (word, &value) in self.words.iter().zip(words) {
            word.store(value, Ordering::Relaxed);
        }
        self.number.store(number + 2, Ordering::Release);
    }

    #[inline]
    fn get(&self) -> [u64; WORDS] {
        loop {
            let before = self.number.load(Ordering::Acquire);
            let words = std::array::from_fn(|word| self.words[word].load(Ordering::Relaxed));
            fence(Ordering::Acquire);
            if before.is_multiple_of(2) && self.number.load(Ordering::Relaxed) == before {
                return words;
            }
        }
    }
}

static BARE: SeqLock = SeqLock::new();

pub(crate) fn measure(arguments: &Arguments) -> Result<Vec<Row>, Box<dyn Error>> {
    let place = Place::new()?;
    let calls = if arguments.is_quick() { 100 } else { 5000 };
    let create =
        |name: &str, timestamps| ValueWriter::<Small>::builder(name).domain(&place).timestamps(timestamps).create();
    let (mut plain, mut timed) = (create("plain", false)?, create("timed", true)?);
    let mut reader = ValueReader::<Small>::builder("plain").domain(&place).create()?;
    plain.set(&message::of(0))?;
    let (mut writes, mut writes_timed, mut reads, mut both) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..arguments.rounds(1) {
        let bare = each(calls, |number| BARE.set(&message::of(number)));
        writes.push((each(calls, |number| plain.set(&message::of(number)).expect("it can be set")), bare));
        writes_timed.push((each(calls, |number| timed.set(&message::of(number)).expect("it can be set")), bare));
        let bare = each(calls, |_| {
            black_box(BARE.get());
        });
        reads.push((
            each(calls, |_| {
                black_box(read(&mut reader));
            }),
            bare,
        ));
        let bare = each(calls, |number| {
            BARE.set(&message::of(number));
            black_box(BARE.get());
        });
        let ours = each(calls, |number| {
            plain.set(&message::of(number)).expect("it can be set");
            message::check(&black_box(read(&mut reader)), number);
        });
        both.push((ours, bare));
    }
    let row = |what: &str, pairs: &[_]| Row::of_pairs(what, "ns", "a sequence lock", pairs);
    Ok(vec![
        row("set a value, 48 bytes", &writes).target(Target::AtMost(5.0)),
        row("set a value, 48 bytes, with its time", &writes_timed),
        row("get a value, 48 bytes, unchanged", &reads).target(Target::AtMost(10.0)),
        row("set and get a value, 48 bytes", &both).target(Target::AtMost(15.0)),
    ])
}

/// Copies the value out, as the sequence lock does.
#[inline]
fn read(reader: &mut ValueReader<Small>) -> Small {
    **reader.get().expect("it can be read").expect("it was set").sample()
}

/// Returns the nanoseconds of one call.
#[inline]
fn each(calls: u64, mut call: impl FnMut(u64)) -> f64 {
    let begin = Instant::now();
    (0..calls).for_each(&mut call);
    begin.elapsed().as_nanos() as f64 / calls as f64
}

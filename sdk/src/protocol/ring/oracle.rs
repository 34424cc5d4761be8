//! The ring compared with a naive oracle: the list of all messages ever published, and the rules as
//! documented.

use crate::protocol::cursor;
use crate::protocol::cursor::{Cursor, Step};
use crate::protocol::ring::{Geometry, Reader, Writer};
use crate::sync::{Word, read_only, read_only_word};
use proptest::prelude::*;

/// A ring in memory of this process.
struct Ring {
    cells: Vec<Word>,
    head: Word,
    geometry: Geometry,
}

impl Ring {
    fn new(depth: u64, payload: u64) -> Self {
        let geometry = Geometry::new(depth, payload).unwrap();
        Self { cells: (0..geometry.words()).map(|_| Word::new(0)).collect(), head: Word::new(0), geometry }
    }

    fn writer(&self) -> Writer<'_> {
        Writer::new(&self.cells, &self.head, self.geometry)
    }

    fn reader(&self) -> Reader<'_> {
        Reader::new(read_only(&self.cells), read_only_word(&self.head), self.geometry)
    }

    /// Takes one step with a cursor. Returns the outcome and the bytes copied.
    fn step(&self, cursor: &mut Cursor) -> (Step, Vec<u8>) {
        let payload = self.geometry.payload();
        let mut out = vec![0; payload.div_ceil(8)];
        let step = cursor.step(&self.reader(), self.geometry.depth(), payload, &mut out);
        let mut bytes: Vec<u8> = out.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.truncate(payload);
        (step, bytes)
    }
}

/// Returns bytes that no other sequence has, so that a torn message shows.
fn message(sequence: u64, payload: usize) -> Vec<u8> {
    let mut state = sequence.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(next).take(payload).collect()
}

fn time(sequence: u64) -> u64 {
    sequence.wrapping_mul(31) + 7
}

/// All messages, and which of them a ring must still hold.
struct Oracle {
    depth: u64,
    cells: u64,
    /// Empty for those that were left out.
    published: Vec<Vec<u8>>,
    /// Whether one more is being written.
    writing: bool,
    /// All before this one were withdrawn, or overwritten.
    oldest: u64,
}

impl Oracle {
    fn published(&self) -> u64 {
        self.published.len() as u64
    }

    /// Returns the message that a reader at `next` must get; `None` if it has read all.
    fn next(&self, next: u64) -> Option<u64> {
        Some(self.resume(next)).filter(|&wanted| wanted < self.published())
    }

    /// Returns where a reader at `next` must go on.
    fn resume(&self, next: u64) -> u64 {
        if next >= self.published() {
            return next;
        }
        self.present(if self.begun() <= next + self.cells {
            next // nothing was written to its cell since
        } else {
            self.published() - self.depth // the oldest that is promised
        })
    }

    /// Returns the first message from `wanted` on that was neither withdrawn nor left out, or the number
    /// of messages.
    fn present(&self, wanted: u64) -> u64 {
        (wanted.max(self.oldest)..self.published()).find(|&at| self.is_there(at)).unwrap_or(self.published())
    }

    fn is_there(&self, sequence: u64) -> bool {
        usize::try_from(sequence).is_ok_and(|index| !self.published[index].is_empty())
    }

    /// Messages that were published, or are being written.
    fn begun(&self) -> u64 {
        self.published() + u64::from(self.writing)
    }
}

/// A reader and its account of what it has read.
struct Follower {
    cursor: Cursor,
    start: u64,
    next: u64,
    received: u64,
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Publish(u64),
    Begin,
    Finish,
    Withdraw(u64),
    LeaveOut(u64),
    Join { history: u64 },
    JoinAtFirst,
    Step { reader: prop::sample::Index, times: u64 },
    SkipToNewest { reader: prop::sample::Index },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (1..6_u64).prop_map(Act::Publish),
        1 => (1..200_u64).prop_map(Act::Publish),
        2 => Just(Act::Begin),
        2 => Just(Act::Finish),
        1 => (1..6_u64).prop_map(Act::Withdraw),
        1 => prop_oneof![1..6_u64, 1..200_u64].prop_map(Act::LeaveOut),
        1 => prop_oneof![0..4_u64, any::<u64>()].prop_map(|history| Act::Join { history }),
        1 => Just(Act::JoinAtFirst),
        8 => (any::<prop::sample::Index>(), 1..12_u64).prop_map(|(reader, times)| Act::Step { reader, times }),
        1 => any::<prop::sample::Index>().prop_map(|reader| Act::SkipToNewest { reader }),
    ]
}

struct World {
    ring: Ring,
    oracle: Oracle,
    readers: Vec<Follower>,
}

impl World {
    fn begin(&mut self) {
        if !self.oracle.writing {
            let sequence = self.oracle.published();
            let bytes = message(sequence, self.ring.geometry.payload());
            self.ring.writer().write(sequence, time(sequence), &bytes);
            self.oracle.writing = true;
        }
    }

    fn finish(&mut self) {
        if self.oracle.writing {
            let (sequence, payload) = (self.oracle.published(), self.ring.geometry.payload());
            self.ring.writer().finish(sequence, payload);
            self.oracle.published.push(message(sequence, payload));
            self.oracle.writing = false;
        }
    }

    /// Withdraws the oldest messages that are in the ring.
    fn withdraw(&mut self, messages: u64) {
        let present = self.oracle.oldest.max(self.oracle.begun().saturating_sub(self.oracle.cells));
        let until = (present + messages).min(self.oracle.published());
        for sequence in (present..until).filter(|&sequence| self.oracle.is_there(sequence)) {
            self.ring.writer().withdraw(sequence, self.ring.geometry.payload());
        }
        self.oracle.oldest = self.oracle.oldest.max(until);
    }

    fn leave_out(&mut self) {
        if !self.oracle.writing {
            self.ring.writer().leave_out(self.oracle.published(), self.ring.geometry.payload());
            self.oracle.published.push(Vec::new());
        }
    }

    fn join(&mut self, cursor: Cursor, start: u64) {
        self.readers.push(Follower { cursor, start, next: start, received: 0 });
    }

    fn skip_to_newest(&mut self, reader: prop::sample::Index) {
        let reader = reader.get_mut(&mut self.readers);
        reader.cursor.skip_to_newest(self.ring.reader().head());
        reader.next = reader.next.max(self.oracle.published().saturating_sub(1));
        assert_eq!(reader.cursor.next(), reader.next);
    }

    fn step(&mut self, reader: prop::sample::Index) -> Result<(), TestCaseError> {
        let reader = reader.get_mut(&mut self.readers);
        let (step, bytes) = self.ring.step(&mut reader.cursor);
        match (step, self.oracle.next(reader.next)) {
            (Step::NotYet, None) => reader.next = self.oracle.resume(reader.next), // past what is gone
            (Step::Message { sequence, time: at }, Some(expected)) => {
                prop_assert_eq!(sequence, expected);
                prop_assert_eq!(at, time(sequence));
                let index = usize::try_from(sequence).unwrap();
                prop_assert_eq!(&bytes, &self.oracle.published[index]);
                reader.received += 1;
                reader.next = sequence + 1;
            }
            (step, expected) => prop_assert!(false, "{step:?} where {expected:?} was expected"),
        }
        let left_out = reader.cursor.lost() + reader.cursor.skipped();
        prop_assert_eq!(reader.received + left_out, reader.cursor.next() - reader.start);
        Ok(())
    }
}

proptest! {
    #[test]
    fn readers_get_what_the_rules_say(
        depth in prop_oneof![1..9_u64, 1..70_u64],
        payload in 1..80_u64,
        acts in prop::collection::vec(act(), 1..120),
    ) {
        let ring = Ring::new(depth, payload);
        let oracle = Oracle { depth, cells: ring.geometry.cells(), published: Vec::new(), writing: false, oldest: 0 };
        let mut world = World { ring, oracle, readers: Vec::new() };
        world.join(Cursor::at(0), 0);
        for act in acts {
            match act {
                Act::Publish(messages) => for _ in 0..messages {
                    world.begin();
                    world.finish();
                },
                Act::Begin => world.begin(),
                Act::Finish => world.finish(),
                Act::Withdraw(messages) => world.withdraw(messages),
                Act::LeaveOut(messages) => (0..messages).for_each(|_| world.leave_out()),
                Act::Join { history } => {
                    let head = world.ring.reader().head();
                    prop_assert_eq!(head, world.oracle.published());
                    let start = world.oracle.present(head - history.min(depth).min(head));
                    let cursor = cursor::join(head, history, depth).unwrap();
                    world.join(cursor.after_withdrawn(&world.ring.reader(), head), start);
                }
                Act::JoinAtFirst => world.join(Cursor::at(0), 0),
                Act::SkipToNewest { reader } => world.skip_to_newest(reader),
                Act::Step { reader, times } => for _ in 0..times {
                    world.step(reader)?;
                },
            }
        }
    }

    /// Whatever a hostile writer leaves in its memory, a reader returns, stays in bounds and moves
    /// forward.
    #[test]
    fn any_memory_is_survived(
        depth in 1..9_u64,
        start in prop_oneof![0..40_u64, any::<u64>().prop_map(|start| start >> 2)],
        head in any::<u64>(),
        noise in prop::collection::vec(prop_oneof![0..80_u64, any::<u64>()], 16),
        steps in 1..20_usize,
    ) {
        let ring = Ring::new(depth, 8);
        for (word, noise) in ring.cells.iter().zip(noise.iter().cycle()) {
            word.store_relaxed(*noise);
        }
        ring.head.store_relaxed(head);
        let mut cursor = Cursor::at(start);
        let (mut received, mut next) = (0, start);
        for _ in 0..steps {
            match ring.step(&mut cursor).0 {
                Step::Message { sequence, .. } => {
                    prop_assert!(sequence >= next);
                    next = sequence + 1;
                    received += 1;
                    prop_assert_eq!(received + cursor.lost(), next - start);
                }
                Step::NotYet => {}
                Step::Corrupt { sequence, .. } => prop_assert!(sequence >= next),
            }
        }
    }
}

/// The writer never waits and the readers are on other threads, so laps happen in the middle of a
/// step.
#[test]
fn under_a_racing_writer_every_message_is_whole_in_order_or_counted() {
    const MESSAGES: u64 = 200_000;
    for depth in [1, 2, 5, 64] {
        let ring = Ring::new(depth, 40);
        let done = Word::new(0);
        let follow = || {
            let mut cursor = Cursor::at(0);
            let mut received = 0;
            let mut next = 0;
            loop {
                let over = done.load_acquire() == 1;
                match ring.step(&mut cursor) {
                    (Step::Message { sequence, time: at }, bytes) => {
                        assert_eq!((at, bytes), (time(sequence), message(sequence, 40)));
                        assert!(sequence >= next, "{sequence} after {next}");
                        next = sequence + 1;
                        received += 1;
                        assert_eq!(received + cursor.lost(), next);
                    }
                    (Step::NotYet, _) if over => break,
                    (Step::NotYet, _) => std::thread::yield_now(),
                    (step, _) => panic!("{step:?}"),
                }
            }
            assert_eq!(next, MESSAGES, "the last messages are still readable");
        };
        std::thread::scope(|scope| {
            scope.spawn(follow);
            scope.spawn(follow);
            for sequence in 0..MESSAGES {
                ring.writer().write(sequence, time(sequence), &message(sequence, 40));
                ring.writer().finish(sequence, 40);
            }
            done.store_release(1);
        });
    }
}

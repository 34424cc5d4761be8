//! Every interleaving of a writer that shows messages and a reader that looks at them while they are written.
//!
//! # Safety
//!
//! The file opts into unsafe code to access slots as a writer and readers do: plainly. loom reports
//! it when two do so at once.
#![allow(unsafe_code, reason = "loom's cells give raw pointers")]

use super::*;
use crate::protocol::pin::{self, Name};
use crate::sync::read_only;
use loom::cell::UnsafeCell;
use loom::thread;
use std::sync::Arc;

const TAG: u32 = 9;

/// A line, two slots of a header and two elements each, and a reader's pin.
struct World {
    line: Vec<Word>,
    slots: [[UnsafeCell<u64>; 3]; 2],
    pins: Vec<Word>,
}

impl World {
    fn new() -> Self {
        let zeros = |count: usize| (0..count).map(|_| Word::new(0)).collect();
        Self { line: zeros(WORDS), slots: [(); 2].map(|()| [(); 3].map(|()| UnsafeCell::new(0))), pins: zeros(1) }
    }

    fn line(&self) -> Line<'_> {
        Line::new(&self.line)
    }

    fn view(&self) -> LineView<'_> {
        LineView::new(read_only(&self.line))
    }

    /// The writer's.
    fn write(&self, slot: usize, index: usize, value: u64) {
        // SAFETY: whether nobody accesses it is what is modelled.
        self.slots[slot][index].with_mut(|place| unsafe { *place = value });
    }

    /// The reader's.
    fn read(&self, slot: usize, index: usize) -> u64 {
        // SAFETY: whether nobody writes it is what is modelled.
        self.slots[slot][index].with(|place| unsafe { *place })
    }

    /// The writer's: message `number` in a slot, with nothing but its header.
    fn begin(&self, number: u64, slot: usize) {
        self.write(slot, 0, number);
        assert_eq!(self.line().begin([slot as u64, number, 0]), number);
    }

    /// The writer's: whether a retired slot is free.
    fn is_free(&self, slot: u32) -> bool {
        pin::before_looking();
        pin::held(&read_only(&self.pins)[0], TAG) != Some(slot)
    }

    /// The reader's: pins what is shown, which the line must tell right.
    fn hold(&self) -> Option<(u64, usize)> {
        let (number, [slot, also_number, _]) = self.view().look()?;
        assert_eq!(number, also_number, "torn");
        let name = Name::new(TAG, u32::try_from(slot).unwrap());
        pin::hold(&self.pins[0], name, || self.view().is_there(number)).then(|| {
            let slot = usize::try_from(slot).unwrap();
            assert_eq!(self.read(slot, 0), number, "the header is of another message");
            (number, slot)
        })
    }

    /// The reader's: looks at what is there of its message.
    fn look(&self, number: u64, slot: usize) -> PartialState {
        let state = self.view().state(number);
        let valid = match state {
            PartialState::Grows(valid) | PartialState::Abandoned(valid) => valid,
            PartialState::Whole => 2,
            PartialState::Over | PartialState::Unknown => 0,
        };
        for index in 1..=usize::try_from(valid).unwrap() {
            assert_eq!(self.read(slot, index), 10 * number + index as u64);
        }
        state
    }
}

fn check(body: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(body);
}

/// What is counted was written, and is not written any more.
#[test]
fn what_is_counted_is_there() {
    check(|| {
        let world = Arc::new(World::new());
        let reader = Arc::clone(&world);
        let reader = thread::spawn(move || {
            if let Some((number, slot)) = reader.hold() {
                reader.look(number, slot);
                reader.look(number, slot);
                pin::release(&reader.pins[0]);
            }
        });
        world.begin(0, 0);
        world.write(0, 1, 1);
        world.line().grow(1);
        world.write(0, 2, 2);
        world.line().grow(2);
        world.line().end(0, End::Abandoned);
        reader.join().unwrap();
    });
}

/// What was shown of a message that is abandoned is not lost, however late its reader looks.
#[test]
fn what_was_counted_last_is_told_at_the_end() {
    check(|| {
        let world = World::new();
        world.begin(0, 0);
        let (number, slot) = world.hold().unwrap();
        let world = Arc::new(world);
        let reader = Arc::clone(&world);
        let reader = thread::spawn(move || {
            let state = reader.look(number, slot);
            assert!(matches!(state, PartialState::Grows(_) | PartialState::Abandoned(2)), "{state:?}");
        });
        world.write(0, 1, 1);
        world.line().grow(1);
        world.write(0, 2, 2);
        world.line().grow(2);
        world.line().end(0, End::Abandoned);
        reader.join().unwrap();
    });
}

/// A message that is sent is there as a whole, whatever was counted.
#[test]
fn what_was_sent_is_whole() {
    check(|| {
        let world = World::new();
        world.begin(0, 0);
        let world = Arc::new(world);
        let reader = Arc::clone(&world);
        let reader = thread::spawn(move || {
            if let Some((number, slot)) = reader.hold() {
                reader.look(number, slot);
            }
        });
        world.write(0, 1, 1);
        world.write(0, 2, 2);
        world.line().end(0, End::Sent);
        reader.join().unwrap();
    });
}

/// A message is abandoned, and its slot used again, while a reader pins it.
#[test]
fn what_is_pinned_is_not_used_again() {
    check(|| {
        let world = World::new();
        world.begin(0, 0);
        let world = Arc::new(world);
        let reader = Arc::clone(&world);
        let reader = thread::spawn(move || {
            if let Some((number, slot)) = reader.hold() {
                reader.look(number, slot);
                pin::release(&reader.pins[0]);
            }
        });
        world.line().end(0, End::Abandoned);
        if world.is_free(0) {
            world.write(0, 0, 7);
            world.write(0, 1, 7);
        }
        reader.join().unwrap();
        assert!(world.is_free(0));
    });
}

/// The next message is shown in the line while a reader looks which one is there: it is told of one, not of both.
#[test]
fn the_next_message_is_shown_while_a_reader_looks() {
    check(|| {
        let world = World::new();
        world.begin(0, 0);
        let world = Arc::new(world);
        let reader = Arc::clone(&world);
        let reader = thread::spawn(move || {
            reader.hold();
        });
        world.line().end(0, End::Abandoned);
        world.begin(1, 1);
        reader.join().unwrap();
    });
}

/// The next message grows further than the one that a reader holds: it is not told of that.
#[test]
fn a_count_is_of_its_own_message() {
    check(|| {
        let world = World::new();
        world.begin(0, 0);
        let world = Arc::new(world);
        let reader = Arc::clone(&world);
        let (number, slot) = world.hold().unwrap();
        let reader = thread::spawn(move || {
            let state = reader.look(number, slot);
            assert!(!matches!(state, PartialState::Grows(1..) | PartialState::Abandoned(1..)), "{state:?}");
        });
        world.line().end(0, End::Abandoned);
        world.begin(1, 1);
        world.write(1, 1, 11);
        world.line().grow(1);
        reader.join().unwrap();
    });
}

/// How a message has ended is told right while later ones come and go, and one that was sent is there as a whole.
#[test]
fn an_end_is_known_later() {
    for ends in [[End::Sent, End::Abandoned], [End::Abandoned, End::Sent]] {
        check(move || {
            let world = World::new();
            world.begin(0, 0);
            let (number, slot) = world.hold().unwrap();
            let world = Arc::new(world);
            let reader = Arc::clone(&world);
            let reader = thread::spawn(move || {
                let state = reader.look(number, slot);
                let is_sent = ends[0] == End::Sent;
                let is_right = match state {
                    PartialState::Grows(0) | PartialState::Unknown => true,
                    PartialState::Whole => is_sent,
                    PartialState::Abandoned(0) | PartialState::Over => !is_sent,
                    _ => false,
                };
                assert!(is_right, "{state:?} after {ends:?}");
            });
            world.write(0, 1, 1);
            world.write(0, 2, 2);
            world.line().end(0, ends[0]);
            world.line().begin([1, 1, 0]);
            world.line().end(1, ends[1]);
            world.line().begin([1, 2, 0]);
            reader.join().unwrap();
        });
    }
}

/// The next message is shown by one thread after another one has ended the last: no word of that comes later.
#[test]
fn another_thread_ends() {
    check(|| {
        let world = World::new();
        world.begin(0, 0);
        let world = Arc::new(world);
        let other = Arc::clone(&world);
        let other = thread::spawn(move || {
            other.write(0, 1, 1);
            other.line().grow(1);
            other.line().end(0, End::Abandoned);
        });
        let is_next = !world.line().is_taken();
        if is_next {
            world.begin(1, 0);
        }
        other.join().unwrap();
        assert_eq!(world.line[VALID].load_relaxed(), u64::from(!is_next));
    });
}

//! Every interleaving of a writer of partial messages and a reader that follows them.

use super::*;
use crate::protocol::modelling::{Plain, explore_three_preemptions, spawn, zeros};
use crate::protocol::pin::{self, Name};
use crate::sync::{read_only, read_only_word};
use std::sync::Arc;

const TAG: u32 = 9;

/// A line, two slots of a header and two elements each, and a reader's pin.
struct World {
    line: Vec<Word>,
    slots: [[Plain; 3]; 2],
    pin: Word,
}

impl World {
    /// Nothing was published yet.
    fn new() -> Arc<Self> {
        let slots = [(); 2].map(|()| [(); 3].map(|()| Plain::new(0)));
        Arc::new(Self { line: zeros(WORDS), slots, pin: Word::new(0) })
    }

    /// Message 0 is in progress, in slot 0.
    fn begun() -> Arc<Self> {
        let world = Self::new();
        world.begin(0, 0);
        world
    }

    fn line(&self) -> Line<'_> {
        Line::new(&self.line)
    }

    fn view(&self) -> LineView<'_> {
        LineView::new(read_only(&self.line))
    }

    /// For the writer: begins message `number` in a slot, with nothing but its header.
    fn begin(&self, number: u64, slot: usize) {
        self.slots[slot][0].write(number);
        assert_eq!(self.line().begin([slot as u64, number, 0]), number);
    }

    /// For the writer of message 0: writes both elements and makes each visible.
    fn write_all(&self) {
        for count in 1..=2 {
            self.slots[0][count].write(count as u64);
            self.line().advance(count as u64);
        }
    }

    /// For the writer: returns whether a retired slot is free.
    fn is_free(&self, slot: u32) -> bool {
        pin::fence_before_scan();
        pin::held_slot(read_only_word(&self.pin), TAG) != Some(slot)
    }

    /// For the reader: pins the message in progress. Returns its number and slot.
    fn hold(&self) -> Option<(u64, usize)> {
        let (number, [slot, also_number, _]) = self.view().current()?;
        assert_eq!(number, also_number, "torn");
        let name = Name::new(TAG, u32::try_from(slot).unwrap());
        pin::hold(&self.pin, name, || self.view().still_shows(number)).then(|| {
            let slot = usize::try_from(slot).unwrap();
            assert_eq!(self.slots[slot][0].read(), number, "the header is of another message");
            (number, slot)
        })
    }

    /// For the reader: reads what is valid of its message, and checks it.
    fn check(&self, number: u64, slot: usize) -> PartialState {
        let state = self.view().state(number);
        let valid = match state {
            PartialState::Growing(valid) | PartialState::Abandoned(valid) => valid,
            PartialState::Finished => 2,
            PartialState::Ended | PartialState::Unknown => 0,
        };
        for index in 1..=usize::try_from(valid).unwrap() {
            assert_eq!(self.slots[slot][index].read(), 10 * number + index as u64);
        }
        state
    }
}

/// What is counted was written, and is not written any more.
#[test]
fn what_is_counted_is_valid() {
    explore_three_preemptions(|| {
        let world = World::new();
        let reader = spawn(&world, |world| {
            if let Some((number, slot)) = world.hold() {
                world.check(number, slot);
                world.check(number, slot);
                pin::release(&world.pin);
            }
        });
        world.begin(0, 0);
        world.write_all();
        world.line().end(0, End::Abandoned);
        reader.join().unwrap();
    });
}

/// All that was valid of an abandoned message is reported, however late its reader asks.
#[test]
fn the_last_count_is_reported_at_the_end() {
    explore_three_preemptions(|| {
        let world = World::begun();
        let (number, slot) = world.hold().unwrap();
        let reader = spawn(&world, move |world| {
            let state = world.check(number, slot);
            assert!(matches!(state, PartialState::Growing(_) | PartialState::Abandoned(2)), "{state:?}");
        });
        world.write_all();
        world.line().end(0, End::Abandoned);
        reader.join().unwrap();
    });
}

/// A finished message is valid as a whole, whatever was counted.
#[test]
fn what_is_finished_is_whole() {
    explore_three_preemptions(|| {
        let world = World::begun();
        let reader = spawn(&world, |world| {
            if let Some((number, slot)) = world.hold() {
                world.check(number, slot);
            }
        });
        world.slots[0][1].write(1);
        world.slots[0][2].write(2);
        world.line().end(0, End::Finished);
        reader.join().unwrap();
    });
}

/// A message is abandoned and its slot reused while a reader pins it.
#[test]
fn what_is_pinned_is_not_reused() {
    explore_three_preemptions(|| {
        let world = World::begun();
        let reader = spawn(&world, |world| {
            if let Some((number, slot)) = world.hold() {
                world.check(number, slot);
                pin::release(&world.pin);
            }
        });
        world.line().end(0, End::Abandoned);
        if world.is_free(0) {
            world.slots[0][0].write(7);
            world.slots[0][1].write(7);
        }
        reader.join().unwrap();
        assert!(world.is_free(0));
    });
}

/// The next message begins while a reader loads the line: it sees one of the two, not a mixture.
#[test]
fn the_next_message_begins_while_a_reader_loads_the_line() {
    explore_three_preemptions(|| {
        let world = World::begun();
        let reader = spawn(&world, |world| {
            world.hold();
        });
        world.line().end(0, End::Abandoned);
        world.begin(1, 1);
        reader.join().unwrap();
    });
}

/// The next message grows longer than the one that a reader holds: the reader does not take its
/// count.
#[test]
fn a_count_is_of_its_own_message() {
    explore_three_preemptions(|| {
        let world = World::begun();
        let (number, slot) = world.hold().unwrap();
        let reader = spawn(&world, move |world| {
            let state = world.check(number, slot);
            assert!(!matches!(state, PartialState::Growing(1..) | PartialState::Abandoned(1..)), "{state:?}");
        });
        world.line().end(0, End::Abandoned);
        world.begin(1, 1);
        world.slots[1][1].write(11);
        world.line().advance(1);
        reader.join().unwrap();
    });
}

/// The end of a message is reported correctly while later ones come and go, and a finished one is
/// valid as a whole.
#[test]
fn an_end_is_known_later() {
    for ends in [[End::Finished, End::Abandoned], [End::Abandoned, End::Finished]] {
        explore_three_preemptions(move || {
            let world = World::begun();
            let (number, slot) = world.hold().unwrap();
            let reader = spawn(&world, move |world| {
                let state = world.check(number, slot);
                let is_finished = ends[0] == End::Finished;
                let is_right = match state {
                    PartialState::Growing(0) | PartialState::Unknown => true,
                    PartialState::Finished => is_finished,
                    PartialState::Abandoned(0) | PartialState::Ended => !is_finished,
                    _ => false,
                };
                assert!(is_right, "{state:?} after {ends:?}");
            });
            world.slots[0][1].write(1);
            world.slots[0][2].write(2);
            world.line().end(0, ends[0]);
            world.line().begin([1, 1, 0]);
            world.line().end(1, ends[1]);
            world.line().begin([1, 2, 0]);
            reader.join().unwrap();
        });
    }
}

/// One thread begins the next message after another thread has ended the last: no word of the last
/// one comes later.
#[test]
fn another_thread_ends() {
    explore_three_preemptions(|| {
        let world = World::begun();
        let other = spawn(&world, |world| {
            world.slots[0][1].write(1);
            world.line().advance(1);
            world.line().end(0, End::Abandoned);
        });
        let is_next = !world.line().is_in_use();
        if is_next {
            world.begin(1, 0);
        }
        other.join().unwrap();
        assert_eq!(world.line[VALID].load_relaxed(), u64::from(!is_next));
    });
}

//! Every interleaving of a writer that uses its slots again and of readers that pin them.
//!
//! # Safety
//!
//! The file opts into unsafe code to access slots as a writer and readers do that pin them: plainly. loom reports it
//! when two do so at once.
#![allow(unsafe_code, reason = "loom's cells give raw pointers")]

use super::*;
use crate::protocol::lease::Lease;
use crate::protocol::ring::{Geometry, Outcome, Reader, Writer};
use crate::sync::read_only;
use loom::cell::UnsafeCell;
use loom::thread;
use std::sync::Arc;

const TAG: u32 = 9;
/// A message in the ring is a slot's number.
const BYTES: usize = 8;

/// A ring of two cells, three slots, and the pins of a reader.
struct World {
    cells: Vec<Word>,
    head: Vec<Word>,
    geometry: Geometry,
    slots: [UnsafeCell<u64>; 3],
    pins: Vec<Word>,
    looks_at_pins: Word,
    lease: Lease,
}

impl World {
    fn new() -> Self {
        let geometry = Geometry::new(1, BYTES as u64).unwrap();
        let zeros = |count: usize| (0..count).map(|_| Word::new(0)).collect();
        Self {
            cells: zeros(geometry.words()),
            head: zeros(1),
            geometry,
            slots: [(); 3].map(|()| UnsafeCell::new(0)),
            pins: zeros(1),
            looks_at_pins: Word::new(1),
            lease: Lease::free(),
        }
    }

    fn ring(&self) -> Reader<'_> {
        Reader::new(read_only(&self.cells), &read_only(&self.head)[0], self.geometry)
    }

    /// The writer's: message `sequence` into a slot that is free.
    fn publish(&self, sequence: u64, slot: u32) {
        // SAFETY: whether nobody accesses it is what is modelled.
        self.slots[slot as usize].with_mut(|value| unsafe { *value = sequence });
        let writer = Writer::new(&self.cells, &self.head[0], self.geometry);
        writer.write(sequence, 0, &u64::from(slot).to_le_bytes());
        writer.finish(sequence, BYTES);
    }

    /// The writer's: whether a retired slot is free.
    fn is_free(&self, slot: u32) -> bool {
        before_looking();
        held(&read_only(&self.pins)[0], TAG) != Some(slot)
    }

    /// The reader's: pins message `sequence` if it is there.
    fn hold(&self, sequence: u64) -> Option<u32> {
        let mut out = [0];
        let Outcome::Message { .. } = self.ring().read(sequence, BYTES, &mut out) else { return None };
        let slot = u32::try_from(out[0]).unwrap();
        hold(&self.pins[0], Name::new(TAG, slot), || self.ring().is_there(sequence)).then_some(slot)
    }

    /// A holder's: the slot is what was published, and nobody writes it.
    fn look(&self, sequence: u64, slot: u32) {
        // SAFETY: whether nobody writes it is what is modelled.
        self.slots[slot as usize].with(|value| assert_eq!(unsafe { *value }, sequence));
    }

    fn read(&self, sequence: u64) {
        if let Some(slot) = self.hold(sequence) {
            self.look(sequence, slot);
            release(&self.pins[0]);
        }
    }
}

/// A message is pinned while it is retired and its slot is used again.
#[test]
fn what_is_pinned_is_not_written() {
    loom::model(|| {
        let world = World::new();
        world.publish(0, 0);
        let world = Arc::new(world);
        let reader = Arc::clone(&world);
        let reader = thread::spawn(move || reader.read(0));
        world.publish(2, 1);
        if world.is_free(0) {
            world.publish(3, 0);
        }
        reader.join().unwrap();
        assert!(world.is_free(0));
    });
}

/// A message is pinned while it is withdrawn, for want of memory, and its slot is used for the next one.
#[test]
fn what_is_pinned_is_not_written_when_it_is_withdrawn() {
    loom::model(|| {
        let world = World::new();
        world.publish(0, 0);
        let world = Arc::new(world);
        let reader = Arc::clone(&world);
        let reader = thread::spawn(move || reader.read(0));
        Writer::new(&world.cells, &world.head[0], world.geometry).withdraw(0, BYTES);
        if world.is_free(0) {
            world.publish(1, 0);
        }
        reader.join().unwrap();
        assert!(world.is_free(0));
        assert_eq!(world.hold(0), None);
    });
}

/// A reader goes on to the next message with the same pin, while the slot of the first is used again.
#[test]
fn a_pin_moves_on() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let world = World::new();
        world.publish(0, 0);
        world.publish(1, 1);
        let world = Arc::new(world);
        let reader = Arc::clone(&world);
        let reader = thread::spawn(move || {
            reader.read(0);
            reader.read(1);
        });
        world.publish(2, 2);
        if world.is_free(0) {
            // SAFETY: whether nobody accesses it is what is modelled.
            world.slots[0].with_mut(|value| unsafe { *value = 4 });
        }
        reader.join().unwrap();
    });
}

/// A reader's pins are looked at from some time on, while slots are used again that were freed before.
#[test]
fn a_reader_joins_while_slots_are_freed() {
    loom::model(|| {
        let world = World::new();
        world.publish(0, 0);
        world.looks_at_pins.store_relaxed(0);
        let world = Arc::new(world);
        let reader = Arc::clone(&world);
        let reader = thread::spawn(move || {
            // Relaxed, both: the fences alone order it, as where a grant comes to have pins.
            if reader.looks_at_pins.load_relaxed() == 1 {
                reader.read(0);
            }
        });
        world.publish(2, 1);
        before_looking(); // there is nobody
        world.looks_at_pins.store_relaxed(1);
        world.publish(3, 0);
        reader.join().unwrap();
    });
}

/// Two holders of one sample end in any order: the last one lets go.
#[test]
fn holders_share_a_pin() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let world = World::new();
        world.publish(0, 0);
        let slot = world.hold(0).unwrap();
        world.lease.lend();
        world.lease.share();
        let world = Arc::new(world);
        let holders = [(); 2].map(|()| {
            let world = Arc::clone(&world);
            thread::spawn(move || {
                world.look(0, slot);
                if world.lease.leave() {
                    release(&world.pins[0]);
                    assert!(world.lease.make_free());
                }
            })
        });
        world.publish(2, 1);
        if world.is_free(0) {
            world.publish(3, 0);
        }
        for holder in holders {
            holder.join().unwrap();
        }
        assert!(world.is_free(0));
    });
}

/// A reader that dies holding a slot keeps it until the writer knows.
#[test]
fn death_while_holding() {
    loom::model(|| {
        let world = World::new();
        world.publish(0, 0);
        let world = Arc::new(world);
        let reader = Arc::clone(&world);
        let reader = thread::spawn(move || {
            if let Some(slot) = reader.hold(0) {
                reader.look(0, slot);
                return true; // and never lets go
            }
            false
        });
        world.publish(2, 1);
        let was_free = world.is_free(0);
        // The kernel tells that it is dead, which comes after all that it did.
        let holds = reader.join().unwrap();
        assert_eq!(world.is_free(0), !holds);
        assert!(!was_free || !holds);
        world.publish(3, 0);
    });
}

/// A ring and the words of one slot.
struct Copied {
    world: World,
    slot: Vec<Word>,
}

impl Copied {
    /// Message 0 is there.
    fn new() -> Self {
        let copied = Self { world: World::new(), slot: (0..2).map(|_| Word::new(0)).collect() };
        copied.write(10);
        copied.world.publish(0, 0);
        copied
    }

    /// Who has the loan's. The words stand for memory that is written plainly.
    fn write(&self, value: u64) {
        self.slot.iter().for_each(|word| word.store_relaxed(value));
    }

    /// The reader's: copies message 0 if it is there.
    fn read(&self) {
        let mut out = [0];
        if let Outcome::Message { .. } = self.world.ring().read(0, BYTES, &mut out) {
            let mut out = [0; 2];
            if copy(read_only(&self.slot), &mut out, || self.world.ring().is_there(0)) {
                assert_eq!(out, [10; 2], "torn");
            }
        }
    }
}

/// What is copied without a pin is whole, or known not to be.
#[test]
fn a_copy_is_whole() {
    loom::model(|| {
        let copied = Arc::new(Copied::new());
        let reader = Arc::clone(&copied);
        let reader = thread::spawn(move || reader.read());
        copied.world.publish(2, 1);
        before_looking(); // there is nobody
        copied.write(20);
        reader.join().unwrap();
    });
}

/// The same where the slot is lent again to another thread, which has executed no fence since the cell was overwritten.
#[test]
fn a_copy_is_whole_whoever_writes() {
    loom::model(|| {
        let copied = Arc::new(Copied::new());
        let reader = Arc::clone(&copied);
        let reader = thread::spawn(move || reader.read());
        copied.world.publish(2, 1);
        before_looking(); // there is nobody
        let other = Arc::clone(&copied);
        let other = thread::spawn(move || other.write(20));
        reader.join().unwrap();
        other.join().unwrap();
    });
}

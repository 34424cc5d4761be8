//! Every interleaving of a writer that reuses its slots and of readers that pin or copy them.

use super::*;
use crate::protocol::lease::Lease;
use crate::protocol::modelling::{Plain, explore_three_preemptions, spawn, zeros};
use crate::protocol::ring::{Geometry, Outcome, Reader, Writer};
use crate::sync::{read_only, read_only_word};
use std::sync::Arc;

const TAG: u32 = 9;
/// A message in the ring is a slot's number.
const BYTES: usize = 8;

/// A ring of two cells, three slots, and a reader's pin.
struct World {
    cells: Vec<Word>,
    head: Word,
    geometry: Geometry,
    slots: [Plain; 3],
    pin: Word,
    /// Whether the writer scans the reader's pin.
    scans_pin: Word,
    lease: Lease,
}

impl World {
    /// Message 0 is published, in slot 0.
    fn new() -> Arc<Self> {
        let world = Self::empty();
        world.publish(0, 0);
        Arc::new(world)
    }

    fn empty() -> Self {
        let geometry = Geometry::new(1, BYTES as u64).unwrap();
        Self {
            cells: zeros(geometry.words()),
            head: Word::new(0),
            geometry,
            slots: [(); 3].map(|()| Plain::new(0)),
            pin: Word::new(0),
            scans_pin: Word::new(1),
            lease: Lease::free(),
        }
    }

    fn ring(&self) -> Reader<'_> {
        Reader::new(read_only(&self.cells), read_only_word(&self.head), self.geometry)
    }

    /// For the writer: publishes message `sequence` in a free slot.
    fn publish(&self, sequence: u64, slot: u32) {
        self.slots[slot as usize].write(sequence);
        let writer = Writer::new(&self.cells, &self.head, self.geometry);
        writer.write(sequence, 0, &u64::from(slot).to_le_bytes());
        writer.finish(sequence, BYTES);
    }

    /// For the writer: returns whether a retired slot is free.
    fn is_free(&self, slot: u32) -> bool {
        fence_before_scan();
        held_slot(read_only_word(&self.pin), TAG) != Some(slot)
    }

    /// For the reader: pins message `sequence` if it is still published. Returns its slot.
    fn hold(&self, sequence: u64) -> Option<u32> {
        let mut out = [0];
        let Outcome::Message { .. } = self.ring().read(sequence, BYTES, &mut out) else { return None };
        let slot = u32::try_from(out[0]).unwrap();
        hold(&self.pin, Name::new(TAG, slot), || self.ring().still_holds(sequence)).then_some(slot)
    }

    /// For a holder: checks that the slot has what was published.
    fn check(&self, sequence: u64, slot: u32) {
        assert_eq!(self.slots[slot as usize].read(), sequence);
    }

    /// For the reader: pins message `sequence`, reads it and releases it.
    fn read(&self, sequence: u64) {
        if let Some(slot) = self.hold(sequence) {
            self.check(sequence, slot);
            release(&self.pin);
        }
    }
}

/// A message is pinned while it is retired and its slot is reused.
#[test]
fn what_is_pinned_is_not_written() {
    loom::model(|| {
        let world = World::new();
        let reader = spawn(&world, |world| world.read(0));
        world.publish(2, 1);
        if world.is_free(0) {
            world.publish(3, 0);
        }
        reader.join().unwrap();
        assert!(world.is_free(0));
    });
}

/// A message is pinned while it is withdrawn for lack of memory, and its slot is reused at once.
#[test]
fn what_is_pinned_is_not_written_when_it_is_withdrawn() {
    loom::model(|| {
        let world = World::new();
        let reader = spawn(&world, |world| world.read(0));
        Writer::new(&world.cells, &world.head, world.geometry).withdraw(0, BYTES);
        if world.is_free(0) {
            world.publish(1, 0);
        }
        reader.join().unwrap();
        assert!(world.is_free(0));
        assert_eq!(world.hold(0), None);
    });
}

/// A reader moves the same pin to the next message while the slot of the first is reused.
#[test]
fn a_pin_moves_on() {
    explore_three_preemptions(|| {
        let world = World::new();
        world.publish(1, 1);
        let reader = spawn(&world, |world| {
            world.read(0);
            world.read(1);
        });
        world.publish(2, 2);
        if world.is_free(0) {
            world.slots[0].write(4);
        }
        reader.join().unwrap();
    });
}

/// The writer begins to scan a reader's pin while slots are reused that were freed before.
#[test]
fn a_reader_joins_while_slots_are_freed() {
    loom::model(|| {
        let world = World::new();
        world.scans_pin.store_relaxed(0);
        let reader = spawn(&world, |world| {
            // Relaxed, both sides: the fences alone give the order, as when a grant is extended to
            // pins.
            if world.scans_pin.load_relaxed() == 1 {
                world.read(0);
            }
        });
        world.publish(2, 1);
        fence_before_scan(); // there are no pins to scan
        world.scans_pin.store_relaxed(1);
        world.publish(3, 0);
        reader.join().unwrap();
    });
}

/// Two holders of one sample end in any order: the last one releases the pin.
#[test]
fn holders_share_a_pin() {
    explore_three_preemptions(|| {
        let world = World::new();
        let slot = world.hold(0).unwrap();
        world.lease.lend();
        world.lease.share();
        let holders = [(); 2].map(|()| {
            spawn(&world, move |world| {
                world.check(0, slot);
                if world.lease.leave() {
                    release(&world.pin);
                    assert!(world.lease.free_unless_entrusted());
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

/// A reader that dies holding a slot keeps it until the writer knows of the death.
#[test]
fn death_while_holding() {
    loom::model(|| {
        let world = World::new();
        let reader = spawn(&world, |world| {
            let held = world.hold(0);
            if let Some(slot) = held {
                world.check(0, slot);
            }
            held.is_some() // and is never released
        });
        world.publish(2, 1);
        let was_free = world.is_free(0);
        // The kernel reports the death, after all that the reader did.
        let holds = reader.join().unwrap();
        assert_eq!(world.is_free(0), !holds);
        assert!(!was_free || !holds);
        world.publish(3, 0);
    });
}

/// A ring, and a slot of two words that a reader copies.
struct Copied {
    world: World,
    slot: Vec<Word>,
}

impl Copied {
    /// Message 0 is published.
    fn new() -> Arc<Self> {
        let copied = Self { world: World::empty(), slot: zeros(2) };
        copied.write(10);
        copied.world.publish(0, 0);
        Arc::new(copied)
    }

    /// For the owner of the loan. The words stand for memory that is written plainly.
    fn write(&self, value: u64) {
        self.slot.iter().for_each(|word| word.store_relaxed(value));
    }

    /// For the reader: copies message 0 if it is still published.
    fn read(&self) {
        let mut out = [0];
        if let Outcome::Message { .. } = self.world.ring().read(0, BYTES, &mut out) {
            let mut out = [0; 2];
            if copy(read_only(&self.slot), &mut out, || self.world.ring().still_holds(0)) {
                assert_eq!(out, [10; 2], "torn");
            }
        }
    }
}

/// A copy made without a pin is whole, or known not to be.
#[test]
fn a_copy_is_whole() {
    loom::model(|| {
        let copied = Copied::new();
        let reader = spawn(&copied, Copied::read);
        copied.world.publish(2, 1);
        fence_before_scan(); // there are no pins to scan
        copied.write(20);
        reader.join().unwrap();
    });
}

/// The same if the message is withdrawn for lack of memory, and its slot is reused at once.
#[test]
fn a_copy_is_whole_when_it_is_withdrawn() {
    loom::model(|| {
        let copied = Copied::new();
        let reader = spawn(&copied, Copied::read);
        let World { cells, head, geometry, .. } = &copied.world;
        Writer::new(cells, head, *geometry).withdraw(0, BYTES);
        fence_before_scan(); // there are no pins to scan
        copied.write(20);
        reader.join().unwrap();
    });
}

/// The same if the slot is lent to another thread, which has executed no fence since the cell was
/// overwritten.
#[test]
fn a_copy_is_whole_whichever_thread_writes() {
    loom::model(|| {
        let copied = Copied::new();
        let reader = spawn(&copied, Copied::read);
        copied.world.publish(2, 1);
        fence_before_scan(); // there are no pins to scan
        let other = spawn(&copied, |copied| copied.write(20));
        reader.join().unwrap();
        other.join().unwrap();
    });
}

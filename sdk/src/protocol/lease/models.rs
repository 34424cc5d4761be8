//! Every interleaving of an owner and two holders.

use super::*;
use crate::protocol::modelling::{Plain, spawn};
use std::sync::Arc;

struct Lent {
    lease: Lease,
    memory: Plain,
    /// What the owner keeps for holders: 1, or 0 once it was dropped.
    kept: Plain,
}

impl Lent {
    /// A piece with one holder.
    fn new() -> Arc<Self> {
        let lent = Self { lease: Lease::free(), memory: Plain::new(1), kept: Plain::new(1) };
        lent.lease.lend();
        Arc::new(lent)
    }

    /// For a holder: reads the memory and ends.
    fn read_and_end(&self) {
        assert_eq!(self.memory.read(), 1);
        self.lease.end();
    }

    /// For the owner of a free piece.
    fn write(&self) {
        self.memory.write(2);
    }

    fn drop_kept(&self) {
        assert_eq!(self.kept.replace(0), 1, "dropped twice");
    }

    /// For a holder: reads and leaves. Returns whether it was the last one, and whether it dropped
    /// what is kept.
    fn read_and_leave(&self) -> [bool; 2] {
        assert_eq!(self.memory.read(), 1);
        let is_last = self.lease.leave();
        let drops = is_last && {
            self.memory.write(2); // it gives the piece back
            self.memory.write(1);
            !self.lease.free_unless_entrusted()
        };
        if drops {
            self.drop_kept();
            self.lease.free_entrusted();
        }
        [is_last, drops]
    }
}

/// Two holders end at any time, and the owner writes again once the piece is free.
#[test]
fn the_owner_never_writes_what_is_held() {
    loom::model(|| {
        let lent = Lent::new();
        lent.lease.share();
        let holders = [(); 2].map(|()| spawn(&lent, Lent::read_and_end));
        if lent.lease.is_free() {
            lent.write();
        }
        for holder in holders {
            holder.join().unwrap();
        }
        assert!(lent.lease.is_free());
    });
}

/// A holder that shares while the other ends keeps the memory.
#[test]
fn sharing_and_ending_meet() {
    loom::model(|| {
        let lent = Lent::new();
        lent.lease.share();
        let holder = spawn(&lent, |lent| {
            lent.lease.share();
            lent.read_and_end();
            lent.read_and_end();
        });
        lent.read_and_end();
        if lent.lease.is_free() {
            lent.write();
        }
        holder.join().unwrap();
        assert!(lent.lease.is_free());
    });
}

/// Two holders leave at any time. One of them is the last and has the memory for itself; then the
/// owner has it.
#[test]
fn the_last_to_leave_has_it_alone() {
    loom::model(|| {
        let lent = Lent::new();
        lent.lease.share();
        let holders = [(); 2].map(|()| spawn(&lent, Lent::read_and_leave));
        if lent.lease.is_free() {
            lent.write();
        }
        let [first, second] = holders.map(|holder| holder.join().unwrap());
        assert_ne!(first[0], second[0]);
        assert!(!first[1] && !second[1] && lent.lease.is_free());
    });
}

/// The owner entrusts what is kept while two holders leave: one of the three drops it, after all
/// have read.
#[test]
fn what_is_entrusted_is_dropped_once() {
    loom::model(|| {
        let lent = Lent::new();
        lent.lease.share();
        let holders = [(); 2].map(|()| spawn(&lent, Lent::read_and_leave));
        lent.kept.read();
        let is_held = lent.lease.entrust();
        if !is_held {
            lent.drop_kept();
            lent.write(); // the owner frees the memory too
        }
        let [first, second] = holders.map(|holder| holder.join().unwrap());
        assert_eq!(first[1] || second[1], is_held);
        assert!(lent.lease.is_free());
    });
}

/// The owner reads what is kept, and uses it again, while the holder that it was entrusted to drops
/// it.
#[test]
fn what_was_dropped_can_be_kept_anew() {
    loom::model(|| {
        let lent = Lent::new();
        let holder = spawn(&lent, Lent::read_and_leave);
        if lent.lease.entrust() {
            if !lent.lease.is_entrusted() {
                lent.kept.read();
            }
            if lent.lease.is_free() {
                lent.write();
            }
            // At the end everything is entrusted once more.
            if !lent.lease.entrust() {
                lent.kept.read();
                lent.write();
            }
        }
        holder.join().unwrap();
    });
}

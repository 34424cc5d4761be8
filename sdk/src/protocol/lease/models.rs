//! # Safety
//!
//! The file opts into unsafe code to access the memory that is lent: loom's cells give raw pointers.
#![allow(unsafe_code, reason = "loom's cells give raw pointers")]

use super::*;
use loom::cell::UnsafeCell;
use loom::thread;
use std::sync::Arc;

struct Lent {
    lease: Lease,
    memory: UnsafeCell<u64>,
    /// What the owner keeps for holders; 0 when it was dropped.
    kept: UnsafeCell<u64>,
}

impl Lent {
    fn new() -> Self {
        let lent = Self { lease: Lease::free(), memory: UnsafeCell::new(1), kept: UnsafeCell::new(1) };
        lent.lease.lend();
        lent
    }

    /// A holder's: loom reports a write at the same time.
    fn read(&self) {
        // SAFETY: whether nobody writes it is what is modelled.
        self.memory.with(|memory| assert_eq!(unsafe { *memory }, 1));
    }

    /// The owner's, and the last holder's.
    fn write(&self) {
        // SAFETY: whether nobody accesses it is what is modelled.
        self.memory.with_mut(|memory| unsafe { *memory = 2 });
    }

    /// The owner's: looks at what is kept.
    fn look(&self) {
        // SAFETY: whether nobody takes it is what is modelled.
        self.kept.with(|kept| unsafe { *kept });
    }

    /// Drops what is kept.
    fn take(&self) {
        // SAFETY: whether nobody else does, or looks at it, is what is modelled.
        self.kept.with_mut(|kept| assert_eq!(unsafe { std::mem::take(&mut *kept) }, 1, "dropped twice"));
    }

    /// A holder's: reads and leaves. Whether it was the last, and dropped what is kept.
    fn leave(&self) -> [bool; 2] {
        self.read();
        let is_last = self.lease.leave();
        let takes = is_last && {
            self.write(); // it gives back
            self.write_back();
            !self.lease.make_free()
        };
        if takes {
            self.take();
            self.lease.taken();
        }
        [is_last, takes]
    }

    fn write_back(&self) {
        // SAFETY: as in `write`.
        self.memory.with_mut(|memory| unsafe { *memory = 1 });
    }
}

/// Reads the memory and ends.
fn hold(lent: &Lent) {
    lent.read();
    lent.lease.end();
}

/// The owner lends to two holders that end at any time, looks, and writes again if it is free.
#[test]
fn the_owner_never_writes_what_is_held() {
    loom::model(|| {
        let lent = Arc::new(Lent::new());
        lent.lease.share();
        let holders = [(); 2].map(|()| {
            let lent = Arc::clone(&lent);
            thread::spawn(move || hold(&lent))
        });
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
        let lent = Arc::new(Lent::new());
        lent.lease.share();
        let other = Arc::clone(&lent);
        let holder = thread::spawn(move || {
            other.lease.share();
            hold(&other);
            hold(&other);
        });
        hold(&lent);
        if lent.lease.is_free() {
            lent.write();
        }
        holder.join().unwrap();
        assert!(lent.lease.is_free());
    });
}

/// Two holders leave at any time; one of them is the last, and has the memory for itself. Then the owner has.
#[test]
fn the_last_to_leave_has_it_alone() {
    loom::model(|| {
        let lent = Arc::new(Lent::new());
        lent.lease.share();
        let holders = [(); 2].map(|()| {
            let lent = Arc::clone(&lent);
            thread::spawn(move || lent.leave())
        });
        if lent.lease.is_free() {
            lent.write();
        }
        let [first, second] = holders.map(|holder| holder.join().unwrap());
        assert_ne!(first[0], second[0]);
        assert!(!first[1] && !second[1] && lent.lease.is_free());
    });
}

/// The owner entrusts what is kept while two holders leave: one of the three drops it, after all have read.
#[test]
fn what_is_entrusted_is_dropped_once() {
    loom::model(|| {
        let lent = Arc::new(Lent::new());
        lent.lease.share();
        let holders = [(); 2].map(|()| {
            let lent = Arc::clone(&lent);
            thread::spawn(move || lent.leave())
        });
        lent.look();
        let is_held = lent.lease.entrust();
        if !is_held {
            lent.take();
            lent.write(); // it is freed with what is kept
        }
        let [first, second] = holders.map(|holder| holder.join().unwrap());
        assert_eq!(first[1] || second[1], is_held);
        assert!(lent.lease.is_free());
    });
}

/// The owner looks at what is kept, and uses it again, while the holder that it was entrusted to drops it.
#[test]
fn what_was_taken_can_be_kept_anew() {
    loom::model(|| {
        let lent = Arc::new(Lent::new());
        let other = Arc::clone(&lent);
        let holder = thread::spawn(move || other.leave());
        if lent.lease.entrust() {
            if !lent.lease.is_entrusted() {
                lent.look();
            }
            if lent.lease.is_free() {
                lent.write();
            }
            // At the end all is entrusted once more.
            if !lent.lease.entrust() {
                lent.look();
                lent.write();
            }
        }
        holder.join().unwrap();
    });
}

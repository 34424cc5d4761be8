//! A piece of memory that one side owns and lends, and that any number of holders give back together.
//!
//! The owner looks whether it is free, writes it, and lends it to one holder. Holders share it, read it, and
//! end; the last end makes it free. Nobody waits, and with a single holder no end is a read-modify-write.
//!
//! *Could the owner write while a holder still reads?* It writes after it saw 0. The last holder stored 0 with
//! release (E2, or the decrement E3 if others were there when it ended), after its reads; and it saw, with
//! acquire (E1 or E3), that the others had ended, whose decrements release their reads. So all reads happen
//! before the owner's acquire load (F) of the 0, and its writes come after.
//!
//! # Safety
//!
//! For models alone the file opts into unsafe code, to access the memory that is lent.
#![cfg_attr(all(test, loom), allow(unsafe_code, reason = "loom's cells give raw pointers"))]

use crate::sync::Word;

/// The number of holders.
pub(crate) struct Lease(Word);

impl Lease {
    pub(crate) fn free() -> Self {
        Self(Word::new(0))
    }

    /// For the owner: whether nobody holds it.
    #[inline]
    pub(crate) fn is_free(&self) -> bool {
        // SYNC POINT F: pairs with E2 and E3.
        self.0.load_acquire() == 0
    }

    /// For the owner of a free one: makes the first holder.
    #[inline]
    pub(crate) fn lend(&self) {
        // Relaxed: whoever gets the holder gets it from this thread, or by something that synchronises.
        self.0.store_relaxed(1);
    }

    /// For a holder: makes another one.
    #[inline]
    pub(crate) fn share(&self) {
        // Whoever calls is a holder, so the number cannot reach zero meanwhile.
        self.0.add_one();
    }

    /// For a holder: it reads no more.
    #[inline]
    pub(crate) fn end(&self) {
        // SYNC POINT E1: pairs with E3 of other holders. If this is the only holder nobody else can make more.
        if self.0.load_acquire() == 1 {
            // SYNC POINT E2: pairs with F.
            self.0.store_release(0);
        } else {
            // SYNC POINT E3: pairs with E1, E3 and F.
            self.0.subtract_one();
        }
    }

    /// For a holder of what is not the owner's to see free, but the last holder's to give back: it reads no more. Whether
    /// it was the last: then what the others read and did came before.
    #[inline]
    pub(crate) fn leave(&self) -> bool {
        // SYNC POINT E4: pairs with E5 of other holders. If this is the only holder nobody else can make more.
        if self.0.load_acquire() == 1 {
            return true;
        }
        // SYNC POINT E5: pairs with E4 and E5.
        self.0.subtract_one() == 1
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use loom::cell::UnsafeCell;
    use loom::thread;
    use std::sync::Arc;

    struct Lent {
        lease: Lease,
        memory: UnsafeCell<u64>,
    }

    /// Reads the memory and ends.
    fn hold(lent: &Lent) {
        // loom reports a write at the same time.
        // SAFETY: the caller holds the lease.
        lent.memory.with(|memory| assert_eq!(unsafe { *memory }, 1));
        lent.lease.end();
    }

    /// The owner lends to two holders that end at any time, looks, and writes again if it is free.
    #[test]
    fn the_owner_never_writes_what_is_held() {
        loom::model(|| {
            let lent = Arc::new(Lent { lease: Lease::free(), memory: UnsafeCell::new(1) });
            lent.lease.lend();
            lent.lease.share();
            let holders = [(); 2].map(|()| {
                let lent = Arc::clone(&lent);
                thread::spawn(move || hold(&lent))
            });
            if lent.lease.is_free() {
                // SAFETY: nobody holds it.
                lent.memory.with_mut(|memory| unsafe { *memory = 2 });
            }
            for holder in holders {
                holder.join().unwrap();
            }
            assert!(lent.lease.is_free());
        });
    }

    /// Two holders leave at any time; one of them is the last, and has the memory for itself.
    #[test]
    fn the_last_to_leave_has_it_alone() {
        loom::model(|| {
            let lent = Arc::new(Lent { lease: Lease::free(), memory: UnsafeCell::new(1) });
            lent.lease.lend();
            lent.lease.share();
            let leave = |lent: &Lent| {
                // SAFETY: the caller holds the lease.
                lent.memory.with(|memory| assert_eq!(unsafe { *memory }, 1));
                let last = lent.lease.leave();
                if last {
                    // SAFETY: nobody holds it any more.
                    lent.memory.with_mut(|memory| unsafe { *memory = 2 });
                }
                last
            };
            let other = Arc::clone(&lent);
            let holder = thread::spawn(move || leave(&other));
            let last = leave(&lent);
            assert_ne!(last, holder.join().unwrap());
        });
    }

    /// A holder that shares while the other ends keeps the memory.
    #[test]
    fn sharing_and_ending_meet() {
        loom::model(|| {
            let lent = Arc::new(Lent { lease: Lease::free(), memory: UnsafeCell::new(1) });
            lent.lease.lend();
            lent.lease.share();
            let other = Arc::clone(&lent);
            let holder = thread::spawn(move || {
                other.lease.share();
                hold(&other);
                hold(&other);
            });
            hold(&lent);
            if lent.lease.is_free() {
                // SAFETY: nobody holds it.
                lent.memory.with_mut(|memory| unsafe { *memory = 2 });
            }
            holder.join().unwrap();
            assert!(lent.lease.is_free());
        });
    }
}

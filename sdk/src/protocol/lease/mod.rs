//! A lease on a piece of memory: its owner lends it, any number of holders share it, and the last
//! one frees it.
//!
//! The word counts the holders. Its top bit says that the last holder is to drop what is kept with
//! the piece.
//!
//! | word | meaning |
//! | --- | --- |
//! | 0 | free: the owner may write the memory and lend it |
//! | n | n holders read the memory |
//! | 2^63 + n | the same, *entrusted*: the last holder drops what is kept |
//! | 2^63 | the last holder is dropping it |
//!
//! The owner checks that the piece is free, writes it, and lends it to one holder. Holders share
//! it, read it and end; the last end frees it. Nobody waits, and no end of a single holder is a
//! read-modify-write.
//!
//! *Could the owner write while a holder still reads?* The owner writes after it loaded 0 with
//! acquire (F). The last holder stored that 0 with release, after its own reads (E2, or E3 if
//! others were left when it began to end). It had seen, with acquire (E1 or E3), that the others
//! had ended, and their decrements release their reads. So all reads happen before F, and the
//! owner's writes after it.
//!
//! What a holder needs and the owner keeps for it, such as a mapping, stays with the piece when it
//! is given back. The next holder finds it at no cost. An owner that wants it dropped *entrusts* it
//! (E7): if nobody holds the piece the owner drops it itself, otherwise the last holder does.
//!
//! *Could it be dropped twice, or never?* Holders of such pieces [leave](Lease::leave) instead of
//! ending. The last one frees the piece with a read-modify-write (E6), the only one that it pays.
//! E6 and E7 are both read-modify-writes of one word, so one comes first. If E7 does, the last
//! holder sees the bit and drops. If E6 does, the owner sees that nobody holds the piece, and
//! drops.

use crate::sync::Word;

/// The number of holders, and whether the last of them is to drop what is kept.
pub(crate) struct Lease(Word);

/// The last holder is to drop what is kept.
const ENTRUSTED: u64 = 1 << 63;

impl Lease {
    /// Creates a lease that nobody holds.
    pub(crate) fn free() -> Self {
        Self(Word::new(0))
    }

    /// For the owner: returns whether nobody holds the piece.
    #[inline]
    pub(crate) fn is_free(&self) -> bool {
        // SYNC POINT F: pairs with E2 and E3.
        self.0.load_acquire() == 0
    }

    /// For the owner of a free piece: creates the first holder.
    #[inline]
    pub(crate) fn lend(&self) {
        // Relaxed: the holder is handed over by this thread, or by something that synchronises.
        self.0.store_relaxed(1);
    }

    /// For a holder: creates another one.
    #[inline]
    pub(crate) fn share(&self) {
        // The caller is a holder, so the count cannot reach zero meanwhile.
        self.0.add_one();
    }

    /// For a holder: reads no more.
    #[inline]
    pub(crate) fn end(&self) {
        // SYNC POINT E1: pairs with E3 of other holders. If this is the only holder, nobody else
        // can create one.
        if self.0.load_acquire() == 1 {
            // SYNC POINT E2: pairs with F.
            self.0.store_release(0);
        } else {
            // SYNC POINT E3: pairs with E1, E3 and F.
            self.0.subtract_one();
        }
    }

    /// For a holder of a piece that the last holder gives back: reads no more. Returns whether this
    /// is the last holder.
    ///
    /// The last one remains a holder until it calls
    /// [`free_unless_entrusted`](Self::free_unless_entrusted). What all others read and did
    /// happened before.
    #[inline]
    pub(crate) fn leave(&self) -> bool {
        loop {
            // SYNC POINT E4: pairs with E5 of other holders. If this is the only holder, nobody
            // else can create one.
            let seen = self.0.load_acquire();
            if seen & !ENTRUSTED == 1 {
                return true;
            }
            // SYNC POINT E5: pairs with E4.
            if self.0.compare_exchange(seen, seen - 1) {
                return false;
            }
        }
    }

    /// For the last holder, once it has given the piece back: frees it, and returns `true`.
    ///
    /// Returns `false` if the piece was entrusted. Then it is not free yet: this holder drops what
    /// is kept, and calls [`free_entrusted`](Self::free_entrusted).
    #[inline]
    #[must_use = "what is kept may have to be dropped"]
    pub(crate) fn free_unless_entrusted(&self) -> bool {
        // SYNC POINT E6: pairs with F, and with E7 if the piece was entrusted.
        self.0.subtract_one() & ENTRUSTED == 0
    }

    /// For the holder that dropped what was kept: frees the piece.
    pub(crate) fn free_entrusted(&self) {
        // SYNC POINT E8: pairs with F and E9.
        self.0.store_release(0);
    }

    /// For the owner: makes the last holder drop what is kept, and returns `true`.
    ///
    /// Returns `false` if nobody holds the piece. Then it stays free, and the owner drops what is
    /// kept.
    pub(crate) fn entrust(&self) -> bool {
        // SYNC POINT E7: pairs with E6.
        let is_held = self.0.set_bits(ENTRUSTED) != 0;
        if !is_held {
            // Relaxed: nobody else has a part in it.
            self.0.store_relaxed(0);
        }
        is_held
    }

    /// For the owner: returns whether what is kept was entrusted and not dropped yet.
    pub(crate) fn is_entrusted(&self) -> bool {
        // SYNC POINT E9: pairs with E8.
        self.0.load_acquire() & ENTRUSTED != 0
    }
}

#[cfg(all(test, loom))]
mod models;

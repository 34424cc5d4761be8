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
//! What a holder needs and the owner keeps for it (a mapping, say) stays with the lent piece when
//! it is given back, so that the next holder finds it there, and costs nothing. An owner that wants
//! it gone *entrusts* it: if nobody holds the piece it drops it itself, else the last holder does.
//! Such holders [leave](Lease::leave), and the last one makes it free by a read-modify-write, the
//! only one that it pays: that, and the owner's, are in one order, so exactly one of them drops it.

use crate::sync::Word;

/// The number of holders, and whether the last of them is to drop what is kept for them.
pub(crate) struct Lease(Word);

/// Beside the number: it was entrusted.
const ENTRUSTED: u64 = 1 << 63;

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

    /// For a holder of what is the last one's to give back: it reads no more. Whether it is the
    /// last: it is a holder still, until it [makes it free](Self::make_free), and what the others
    /// read and did came before.
    #[inline]
    pub(crate) fn leave(&self) -> bool {
        loop {
            // SYNC POINT E4: pairs with E5 of other holders. If this is the only holder nobody else can make more.
            let seen = self.0.load_acquire();
            if seen & !ENTRUSTED == 1 {
                return true;
            }
            // SYNC POINT E5: pairs with E4.
            if self.0.replace(seen, seen - 1) {
                return false;
            }
        }
    }

    /// For the last holder, when it has given back: makes it free. Or not yet: if it was entrusted,
    /// it is for this holder to take what is kept, and then to [say so](Self::taken).
    #[inline]
    #[must_use = "what was entrusted is to be taken"]
    pub(crate) fn make_free(&self) -> bool {
        // SYNC POINT E6: pairs with F, and with E7 if it was entrusted.
        self.0.subtract_one() & ENTRUSTED == 0
    }

    /// For who had the last holder's part: what was kept is taken, and it is free.
    pub(crate) fn taken(&self) {
        // SYNC POINT E8: pairs with F.
        self.0.store_release(0);
    }

    /// For the owner: has the last holder drop what is kept for it. Not if there is none: then it
    /// is free, and the owner takes what is kept.
    pub(crate) fn entrust(&self) -> bool {
        // SYNC POINT E7: pairs with E6.
        let is_held = self.0.set_bits(ENTRUSTED) != 0;
        if !is_held {
            // Relaxed: nobody else has a part in it.
            self.0.store_relaxed(0);
        }
        is_held
    }

    /// For the owner: whether it has entrusted what is kept, and that was not taken yet.
    pub(crate) fn is_entrusted(&self) -> bool {
        // SYNC POINT E9: pairs with E8.
        self.0.load_acquire() & ENTRUSTED != 0
    }
}

#[cfg(all(test, loom))]
mod models;

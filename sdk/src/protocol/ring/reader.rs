//! A reader's side of a ring.

use super::{
    Geometry,
    geometry::PAYLOAD,
    stamp::{self, Meaning},
};
use crate::sync::{self, ReadOnlyWord};

/// A reader's view of another process's ring. It trusts no word of it.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    cells: &'a [ReadOnlyWord],
    head: &'a ReadOnlyWord,
    geometry: Geometry,
}

/// The outcome of an attempt to read one sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The message was copied out, whole. `time` is the writer's.
    Message { time: u64 },
    /// The message is not published yet.
    NotYet,
    /// The message was overwritten: `newest` is in its cell, or is being written there.
    Lapped { newest: u64 },
    /// Its writer has withdrawn it.
    Withdrawn,
    /// No writer that follows the protocol stores this stamp in this cell.
    Corrupt { stamp: u64 },
}

impl<'a> Reader<'a> {
    /// Creates a view. Reading panics if there are fewer words than the geometry demands.
    #[inline]
    pub(crate) fn new(cells: &'a [ReadOnlyWord], head: &'a ReadOnlyWord, geometry: Geometry) -> Self {
        debug_assert!(cells.len() >= geometry.words());
        Self { cells, head, geometry }
    }

    /// Returns the next sequence that the writer will publish, as far as is known. It serves to
    /// join a ring, never to decide whether a message is valid.
    #[inline]
    pub(crate) fn head(&self) -> u64 {
        // SYNC POINT R3: pairs with the writer's W3.
        self.head.load_acquire()
    }

    /// Returns the number of physical cells.
    pub(crate) fn cells(&self) -> u64 {
        self.geometry.cells()
    }

    /// Copies message `sequence` into `out`, which needs at least one word per eight bytes of
    /// payload.
    ///
    /// `out` is meaningful only if this returns [`Outcome::Message`].
    #[inline(always)]
    pub(crate) fn read(&self, sequence: u64, payload: usize, out: &mut [u64]) -> Outcome {
        let cell = self.geometry.cell(self.cells, sequence, payload);
        let expected = stamp::whole(sequence);
        // SYNC POINT R1: pairs with the writer's W2.
        let before = cell[0].load_acquire();
        if before != expected {
            return self.no_message(before, sequence);
        }
        // Relaxed: R1 orders them after the store of the stamp, and R2 before its second load.
        let time = cell[1].load_relaxed();
        sync::load_all(&cell[PAYLOAD..], out);
        // SYNC POINT R2: the words before the second load of the stamp; pairs with the writer's W1.
        sync::acquire_fence();
        // Relaxed: R2 gives the order, and the value is only compared.
        let after = cell[0].load_relaxed();
        if after == expected {
            return Outcome::Message { time };
        }
        match self.no_message(after, sequence) {
            Outcome::NotYet => Outcome::Corrupt { stamp: after }, // it was published, so the stamp went back
            outcome => outcome,
        }
    }

    /// Returns whether `sequence`, which was read before, is still in its cell. The caller orders
    /// this against other accesses.
    #[inline]
    pub(crate) fn still_holds(&self, sequence: u64) -> bool {
        let cell = self.geometry.cell(self.cells, sequence, self.geometry.payload());
        // Relaxed: a fence of the caller gives the order.
        cell[0].load_relaxed() == stamp::whole(sequence)
    }

    /// Returns whether `sequence` is still to be published. The caller reads nothing for it.
    #[inline]
    pub(crate) fn is_to_come(&self, sequence: u64) -> bool {
        let cell = self.geometry.cell(self.cells, sequence, self.geometry.payload());
        // Relaxed: nothing else is read for it.
        stamp::meaning(cell[0].load_relaxed(), sequence, self.geometry.cells()) == Meaning::NotYet
    }

    /// Returns whether `sequence` was withdrawn, and nothing was written to its cell since.
    pub(crate) fn is_withdrawn(&self, sequence: u64) -> bool {
        let cell = self.geometry.cell(self.cells, sequence, self.geometry.payload());
        // Relaxed: nothing else is read for it.
        cell[0].load_relaxed() == stamp::withdrawn(sequence)
    }

    #[inline]
    fn no_message(&self, stamp: u64, sequence: u64) -> Outcome {
        match stamp::meaning(stamp, sequence, self.geometry.cells()) {
            Meaning::NotYet => Outcome::NotYet,
            Meaning::Lapped { newest } => Outcome::Lapped { newest },
            Meaning::Withdrawn => Outcome::Withdrawn,
            Meaning::Corrupt => Outcome::Corrupt { stamp },
        }
    }
}

use super::{
    Geometry,
    geometry::PAYLOAD,
    stamp::{self, Meaning},
};
use crate::sync::{self, ReadOnlyWord};

/// A reader's view of a ring that somebody else writes. It trusts no word of it.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    cells: &'a [ReadOnlyWord],
    head: &'a ReadOnlyWord,
    geometry: Geometry,
}

/// What became of an attempt to read one sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was copied out, whole; `time` is the writer's.
    Message { time: u64 },
    /// It is not published yet.
    NotYet,
    /// It was overwritten; `newest` is in its cell, or being written there.
    Lapped { newest: u64 },
    /// Its writer has withdrawn it.
    Withdrawn,
    /// The cell's stamp is none that a writer stores there.
    Corrupt { stamp: u64 },
}

impl<'a> Reader<'a> {
    /// There are as many cells as the geometry says, or reading panics.
    #[inline]
    pub(crate) fn new(cells: &'a [ReadOnlyWord], head: &'a ReadOnlyWord, geometry: Geometry) -> Self {
        debug_assert!(cells.len() >= geometry.words());
        Self { cells, head, geometry }
    }

    /// The next sequence that the writer will publish, as far as is known: for joining, never for validity.
    #[inline]
    pub(crate) fn head(&self) -> u64 {
        // SYNC POINT R3: pairs with the writer's W3.
        self.head.load_acquire()
    }

    /// Physical cells.
    pub(crate) fn cells(&self) -> u64 {
        self.geometry.cells()
    }

    /// Copies `sequence` into `out`, which has a word for each eight of the payload's bytes, or more.
    ///
    /// What is in `out` after any other outcome than [`Outcome::Message`] means nothing.
    #[inline(always)]
    pub(crate) fn read(&self, sequence: u64, payload: usize, out: &mut [u64]) -> Outcome {
        let cell = self.geometry.cell(self.cells, sequence, payload);
        let expected = stamp::whole(sequence);
        // SYNC POINT R1: pairs with the writer's W2.
        let before = cell[0].load_acquire();
        if before != expected {
            return self.other(before, sequence);
        }
        // Relaxed: R1 orders them after the store of the stamp, R2 before the second look at it.
        let time = cell[1].load_relaxed();
        for (word, out) in cell[PAYLOAD..].iter().zip(out) {
            *out = word.load_relaxed();
        }
        // SYNC POINT R2: the words before the second look at the stamp; pairs with the writer's W1.
        sync::acquire();
        // Relaxed: its place is given by R2, and what it says is compared, not followed.
        let after = cell[0].load_relaxed();
        if after == expected {
            return Outcome::Message { time };
        }
        match self.other(after, sequence) {
            Outcome::NotYet => Outcome::Corrupt { stamp: after }, // it was there: the stamp went back
            outcome => outcome,
        }
    }

    /// Whether `sequence`, which was read before, is still in its cell. Its place among other accesses is its caller's.
    #[inline]
    pub(crate) fn is_there(&self, sequence: u64) -> bool {
        let cell = self.geometry.cell(self.cells, sequence, self.geometry.payload());
        // Relaxed: a fence of the caller gives its place.
        cell[0].load_relaxed() == stamp::whole(sequence)
    }

    #[inline]
    fn other(&self, stamp: u64, sequence: u64) -> Outcome {
        match stamp::meaning(stamp, sequence, self.geometry.cells()) {
            Meaning::NotYet => Outcome::NotYet,
            Meaning::Passed { newest } => Outcome::Lapped { newest },
            Meaning::Withdrawn => Outcome::Withdrawn,
            Meaning::Nonsense => Outcome::Corrupt { stamp },
        }
    }
}

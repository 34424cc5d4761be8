//! The writer's side of a ring.

use super::{Geometry, geometry::PAYLOAD, stamp};
use crate::sync::{self, Word};

/// The writer's view of a ring. A ring has one writer, which keeps track of its next sequence.
pub(crate) struct Writer<'a> {
    cells: &'a [Word],
    head: &'a Word,
    geometry: Geometry,
}

impl<'a> Writer<'a> {
    /// Creates a view. Writing panics if there are fewer words than the geometry demands.
    #[inline]
    pub(crate) fn new(cells: &'a [Word], head: &'a Word, geometry: Geometry) -> Self {
        debug_assert!(cells.len() >= geometry.words());
        Self { cells, head, geometry }
    }

    /// Begins to publish `payload` as `sequence`, overwriting the message of a lap ago. Never
    /// waits.
    #[inline]
    pub(crate) fn write(&self, sequence: u64, time: u64, payload: &[u8]) {
        let cell = self.geometry.cell(self.cells, sequence, payload.len());
        // Relaxed: W1 orders it before the payload, and readers rely on nothing else.
        cell[0].store_relaxed(stamp::writing(sequence));
        // SYNC POINT W1: stamp 2s + 1 before the words of s; pairs with the reader's R2.
        sync::release_fence();
        // Relaxed: W2 publishes the words.
        cell[1].store_relaxed(time);
        let (words, tail) = payload.as_chunks::<8>();
        sync::store_all(&cell[PAYLOAD..], words);
        if !tail.is_empty() {
            let mut last = [0; 8];
            last[..tail.len()].copy_from_slice(tail);
            cell[PAYLOAD + words.len()].store_relaxed(u64::from_le_bytes(last));
        }
    }

    /// Withdraws `sequence`, which is in its cell: no reader can take it any more. What it referred
    /// to can be reused after a fence of the caller, as if it had been overwritten.
    pub(crate) fn withdraw(&self, sequence: u64, payload: usize) {
        let cell = self.geometry.cell(self.cells, sequence, payload);
        debug_assert_eq!(cell[0].load_relaxed(), stamp::whole(sequence));
        // Relaxed: the caller's fence orders it before what follows from it.
        cell[0].store_relaxed(stamp::withdrawn(sequence));
    }

    /// Leaves `sequence` out: it is withdrawn without having been written. What the message of a lap ago
    /// referred to can be reused after a fence of the caller.
    pub(crate) fn leave_out(&self, sequence: u64, payload: usize) {
        let cell = self.geometry.cell(self.cells, sequence, payload);
        // Relaxed: no word of the cell is written, so a reader of the message of a lap ago has either
        // seen all of it, or discards it.
        cell[0].store_relaxed(stamp::withdrawn(sequence));
        self.advance_head(sequence);
    }

    /// Publishes what was written as `sequence`.
    #[inline]
    pub(crate) fn finish(&self, sequence: u64, payload: usize) {
        let cell = self.geometry.cell(self.cells, sequence, payload);
        // SYNC POINT W2: the words of s, visible to any reader that loads 2s + 2; pairs with the
        // reader's R1.
        cell[0].store_release(stamp::whole(sequence));
        self.advance_head(sequence);
    }

    #[inline]
    fn advance_head(&self, sequence: u64) {
        // SYNC POINT W3: a reader that joins at this head finds every older sequence in its cell,
        // or overwritten; pairs with R3.
        self.head.store_release(sequence + 1);
    }
}

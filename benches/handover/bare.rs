//! The least that two processes can do by hand over memory that both map: no checks, no discovery.

use crate::links::{Inbox, Outbox};
use std::array;
use std::sync::atomic::{AtomicU64, Ordering, fence};

/// The number of cells of a bare ring: as many as a publisher with the default depth has.
pub(crate) const CELLS: usize = 128;

/// How far back an overtaken reader resumes: the default depth of a publisher.
const DEPTH: u64 = 64;

/// A stamp and the words that it guards: one cache line for 48 bytes.
#[repr(C, align(64))]
pub(crate) struct Cell<const W: usize> {
    stamp: AtomicU64,
    words: [AtomicU64; W],
}

impl<const W: usize> Cell<W> {
    #[inline]
    fn store(&self, words: &[u64; W]) {
        for (word, &value) in self.words.iter().zip(words) {
            word.store(value, Ordering::Relaxed);
        }
    }

    #[inline]
    fn load(&self) -> [u64; W] {
        array::from_fn(|word| self.words[word].load(Ordering::Relaxed))
    }
}

/// Resets cells that nobody uses any more, so that they can be used anew.
pub(crate) fn wipe<const W: usize>(cells: &[Cell<W>; CELLS]) {
    for cell in cells {
        cell.stamp.store(0, Ordering::Release);
    }
}

/// One cache line, handed over and back: the writer waits for an answer before it writes again.
///
/// How far a line travels depends on where its address is placed in the processor's last-level
/// cache, by some tenths. So both ends change between many lines, as a ring changes cells.
pub(crate) struct Line<'a, const W: usize> {
    cells: &'a [Cell<W>; CELLS],
    current: usize,
    /// Stamps count all messages, whichever line they use.
    next: u64,
}

impl<'a, const W: usize> Line<'a, W> {
    /// Creates one end of a line over fresh cells.
    pub(crate) fn new(cells: &'a [Cell<W>; CELLS]) -> Self {
        Self { cells, current: 0, next: 1 }
    }

    /// Moves on to another line. Both ends do so when nothing is in flight.
    pub(crate) fn change(&mut self) {
        self.current = (self.current + 1) % CELLS;
    }
}

impl<const W: usize> Outbox<W> for Line<'_, W> {
    #[inline]
    fn put(&mut self, words: &[u64; W]) {
        let cell = &self.cells[self.current];
        cell.store(words);
        cell.stamp.store(self.next, Ordering::Release);
        self.next += 1;
    }
}

impl<const W: usize> Inbox<W> for Line<'_, W> {
    #[inline]
    fn take<R>(&mut self, see: impl FnOnce(u64, &[u64; W]) -> R) -> Option<R> {
        let cell = &self.cells[self.current];
        if cell.stamp.load(Ordering::Acquire) != self.next {
            return None;
        }
        let words = cell.load();
        self.next += 1;
        Some(see(self.next - 2, &words))
    }
}

/// A ring whose cells are stamped like those of the SDK (2s+1 while written, 2s+2 when whole), and
/// nothing else.
pub(crate) struct Ring<'a, const W: usize> {
    cells: &'a [Cell<W>; CELLS],
    next: u64,
}

impl<'a, const W: usize> Ring<'a, W> {
    /// Creates one end of a ring over fresh cells.
    pub(crate) fn new(cells: &'a [Cell<W>; CELLS]) -> Self {
        Self { cells, next: 0 }
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "it is masked")]
    fn cell(&self) -> &'a Cell<W> {
        &self.cells[self.next as usize % CELLS]
    }
}

impl<const W: usize> Outbox<W> for Ring<'_, W> {
    #[inline]
    fn put(&mut self, words: &[u64; W]) {
        let cell = self.cell();
        cell.stamp.store(2 * self.next + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        cell.store(words);
        cell.stamp.store(2 * self.next + 2, Ordering::Release);
        self.next += 1;
    }
}

impl<const W: usize> Inbox<W> for Ring<'_, W> {
    #[inline]
    fn take<R>(&mut self, see: impl FnOnce(u64, &[u64; W]) -> R) -> Option<R> {
        let cell = self.cell();
        let whole = 2 * self.next + 2;
        let mut stamp = cell.stamp.load(Ordering::Acquire);
        if stamp == whole {
            let words = cell.load();
            fence(Ordering::Acquire);
            stamp = cell.stamp.load(Ordering::Relaxed);
            if stamp == whole {
                self.next += 1;
                return Some(see(self.next - 1, &words));
            }
        }
        if stamp > whole {
            self.next = (stamp - 1) / 2 + 1 - DEPTH; // overtaken: the rest is lost
        }
        None
    }
}

//! The broadcast ring: one writer and any number of readers, which write nothing.
//!
//! A ring is an array of cells, each a whole number of cache lines. A cell holds a stamp, a time
//! and the payload, all as 64-bit words. Sequence `s` lives in cell `s mod cells`, and the stamp
//! tells what the cell holds:
//!
//! | stamp | the cell |
//! | --- | --- |
//! | 0 | was never written |
//! | 2s + 1 | is being written with sequence s |
//! | 2s + 2 | holds sequence s |
//! | 2s + 3 | held sequence s, which its writer has withdrawn; or was to hold s, which it has left out |
//!
//! There are at least two cells, so 2s + 3 is the stamp of nothing else in this cell.
//!
//! The stamp of a cell only grows: from 2s + 1 to 2s + 2, then perhaps to 2s + 3, then to the
//! same of s + cells. If s is left out, it becomes 2s + 3 at once, and the words stay.
//!
//! | writer publishes s | reader takes s |
//! | --- | --- |
//! | 1. stamp ← 2s + 1, relaxed | 1. stamp, acquire (R1): 2s + 2? |
//! | 2. release fence (W1) | 2. time and payload, relaxed |
//! | 3. time and payload, relaxed | 3. acquire fence (R2) |
//! | 4. stamp ← 2s + 2, release (W2) | 4. stamp, relaxed: still 2s + 2? Then the copy is s |
//! | 5. head ← s + 1, release (W3) | |
//!
//! *Could a reader return a payload of another sequence, or a mixture?* Suppose that it loaded a
//! word of another sequence.
//!
//! 1. The word was stored before 2s + 2. R1 loaded 2s + 2, which W2 released. So R1 comes after
//!    every word of s was stored, and no older value can be loaded.
//! 2. The word is of q = s + k·cells, k ≥ 1. It was stored after fence W1, before which the writer
//!    stored 2q + 1 in the stamp. It was loaded before fence R2. So the fences synchronise, and the
//!    second load of the stamp returns 2q + 1 or more. That is not 2s + 2, so the reader discards
//!    the copy.
//!
//! 3. The writer has withdrawn s, whose payload says where the message is. The payload stays in the
//!    cell until q is written there, so case 2 covers it. A fence of the writer orders what it
//!    withdrew the message for (see [`pin`](super::pin)).
//!
//! In all cases a payload that is returned is that of s, whole. This is a sequence lock per cell
//! whose data are atomics (H.-J. Boehm, *Can Seqlocks Get Along With Programming Language Memory
//! Models?*, MSPC 2012).
//!
//! *Could a reader that joins miss a message before the head that it loads?* The head s + 1 is
//! stored after 2s + 2 (W3), and loaded with acquire (R3). So every sequence before the head is in
//! its cell, or was overwritten by a later one.

mod geometry;
mod reader;
mod stamp;
mod writer;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod oracle;

pub(crate) use geometry::Geometry;
pub(crate) use reader::{Outcome, Reader};
pub(crate) use stamp::LAST as LAST_SEQUENCE;
pub(crate) use writer::Writer;

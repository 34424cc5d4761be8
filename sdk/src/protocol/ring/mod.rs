//! The broadcast ring: one writer, any number of readers, and no reader writes.
//!
//! A ring is an array of cells of whole cache lines. A cell holds a stamp, a time and the payload, each as
//! 64-bit words. Sequence `s` lives in cell `s mod cells`, and the cell's stamp says what is in it:
//!
//! | stamp | the cell |
//! | --- | --- |
//! | 0 | was never written |
//! | 2s + 1 | is being written with sequence s |
//! | 2s + 2 | holds sequence s |
//! | 2s + 3 | held sequence s, which its writer has withdrawn |
//!
//! There are at least two cells, so 2s + 3 is the stamp of nothing else in this cell, and stamps only grow.
//!
//! The writer publishes s: stamp ← 2s+1; release fence (W1); time and payload, relaxed; stamp ← 2s+2,
//! release (W2); head ← s+1, release (W3).
//!
//! A reader takes s: stamp, acquire (R1), is 2s+2; time and payload, relaxed; acquire fence (R2); stamp,
//! relaxed, is still 2s+2.
//!
//! *Could a reader return a payload of another sequence, or a mixture?* There are two cases.
//!
//! 1. It loaded a word that was stored before 2s+2. R1 saw 2s+2, W2 released it: R1 happens after every word
//!    of s, and no older value can be loaded.
//! 2. It loaded a word of q = s + k·cells, k ≥ 1. That store came after fence W1, before which the writer
//!    stored the stamp 2q+1. The load came before fence R2. So the fences synchronise, and the second load of
//!    the stamp sees 2q+1 or later, which is not 2s+2: the reader discards what it copied.
//!
//! 3. The writer has withdrawn s, whose payload says where the message is. The payload stays in the cell until q is
//!    written there, so case 2 is all that there is to it; what was withdrawn for is ordered by a fence of the writer
//!    (see [`pin`](super::pin)).
//!
//! In all cases a payload that is returned is that of s, whole. This is a sequence lock whose data are atomics
//! (H.-J. Boehm, *Can Seqlocks Get Along With Programming Language Memory Models?*, MSPC 2012), one lock a cell.

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

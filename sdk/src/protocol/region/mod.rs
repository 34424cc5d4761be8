//! The cores of the structures in regions. Unlike the other protocols, any process may write any of
//! their words at any time. So no value is trusted: each operation ends after a bounded number of
//! steps, and returns an index only if it is inside.
//!
//! Formats that others specify have words of 32 bits.

pub(crate) mod barrier;
pub(crate) mod cell;
pub(crate) mod flag;
pub(crate) mod key;
pub(crate) mod latch;
pub(crate) mod notifying;
pub(crate) mod offers;
pub(crate) mod owned;
pub(crate) mod permits;
pub(crate) mod queue;
pub(crate) mod sharing;
pub(crate) mod slots;
pub(crate) mod spsc;
pub(crate) mod stack;

/// What came of an attempt to take a place in a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim<P> {
    /// It is this process's until it hands it on.
    Place(P),
    /// There is none: the structure is full, or empty.
    None,
    /// Another process has one in its hands, and has not finished.
    Busy,
    /// No process that follows the protocol stores these words.
    Corrupt,
}

impl<P> Claim<P> {
    /// Does something with the place, if there is one.
    #[inline]
    pub(crate) fn map<R>(self, act: impl FnOnce(P) -> R) -> Claim<R> {
        match self {
            Claim::Place(place) => Claim::Place(act(place)),
            Claim::None => Claim::None,
            Claim::Busy => Claim::Busy,
            Claim::Corrupt => Claim::Corrupt,
        }
    }
}

/// How often one attempt starts again because another process was faster. Only one that does not
/// follow the protocol, or is far faster for long, makes it end before it has a result.
const TRIES: u32 = if cfg!(loom) { 3 } else { 10_000 };

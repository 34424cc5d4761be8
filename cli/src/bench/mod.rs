//! What a message costs on this machine, beside the least that two processes can do by hand.
//!
//! Two processes, pinned where possible, do the same in turn with the SDK and by hand, round by
//! round. So what disturbs the machine disturbs both, and the median of the rounds' ratios tells
//! how they compare.

mod bare;
mod peer;
mod rounds;
mod side;

pub(crate) use peer::{Peer, be_peer};
pub(crate) use rounds::{Measure, measure};

/// The size of large messages, in bytes.
const LARGE: usize = 1 << 20;

/// How much of each is done in a round: little, so that some rounds are not disturbed by other
/// work.
mod plan {
    /// Rounds that do not count: until every buffer was used.
    pub(super) const WARM_UP: usize = 6;
    pub(super) const SMALL_TRIPS: u64 = 500;
    pub(super) const LARGE_TRIPS: u64 = 4;
    pub(super) const STREAM: u64 = 5000;
}

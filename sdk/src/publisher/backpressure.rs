//! Back-pressure: what a lossless publisher does while subscribers have not read.
//!
//! It waits until the subscribers that were promised lossless delivery have read, up to its
//! timeout. Then they are detached, or the message is refused: see [`LaggardPolicy`]. How it waits
//! is in [`capacity`](super::capacity).

use super::laggard::LaggardPolicy;
use std::time::Duration;

/// What a call does while there is no capacity for its message. Only a lossless publisher can lack
/// it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhenFull {
    /// It waits, up to the publisher's timeout.
    Wait,
    /// It fails at once.
    Fail,
}

/// What a lossless publisher knows about its capacity.
pub(super) struct Backpressure {
    pub(super) timeout: Duration,
    pub(super) policy: LaggardPolicy,
    /// The first sequence without capacity, as far as is known.
    pub(super) limit: u64,
}

impl Backpressure {
    pub(super) fn new(timeout: Duration, policy: LaggardPolicy) -> Self {
        Self { timeout, policy, limit: 0 }
    }

    /// Returns whether there is capacity for a message, as far as is known.
    #[inline]
    pub(super) fn has_capacity(&self, sequence: u64) -> bool {
        sequence < self.limit
    }
}

//! What publishers and subscribers have in common: errors, what is promised, and how they keep
//! track of entries.

mod announcing;
mod delivery;
mod error;
mod message_fd;
mod not_lossless;
mod now;
mod one_thread;
mod removal;
mod roster;
mod wait_slice;

pub(crate) use announcing::{Announced, announce_memory};
pub use delivery::Delivery;
pub(crate) use error::Side;
pub use error::{AttachError, AttachReason, CreateError, Mismatch};
pub use message_fd::{MessageFd, MessageFdError};
pub use not_lossless::NotLossless;
pub(crate) use now::coarse_now_ns;
pub use now::now_ns;
pub(crate) use one_thread::{UsedByThreadsAtOnce, used_by_one_thread_at_a_time};
pub(crate) use removal::{Recheck, Retry};
pub(crate) use roster::{Listing, Obstacle, RETRY, Roster, Verdict};
pub(crate) use wait_slice::wait_slice;

use std::ops::RangeInclusive;
use std::time::Duration;

/// The interval at which a waiting endpoint checks whether its topic was removed from outside.
pub(crate) const REFRESH: Duration = Duration::from_secs(1);

/// The intervals within which a publisher can promise to show that it is alive.
pub(crate) const ALIVE_EVERY: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(24 * 60 * 60);

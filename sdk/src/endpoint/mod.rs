//! What publishers and subscribers have in common: errors, what is promised, and how they keep
//! track of entries.

mod delivery;
mod error;
pub(crate) mod error_debug;
mod not_lossless;
mod now;
mod roster;
mod wait_slice;

pub use delivery::Delivery;
pub use error::{AttachError, AttachReason, CreateError, Mismatch};
pub(crate) use error::{Side, advice};
pub use not_lossless::NotLossless;
pub use now::now_ns;
pub(crate) use roster::{Listing, Obstacle, RETRY, Roster, Verdict};
pub(crate) use wait_slice::wait_slice;

use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::panic::UnwindSafe;
use std::time::Duration;

/// The compiler names this trait when two threads would use one handle at once.
pub(crate) trait UsedByOneThreadAtATime {}

/// Makes a handle `Send` and not `Sync`: it can move between threads, but only one thread uses it
/// at a time, because a ring has one writer and a cursor one reader.
pub(crate) type OneThreadAtATime = PhantomData<dyn UsedByOneThreadAtATime + Send + Unpin + UnwindSafe>;

/// The interval at which a waiting endpoint checks whether its topic was removed from outside.
pub(crate) const REFRESH: Duration = Duration::from_secs(1);

/// The intervals within which a publisher can promise to show that it is alive.
pub(crate) const ALIVE_EVERY: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(24 * 60 * 60);

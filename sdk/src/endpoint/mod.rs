//! What publishers and subscribers have in common: errors, what is promised, and what their handles are.

mod delivery;
mod error;
pub(crate) mod error_debug;
mod not_lossless;
mod roster;
mod wait_slice;

pub use delivery::Delivery;
pub(crate) use error::Side;
pub use error::{AttachError, AttachReason, CreateError, Mismatch};
pub use not_lossless::NotLossless;
pub(crate) use roster::{Listing, Obstacle, RETRY, Roster, Verdict};
pub(crate) use wait_slice::wait_slice;

use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::panic::UnwindSafe;
use std::time::Duration;

/// The name of this trait is what the compiler says of a handle that two threads would use at once.
pub(crate) trait UsedByOneThreadAtATime {}

/// Makes a handle `Send` and not `Sync`: it can move between threads, and one thread uses it at a time, since a ring has
/// one writer, and a cursor one reader.
pub(crate) type OneThreadAtATime = PhantomData<dyn UsedByOneThreadAtATime + Send + Unpin + UnwindSafe>;

/// How soon an endpoint that waits notices that its topic was removed from outside.
pub(crate) const REFRESH: Duration = Duration::from_secs(1);

/// What a publisher can promise about how often it shows that it is alive.
pub(crate) const ALIVE_EVERY: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(24 * 60 * 60);

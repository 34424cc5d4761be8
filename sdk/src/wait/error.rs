//! What a wait set can fail with.

use super::Key;
use crate::error_debug::debug_is_display;
use crate::registry::RegistryError;
use crate::sys::advice::{Attempt, suffix};
use crate::sys::error::is_not_waitable;
use std::io;

/// Why a [`WaitSet`](crate::WaitSet) failed.
///
/// # Examples
///
/// ```
/// use slotcast::{WaitError, WaitSet};
///
/// let mut set = WaitSet::new()?;
/// match set.wait() {
///     Err(WaitError::Empty) => println!("nothing to wait for"),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// The set is empty: the wait would never end.
    #[error("this wait set is empty, and would wait forever: add something before waiting")]
    Empty,
    /// Nothing in this set has this key.
    #[error("nothing in this wait set has key {0}: it was removed, or belongs to another set")]
    Unknown(Key),
    /// A deadline was set for something that is not a subscriber.
    #[error("what has key {0} has no messages: set deadlines for what was added with `add` or `add_subscriber`")]
    NoMessages(Key),
    /// The subscriber is in the set already.
    #[error("this subscriber is in this wait set already, with key {0}: use that one, or remove it first")]
    Twice(Key),
    /// An interval or a deadline is zero.
    #[error("the time of {0} must be more than zero")]
    Zero(&'static str),
    /// The descriptor is of a kind that is always ready, such as a regular file or a directory.
    #[error(
        "this descriptor cannot be waited for: for the kernel it is always ready, as regular files and \
         directories are; \
         read and write it without waiting"
    )]
    AlwaysReady,
    /// This process was forked from the one that created the set, which still waits. Create a new
    /// one.
    #[error("this wait set belongs to the process that this one was forked from: create a new one")]
    Forked,
    /// A subscriber cannot have a descriptor to be waited for by.
    #[error(transparent)]
    Descriptor(Box<RegistryError>),
    /// A system call failed.
    #[error("cannot {doing}: {reason}{hint}", hint = suffix(": ", Attempt::Wait, reason))]
    Kernel {
        /// What was attempted, as a verb.
        doing: &'static str,
        /// What the kernel answered.
        reason: io::Error,
    },
}

debug_is_display!(WaitError {
    Empty,
    Unknown(value),
    NoMessages(value),
    Twice(value),
    Zero(value),
    AlwaysReady,
    Forked,
    Descriptor(value),
    Kernel { doing, reason },
});

impl WaitError {
    pub(super) fn kernel(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |reason| Self::Kernel { doing, reason }
    }

    pub(super) fn adding(reason: io::Error) -> Self {
        if is_not_waitable(&reason) { Self::AlwaysReady } else { Self::Kernel { doing: "add to a wait set", reason } }
    }
}

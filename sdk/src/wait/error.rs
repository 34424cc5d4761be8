use super::Key;
use crate::endpoint::error_debug::debug_is_display;
use crate::sys::error::{is_machine_full, is_not_waitable, is_process_full, is_wait_cycle};
use std::io;

/// Why a [`WaitSet`](crate::WaitSet) cannot do what it was asked to.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// Nothing is in the set: the wait would never end.
    #[error("this wait set is empty, and would wait for ever: add something before you wait")]
    Empty,
    /// The key is of nothing in this set.
    #[error("key {0} is of nothing in this wait set: it was removed, or belongs to another set")]
    Unknown(Key),
    /// A deadline was set for something that is no subscriber.
    #[error("key {0} is of something that has no messages: set deadlines for what was added with `add`")]
    NoMessages(Key),
    /// The subscriber is in the set already.
    #[error("this subscriber is in this wait set already, with key {0}: use that one, or remove it first")]
    Twice(Key),
    /// An interval or a deadline of no time.
    #[error("the time of {0} must be more than zero")]
    Zero(&'static str),
    /// The descriptor is of a kind that is always ready, such as a regular file or a directory.
    #[error(
        "this descriptor cannot be waited for: the kernel takes it for always ready, as regular files and directories \
         are; read and write it without waiting"
    )]
    AlwaysReady,
    /// This process was forked off the one that made the set, which still waits. Make a new one.
    #[error("this wait set belongs to the process that this one was forked from: make a new one")]
    Forked,
    /// The kernel refused.
    #[error("cannot {doing}: {reason}{hint}", hint = hint(reason))]
    Kernel {
        /// What was attempted, as a verb.
        doing: &'static str,
        /// What it answered.
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

/// What to do about the errors that a user can do something about.
fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull => ": this user waits for too many descriptors; raise fs.epoll.max_user_watches",
        _ if is_process_full(error) => ": this process has too many files open; raise its limit (`ulimit -n`)",
        _ if is_machine_full(error) => ": this machine has too many files open",
        _ if is_wait_cycle(error) => ": it waits for other descriptors in turn, for itself or in too many steps",
        _ => "",
    }
}

//! What waiting needs beside a topic: a descriptor to wait for, a way to end a wait from elsewhere,
//! and sets of everything that a thread waits for.

mod clocks;
mod closer;
mod error;
mod event_fd;
mod readiness;
mod ready;
mod set;
mod trigger;

pub use crate::sys::poll::Interest;
pub use closer::Closer;
pub use error::WaitError;
pub use event_fd::{EventFd, Waitable};
pub(crate) use readiness::Readiness;
pub use ready::{Key, Ready, ReadyKind};
pub use set::WaitSet;
pub use trigger::Trigger;

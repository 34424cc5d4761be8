//! What is waited for, and how: a descriptor for each subscriber, and sets of all that a program waits for.

mod clocks;
mod error;
mod event_fd;
mod ready;
mod set;
mod trigger;

pub use crate::sys::poll::Interest;
pub use error::WaitError;
pub use event_fd::EventFd;
pub use ready::{Key, Ready, What};
pub use set::WaitSet;
pub use trigger::Trigger;

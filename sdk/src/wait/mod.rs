//! What waiting needs beside a topic: a descriptor to wait for, and a way to end a wait from elsewhere.

mod closer;
mod event_fd;

pub use closer::Closer;
pub use event_fd::EventFd;

//! What is waited for, and how: a descriptor for each subscriber.

mod event_fd;

pub use event_fd::EventFd;

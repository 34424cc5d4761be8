//! The protocols: atomics and arithmetic. No system call, no file descriptor, no allocation.

pub(crate) mod cursor;
pub(crate) mod doorbell;
pub(crate) mod grant;
pub(crate) mod lease;
pub(crate) mod partial;
pub(crate) mod pin;
pub(crate) mod ring;

//! Every system call of the crate, behind safe functions. Other modules hold descriptors and
//! mappings; only this one asks the kernel for anything.

pub(crate) mod advice;
pub(crate) mod barrier;
pub(crate) mod descriptor;
pub(crate) mod directory_watch;
pub(crate) mod error;
pub(crate) mod exit;
pub(crate) mod file;
pub(crate) mod fork;
pub(crate) mod futex;
pub(crate) mod lock;
pub(crate) mod memory;
pub(crate) mod poll;
pub(crate) mod process;
pub(crate) mod sealed;
#[cfg(feature = "region")]
pub(crate) mod shared_memory;
pub(crate) mod wake_socket;

//! # Safety
//!
//! What a forked child has of its parent's endpoints. The file opts into unsafe code to fork: the
//! children end with `_exit`, without running anything of the test harness.

mod child;
mod late;
mod memory;
mod threads;

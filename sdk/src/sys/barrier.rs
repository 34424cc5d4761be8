//! Memory barriers that one process issues for others (`membarrier`, since Linux 4.16).
//!
//! # Safety
//!
//! The file opts into unsafe code because libc has no function for the call, which takes only
//! numbers.
#![allow(unsafe_code, reason = "membarrier is a bare system call")]

use crate::sync;

const GLOBAL_EXPEDITED: libc::c_int = 1 << 1;
const REGISTER_GLOBAL_EXPEDITED: libc::c_int = 1 << 2;

/// Registers this process, so that others can issue barriers for it. Returns `false` if the kernel
/// does not support or allow that: then this process has to execute its own.
pub(crate) fn register() -> bool {
    membarrier(REGISTER_GLOBAL_EXPEDITED)
}

/// Executes a barrier here and on every processor that runs a registered process. Takes about 10
/// µs.
///
/// Returns `false` if the kernel does not issue barriers for other processes: they may not have
/// seen what this one stored.
pub(crate) fn everywhere() -> bool {
    sync::seq_cst_fence();
    membarrier(GLOBAL_EXPEDITED)
}

fn membarrier(command: libc::c_int) -> bool {
    // SAFETY: the call takes only numbers.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}

//! Barriers that one process has executed by others (`membarrier`, since Linux 4.16).
//!
//! # Safety
//!
//! The file opts into unsafe code because libc has no function for the call, which takes numbers alone.
#![allow(unsafe_code, reason = "membarrier is a bare system call")]

use crate::sync;

const GLOBAL_EXPEDITED: libc::c_int = 1 << 1;
const REGISTER_GLOBAL_EXPEDITED: libc::c_int = 1 << 2;

/// Lets other processes have barriers executed by this one. False if the kernel does not know that, or forbids it:
/// then this process has to execute its own.
pub(crate) fn offer() -> bool {
    membarrier(REGISTER_GLOBAL_EXPEDITED)
}

/// Executes a barrier here, and on every processor on which a process runs that offered it. About 10 µs. False if the
/// kernel does not do the second: then such processes may not have seen what this one stored.
pub(crate) fn everywhere() -> bool {
    sync::seq_cst_fence();
    membarrier(GLOBAL_EXPEDITED)
}

fn membarrier(command: libc::c_int) -> bool {
    // SAFETY: the call takes numbers alone.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}

//! What the kernel's errors mean.

use rustix::io::Errno;
use std::io;

/// Returns whether this process or machine is short of descriptors, memory or the like, so that it
/// may work later.
pub(crate) fn is_shortage(error: &io::Error) -> bool {
    [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::AGAIN].iter().any(|errno| is(error, *errno))
}

/// Returns whether the path is a symbolic link, or not a directory where one is required.
pub(crate) fn is_wrong_kind(error: &io::Error) -> bool {
    is(error, Errno::LOOP) || is(error, Errno::NOTDIR)
}

/// Returns whether the descriptor cannot be waited for, because it is always ready.
pub(crate) fn is_not_waitable(error: &io::Error) -> bool {
    is(error, Errno::PERM)
}

/// Returns whether the process has exited, or has closed the descriptor.
pub(crate) fn is_exited_or_closed(error: &io::Error) -> bool {
    [Errno::NOENT, Errno::SRCH, Errno::BADF].iter().any(|errno| is(error, *errno))
}

/// Returns whether this process may not inspect another one: it is not this user's, has more
/// rights, or is just exiting.
pub(crate) fn is_refusal(error: &io::Error) -> bool {
    [Errno::ACCESS, Errno::PERM].iter().any(|errno| is(error, *errno))
}

/// Returns whether a file system is full, or this user's part of it.
pub(crate) fn is_out_of_space(error: &io::Error) -> bool {
    [Errno::NOSPC, Errno::DQUOT].iter().any(|errno| is(error, *errno))
}

fn is(error: &io::Error, errno: Errno) -> bool {
    error.raw_os_error() == Some(errno.raw_os_error())
}

//! Which error of the kernel means what.

use rustix::io::Errno;
use std::io;

/// This process or machine is short of descriptors, memory or the like: it may work later.
pub(crate) fn is_shortage(error: &io::Error) -> bool {
    [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::AGAIN].iter().any(|errno| is(error, *errno))
}

/// This process has too many descriptors.
pub(crate) fn is_process_full(error: &io::Error) -> bool {
    is(error, Errno::MFILE)
}

/// This machine has too many open files.
pub(crate) fn is_machine_full(error: &io::Error) -> bool {
    is(error, Errno::NFILE)
}

/// What was to be opened is a symbolic link, or not the directory that it must be.
pub(crate) fn is_another_kind(error: &io::Error) -> bool {
    is(error, Errno::LOOP) || is(error, Errno::NOTDIR)
}

/// What was to be waited for is always ready.
pub(crate) fn is_not_waitable(error: &io::Error) -> bool {
    is(error, Errno::PERM)
}

/// What was to be waited for waits for others in turn, and in the end for itself, or through too many.
pub(crate) fn is_endless(error: &io::Error) -> bool {
    is(error, Errno::LOOP)
}

/// The process has gone, or has closed the descriptor.
pub(crate) fn is_of_the_gone(error: &io::Error) -> bool {
    [Errno::NOENT, Errno::SRCH, Errno::BADF].iter().any(|errno| is(error, *errno))
}

/// Another process must not be looked into: it is not this user's, has more rights, or is just exiting.
pub(crate) fn is_refusal(error: &io::Error) -> bool {
    [Errno::ACCESS, Errno::PERM].iter().any(|errno| is(error, *errno))
}

/// A file system is full, or this user's part of it.
pub(crate) fn is_out_of_space(error: &io::Error) -> bool {
    [Errno::NOSPC, Errno::DQUOT].iter().any(|errno| is(error, *errno))
}

fn is(error: &io::Error, errno: Errno) -> bool {
    error.raw_os_error() == Some(errno.raw_os_error())
}

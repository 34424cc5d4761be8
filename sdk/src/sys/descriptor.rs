//! Descriptors of this process and of others.

use super::exit;
use super::file::{self, Identity, own_path};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::process::PidfdGetfdFlags;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

/// Returns another descriptor of the same open file.
pub(crate) fn duplicate(descriptor: &impl AsFd) -> io::Result<OwnedFd> {
    Ok(rustix::io::fcntl_dupfd_cloexec(descriptor, 0)?)
}

/// Opens, for reading, the file behind descriptor `number` of another process. Returns `None` if
/// that is not the `expected` file.
///
/// The file is inspected before it is opened, because opening a FIFO or a device could wait or have
/// side effects. A descriptor that is not a file with contents (an eventfd, a socket) cannot be
/// opened this way.
pub(crate) fn open_by_proc(pid: u32, number: i32, expected: Identity) -> io::Result<Option<OwnedFd>> {
    let path = format!("/proc/{pid}/fd/{number}");
    let handle = rustix::fs::openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    let status = file::status(&handle)?;
    if status.identity != expected {
        return Ok(None);
    }
    if !status.is_regular {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    Ok(Some(rustix::fs::openat(CWD, own_path(handle.as_fd()), flags, Mode::empty())?))
}

/// Returns whether descriptor `number` of another process leads to the `expected` file, as far as
/// this process can see. Opens nothing.
pub(crate) fn leads_to(pid: u32, number: i32, expected: Identity) -> bool {
    let path = format!("/proc/{pid}/fd/{number}");
    rustix::fs::stat(path).is_ok_and(|stat| Identity { device: stat.st_dev, inode: stat.st_ino } == expected)
}

/// Duplicates descriptor `number` of another process, whatever it is. Returns `None` if it is not
/// the `expected` file.
///
/// This process must be allowed to trace the other one.
pub(crate) fn take_by_pidfd(pid: u32, number: i32, expected: Identity) -> io::Result<Option<OwnedFd>> {
    if number < 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    let process = exit::pidfd(pid)?;
    let descriptor = rustix::process::pidfd_getfd(process, number, PidfdGetfdFlags::empty())?;
    Ok((file::status(&descriptor)?.identity == expected).then_some(descriptor))
}

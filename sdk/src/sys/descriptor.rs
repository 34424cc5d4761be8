//! Descriptors of this process and of others.

use super::file::{self, Identity, own_path};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags};
use std::io;
use std::os::fd::{AsFd, OwnedFd};

/// Another descriptor of the same.
pub(crate) fn duplicate(descriptor: &impl AsFd) -> io::Result<OwnedFd> {
    Ok(rustix::io::fcntl_dupfd_cloexec(descriptor, 0)?)
}

/// Opens, for reading, the file behind a descriptor of another process, if it is the one expected. It is looked at
/// before it is opened: opening a FIFO or a device could wait or have effects. What is not a file with contents
/// (an eventfd, a socket) cannot be opened this way.
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

/// Whether a descriptor of another process leads to the file expected, as far as that can be seen from here. Opens
/// nothing.
pub(crate) fn is_by_proc(pid: u32, number: i32, expected: Identity) -> bool {
    let path = format!("/proc/{pid}/fd/{number}");
    rustix::fs::stat(path).is_ok_and(|stat| Identity { device: stat.st_dev, inode: stat.st_ino } == expected)
}

/// Duplicates a descriptor of another process, whatever it is, if it is the one expected. Needs the right to trace
/// that process.
pub(crate) fn take_by_pidfd(pid: u32, number: i32, expected: Identity) -> io::Result<Option<OwnedFd>> {
    if number < 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
    let process = rustix::process::pidfd_open(pid, PidfdFlags::empty())?;
    let descriptor = rustix::process::pidfd_getfd(process, number, PidfdGetfdFlags::empty())?;
    Ok((file::status(&descriptor)?.identity == expected).then_some(descriptor))
}

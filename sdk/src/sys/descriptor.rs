//! Descriptors of this process and of others.

use super::file::{self, Identity};
use rustix::fs::{CWD, Mode, OFlags};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

/// The path under which this process itself can open a descriptor of its own once more.
pub(crate) fn own_path(descriptor: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", descriptor.as_raw_fd())
}

/// Opens, for reading, the file behind a descriptor of another process of the same user, if it is the one
/// expected. It is looked at before it is opened: opening a FIFO or a device could wait or have effects.
pub(crate) fn open_of(pid: u32, number: i32, expected: Identity) -> io::Result<Option<File>> {
    let path = format!("/proc/{pid}/fd/{number}");
    let handle = rustix::fs::openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    let status = file::status(&handle)?;
    if status.identity != expected || !status.is_regular {
        return Ok(None);
    }
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = rustix::fs::openat(CWD, own_path(handle.as_fd()), flags, Mode::empty())?;
    Ok(Some(File::from(file)))
}

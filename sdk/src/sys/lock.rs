//! Locks on bytes of a file that live exactly as long as the open file description that took them
//! (`F_OFD_*`).
//!
//! The kernel frees them when a process dies. Unlike POSIX locks, they are not lost when the same
//! process opens and closes the file once more. Unlike `flock`, they cannot be faked by a process
//! that may only read the file.
//!
//! # Safety
//!
//! The file opts into unsafe code because rustix lacks the call: `fcntl` reads or writes one
//! `struct flock`.
#![allow(unsafe_code, reason = "fcntl takes a pointer")]

use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// How a byte is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Any number of descriptions may hold it at once. The descriptor must be readable.
    Shared,
    /// Only one description may hold it. The descriptor must be writable.
    Alone,
}

/// Takes a lock, or changes the kind of the one already held, without waiting. Returns `false` if
/// another description holds a conflicting one.
pub(crate) fn take(file: impl AsFd, byte: u64, hold: Hold) -> io::Result<bool> {
    match set(file, byte, kind(hold)) {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Releases a lock.
pub(crate) fn give_back(file: impl AsFd, byte: u64) -> io::Result<()> {
    set(file, byte, libc::F_UNLCK)
}

/// Returns whether another open file description holds a lock that conflicts with `hold`. Takes
/// nothing.
pub(crate) fn is_held_against(file: impl AsFd, byte: u64, hold: Hold) -> io::Result<bool> {
    let mut lock = describe(byte, kind(hold));
    // SAFETY: the descriptor is open for the call. F_OFD_GETLK reads and writes one `struct flock`,
    // which `lock` is, with l_pid zero as the call demands.
    let result = unsafe { libc::fcntl(file.as_fd().as_raw_fd(), libc::F_OFD_GETLK, &raw mut lock) };
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(i32::from(lock.l_type) != libc::F_UNLCK)
}

fn set(file: impl AsFd, byte: u64, kind: i32) -> io::Result<()> {
    let lock = describe(byte, kind);
    // SAFETY: the descriptor is open for the call. F_OFD_SETLK reads one `struct flock`, which
    // `lock` is, with l_pid zero as the call demands.
    let result = unsafe { libc::fcntl(file.as_fd().as_raw_fd(), libc::F_OFD_SETLK, &raw const lock) };
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn kind(hold: Hold) -> i32 {
    match hold {
        Hold::Shared => libc::F_RDLCK,
        Hold::Alone => libc::F_WRLCK,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "small constants and small offsets")]
fn describe(byte: u64, kind: i32) -> libc::flock {
    libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: byte as libc::off_t,
        l_len: 1,
        l_pid: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::file;
    use std::fs::File;

    fn opened_twice() -> (File, File) {
        let directory = file::open_directory(std::path::Path::new("/dev/shm")).unwrap();
        let one = file::unnamed(&directory, 0o600).unwrap();
        let path = file::own_path(one.as_fd());
        let other = File::options().read(true).write(true).open(path).unwrap();
        (one, other)
    }

    #[test]
    fn a_lock_is_seen_by_others_only_and_ends_with_its_description() {
        let (one, other) = opened_twice();
        assert!(take(&one, 0, Hold::Alone).unwrap());
        assert!(!is_held_against(&one, 0, Hold::Shared).unwrap());
        assert!(is_held_against(&other, 0, Hold::Shared).unwrap());
        assert!(!is_held_against(&other, 1, Hold::Alone).unwrap());
        assert!(!take(&other, 0, Hold::Shared).unwrap());
        drop(one);
        assert!(take(&other, 0, Hold::Shared).unwrap());
    }

    #[test]
    fn shared_locks_coexist_and_the_last_holder_can_raise_its_own() {
        let (one, other) = opened_twice();
        assert!(take(&one, 0, Hold::Shared).unwrap());
        assert!(take(&other, 0, Hold::Shared).unwrap());
        assert!(!take(&one, 0, Hold::Alone).unwrap());
        give_back(&other, 0).unwrap();
        assert!(take(&one, 0, Hold::Alone).unwrap());
    }
}

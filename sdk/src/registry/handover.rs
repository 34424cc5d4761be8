//! How a process gets a descriptor of another process, without the owner's help.
//!
//! The owner describes the descriptor with a [`Handle`]. Other processes fetch it by the first way
//! that works:
//!
//! 1. `/proc/<pid>/fd/<n>`: for memory and files, opened anew for reading only. Works between
//!    processes of one user, unless the owner is not dumpable or has capabilities that the reader
//!    lacks.
//! 2. `pidfd_getfd`: for anything, also eventfds and sockets. Needs the right to trace the owner,
//!    which some systems refuse between siblings (Yama's `ptrace_scope`).
//!
//! Where neither works, memory is placed in a file: see [`Placement`](super::Placement).
//!
//! What was fetched is compared with the handle's device and inode. So it is noticed if the number
//! belongs to another process by now, or the descriptor was closed and its number reused.

use crate::sys::error::{is_exited_or_closed, is_shortage};
use crate::sys::file::{self, Identity};
use crate::sys::{descriptor, process};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

/// Where a descriptor of another process is, and what the file behind it must be.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use slotcast::registry::Handle;
/// use std::fs::File;
///
/// let file = tempfile::tempfile()?;
/// let handle = Handle::of(&file)?; // send it to another process of this user, which fetches the descriptor:
/// let copy = File::from(handle.fetch().map_err(std::io::Error::other)?);
/// assert_eq!(copy.metadata()?.len(), file.metadata()?.len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle {
    /// The number of the process that holds it, in that process's own PID namespace.
    pub pid: u32,
    /// The number of the descriptor in that process.
    pub descriptor: i32,
    /// The device of the file behind it.
    pub device: u64,
    /// The inode of the file behind it.
    pub inode: u64,
}

/// How a descriptor is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// It is opened through `/proc`.
    Proc,
    /// It is duplicated with `pidfd_getfd`.
    Pidfd,
}

/// Why a descriptor of another process cannot be fetched.
#[derive(Debug)]
pub struct HandoverError {
    handle: Handle,
    /// The ways that were tried, with their results.
    tried: Vec<(Way, Failure)>,
}

#[derive(Debug)]
enum Failure {
    Kernel(io::Error),
    /// The descriptor leads to another file.
    OtherFile,
}

impl Handle {
    /// Describes a descriptor of this process. It must stay open for as long as others may fetch
    /// it.
    ///
    /// # Errors
    /// Those of `fstat`.
    pub fn of(descriptor: impl AsFd) -> io::Result<Self> {
        let descriptor = descriptor.as_fd();
        let Identity { device, inode } = file::status(descriptor)?.identity;
        Ok(Self { pid: process::pid(), descriptor: descriptor.as_raw_fd(), device, inode })
    }

    /// Fetches the descriptor by the first way that works. Does not wait.
    ///
    /// # Errors
    /// When no way works. The error has the result of each.
    pub fn fetch(&self) -> Result<OwnedFd, HandoverError> {
        let mut tried = Vec::new();
        for way in [Way::Proc, Way::Pidfd] {
            match self.try_way(way) {
                Ok(descriptor) => return Ok(descriptor),
                Err(failure) => tried.push((way, failure)),
            }
        }
        Err(HandoverError { handle: *self, tried })
    }

    /// Fetches the descriptor by one way only.
    ///
    /// # Errors
    /// When it does not work.
    pub fn fetch_by(&self, way: Way) -> Result<OwnedFd, HandoverError> {
        self.try_way(way).map_err(|failure| HandoverError { handle: *self, tried: vec![(way, failure)] })
    }

    /// Returns whether the process with this number holds the descriptor now, as far as this
    /// process can see. One system call, about 2 µs.
    pub(crate) fn is_held(&self) -> bool {
        let &Self { pid, descriptor, device, inode } = self;
        descriptor::leads_to(pid, descriptor, Identity { device, inode })
    }

    fn try_way(&self, way: Way) -> Result<OwnedFd, Failure> {
        let &Self { pid, descriptor, device, inode } = self;
        let expected = Identity { device, inode };
        let result = match way {
            Way::Proc => descriptor::open_by_proc(pid, descriptor, expected),
            Way::Pidfd => descriptor::take_by_pidfd(pid, descriptor, expected),
        };
        result.map_err(Failure::Kernel)?.ok_or(Failure::OtherFile)
    }
}

impl HandoverError {
    /// Returns whether it may work later: this process, not the owner, is short of something.
    pub fn is_transient(&self) -> bool {
        self.tried.iter().any(|(_, failure)| match failure {
            Failure::Kernel(error) => is_shortage(error),
            Failure::OtherFile => false,
        })
    }

    /// Returns whether the owner may be exiting: its descriptors are closed a moment before its
    /// locks are freed.
    pub(super) fn may_be_exiting(&self) -> bool {
        self.tried.iter().all(|(_, failure)| match failure {
            Failure::Kernel(error) => is_exited_or_closed(error),
            Failure::OtherFile => false,
        })
    }
}

impl fmt::Display for HandoverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Handle { pid, descriptor, .. } = self.handle;
        write!(f, "descriptor {descriptor} of pid {pid} cannot be fetched")?;
        for (index, (way, failure)) in self.tried.iter().enumerate() {
            f.write_str(if index == 0 { ": " } else { "; " })?;
            match way {
                Way::Proc => write!(f, "through /proc/{pid}/fd/{descriptor}: ")?,
                Way::Pidfd => write!(f, "with pidfd_getfd: ")?,
            }
            match failure {
                Failure::Kernel(error) => write!(f, "{error}")?,
                Failure::OtherFile => write!(f, "it is not the file that its entry describes")?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for HandoverError {}

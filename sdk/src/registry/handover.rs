//! How a descriptor gets from one process to another.
//!
//! An owner describes a descriptor with a [`Handle`]. Whoever reads it gets the descriptor by the first way that
//! works, without the owner's doing anything:
//!
//! 1. `/proc/<pid>/fd/<n>`: for memory and files, opened anew for reading only. Works between processes of one
//!    user, unless the owner is not dumpable or has capabilities that the reader lacks.
//! 2. `pidfd_getfd`: for anything, eventfds and sockets too. Needs the right to trace the owner, which some systems
//!    refuse between siblings (Yama's `ptrace_scope`).
//!
//! Where neither works the owner has to help: the reader leaves a request in the owner's [`Mailbox`], and the owner
//! answers it whenever it next looks ([`Mailbox::requests`]).
//!
//! What comes is compared with the handle's device and inode: a number that belongs to another process by now, or
//! a descriptor that was closed and used again, is noticed.

use super::RegistryError;
use super::socket::NamedSocket;
use crate::sys::error::{is_disconnected_or_full, is_exited_or_closed, is_shortage};
use crate::sys::file::{self, Identity};
use crate::sys::{descriptor, mailbox, process};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

/// Where a descriptor of another process is, and what the file behind it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle {
    /// The process that holds it, as it sees itself.
    pub pid: u32,
    /// Its number there.
    pub descriptor: i32,
    /// The device of the file behind it.
    pub device: u64,
    /// The inode of the file behind it.
    pub inode: u64,
}

/// How a descriptor was got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// Opened through `/proc`.
    Proc,
    /// Duplicated with `pidfd_getfd`.
    Pidfd,
}

/// Why a descriptor of another process cannot be had.
#[derive(Debug)]
pub struct HandoverError {
    handle: Handle,
    /// What each way that was tried ended with.
    tried: Vec<(Way, Refusal)>,
}

#[derive(Debug)]
enum Refusal {
    Kernel(io::Error),
    Another,
}

impl Handle {
    /// Describes a descriptor of this process. It must stay open as long as others may look for it.
    ///
    /// # Errors
    /// Those of `fstat`.
    pub fn of(descriptor: impl AsFd) -> io::Result<Self> {
        let descriptor = descriptor.as_fd();
        let Identity { device, inode } = file::status(descriptor)?.identity;
        Ok(Self { pid: process::pid(), descriptor: descriptor.as_raw_fd(), device, inode })
    }

    /// Gets the descriptor by the first way that works. Does not wait.
    ///
    /// # Errors
    /// When no way does; it tells what each of them ended with.
    pub fn fetch(&self) -> Result<OwnedFd, HandoverError> {
        let mut tried = Vec::new();
        for way in [Way::Proc, Way::Pidfd] {
            match self.try_way(way) {
                Ok(descriptor) => return Ok(descriptor),
                Err(refusal) => tried.push((way, refusal)),
            }
        }
        Err(HandoverError { handle: *self, tried })
    }

    /// Gets the descriptor by one way alone.
    ///
    /// # Errors
    /// When that does not work.
    pub fn fetch_by(&self, way: Way) -> Result<OwnedFd, HandoverError> {
        self.try_way(way).map_err(|refusal| HandoverError { handle: *self, tried: vec![(way, refusal)] })
    }

    /// Whether the process that has this number holds the descriptor now, as far as that can be seen from here. One
    /// system call, about 2 µs.
    pub(crate) fn is_held(&self) -> bool {
        let &Self { pid, descriptor, device, inode } = self;
        descriptor::leads_to(pid, descriptor, Identity { device, inode })
    }

    fn try_way(&self, way: Way) -> Result<OwnedFd, Refusal> {
        let &Self { pid, descriptor, device, inode } = self;
        let expected = Identity { device, inode };
        let result = match way {
            Way::Proc => descriptor::open_by_proc(pid, descriptor, expected),
            Way::Pidfd => descriptor::take_by_pidfd(pid, descriptor, expected),
        };
        result.map_err(Refusal::Kernel)?.ok_or(Refusal::Another)
    }
}

impl HandoverError {
    /// Whether it may work later: this process, not the owner, is short of something.
    pub fn is_transient(&self) -> bool {
        self.tried.iter().any(|(_, refusal)| match refusal {
            Refusal::Kernel(error) => is_shortage(error),
            Refusal::Another => false,
        })
    }

    /// Whether it may be that the owner is dying: its descriptors are closed a moment before its locks are free.
    pub(super) fn may_be_exiting(&self) -> bool {
        self.tried.iter().all(|(_, refusal)| match refusal {
            Refusal::Kernel(error) => is_exited_or_closed(error),
            Refusal::Another => false,
        })
    }
}

impl fmt::Display for HandoverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Handle { pid, descriptor, .. } = self.handle;
        write!(f, "descriptor {descriptor} of pid {pid} cannot be had")?;
        for (index, (way, refusal)) in self.tried.iter().enumerate() {
            f.write_str(if index == 0 { ": " } else { "; " })?;
            match way {
                Way::Proc => write!(f, "through /proc/{pid}/fd/{descriptor}: ")?,
                Way::Pidfd => write!(f, "with pidfd_getfd: ")?,
            }
            match refusal {
                Refusal::Kernel(error) => write!(f, "{error}")?,
                Refusal::Another => write!(f, "it is another file than its entry says")?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for HandoverError {}

/// A socket in a topic's directory through which others ask for descriptors that they cannot get by themselves.
///
/// A request carries the socket on which the asker waits for the answer, so it is answered even when the asker
/// cannot be seen from here, and an asker that has gone harms nobody. The socket takes about ten requests before
/// it is served; a further one gets `WouldBlock`, to be tried again.
#[derive(Debug)]
pub struct Mailbox(NamedSocket);

/// A descriptor that was asked for.
#[derive(Debug)]
pub struct Request {
    /// What was asked for, in words that owner and asker agree on.
    pub what: u64,
    reply: OwnedFd,
}

impl Mailbox {
    pub(super) fn bind(directory: &OwnedFd, path: PathBuf, name: String) -> Result<Self, RegistryError> {
        NamedSocket::bind(directory, name).map(Self).map_err(RegistryError::io("make the mailbox", path))
    }

    /// The requests that are there now. Does not wait. Datagrams that are no requests are dropped.
    ///
    /// # Errors
    /// Those of `recvmsg`.
    pub fn requests(&self) -> io::Result<Vec<Request>> {
        let mut requests = Vec::new();
        let mut bytes = [0; 8];
        while let Some((length, descriptors)) = mailbox::receive(&self.0, &mut bytes)? {
            if let (8, Ok([reply])) = (length, <[OwnedFd; 1]>::try_from(descriptors)) {
                requests.push(Request { what: u64::from_le_bytes(bytes), reply });
            }
        }
        Ok(requests)
    }
}

impl AsFd for Mailbox {
    /// Readable when there are requests.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Request {
    /// Answers with a descriptor, or several. Never waits; an asker that has gone is no error.
    ///
    /// # Errors
    /// Those of `sendmsg`.
    pub fn answer(self, descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
        match mailbox::reply(&self.reply, &self.what.to_le_bytes(), descriptors) {
            Err(error) if is_disconnected_or_full(&error) => Ok(()),
            result => result,
        }
    }
}

/// An answer that is waited for.
#[derive(Debug)]
pub struct Answer(OwnedFd);

impl Answer {
    pub(super) fn ask(directory: &OwnedFd, name: &str, what: u64) -> io::Result<Self> {
        let (ours, theirs) = mailbox::pair()?;
        mailbox::send(directory, name, &what.to_le_bytes(), &[theirs.as_fd()])?;
        Ok(Self(ours))
    }

    /// The descriptors, if the answer is there. Does not wait.
    ///
    /// # Errors
    /// `UnexpectedEof` if the owner has gone or answers nothing; those of `recvmsg`.
    pub fn take(&self) -> io::Result<Option<Vec<OwnedFd>>> {
        match mailbox::receive(&self.0, &mut [0; 8])? {
            None => Ok(None),
            Some((8, descriptors)) => Ok(Some(descriptors)),
            Some(_) => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl AsFd for Answer {
    /// Readable when the answer is there.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

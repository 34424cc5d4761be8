use crate::sys::fork::{Locks, Origin};
use crate::sys::{file, mailbox};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A datagram socket that has a name in a topic's directory. The name is removed when it is dropped.
#[derive(Debug)]
pub(super) struct NamedSocket {
    /// Not a lock, but no child's either: it would take away from its parent what is sent.
    socket: Locks,
    directory: OwnedFd,
    /// Nothing once it is not its any more.
    name: Option<String>,
    /// To know a child's copy of this.
    origin: Origin,
}

impl NamedSocket {
    pub(super) fn bind(directory: &OwnedFd, name: String) -> io::Result<Self> {
        let directory = directory.try_clone()?;
        let socket = Locks::open(|| mailbox::bind(&directory, &name).map(Into::into))?;
        Ok(Self { socket, directory, name: Some(name), origin: Origin::here() })
    }

    /// Somebody has removed its name: what has that name from now on is another one's.
    pub(super) fn forget_name(&mut self) {
        self.name = None;
    }
}

impl AsFd for NamedSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for NamedSocket {
    fn drop(&mut self) {
        if !self.origin.is_here() {
            return; // a child's copy: its parent still listens
        }
        if let Some(name) = &self.name {
            // If it cannot be removed now, whoever removes the topic does.
            let _ = file::unlink(&self.directory, name);
        }
    }
}

use crate::sys::fork::{self, Locks};
use crate::sys::{file, mailbox};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A datagram socket that has a name in a topic's directory. The name is removed when it is dropped.
#[derive(Debug)]
pub(super) struct NamedSocket {
    /// Not a lock, but no child's either: it would take away from its parent what is sent.
    socket: Locks,
    directory: OwnedFd,
    name: String,
    /// To know a child's copy of this.
    epoch: u64,
}

impl NamedSocket {
    pub(super) fn bind(directory: &OwnedFd, name: String) -> io::Result<Self> {
        let directory = directory.try_clone()?;
        let socket = Locks::open(|| mailbox::bind(&directory, &name).map(Into::into))?;
        Ok(Self { socket, directory, name, epoch: fork::epoch() })
    }
}

impl AsFd for NamedSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for NamedSocket {
    fn drop(&mut self) {
        if self.epoch != fork::epoch() {
            return; // a child's copy: its parent still listens
        }
        // If it cannot be removed now, whoever removes the topic does.
        let _ = file::unlink(&self.directory, &self.name);
    }
}

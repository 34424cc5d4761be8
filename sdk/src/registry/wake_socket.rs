//! Wake sockets: how receivers are woken that wait for a descriptor.
//!
//! Such a receiver binds a datagram socket in the topic's directory, and sets its bit in the
//! topic's [doorbell](crate::protocol::doorbell) before it waits. A publisher that rings the
//! doorbell and finds the bit sends one byte to every wake socket of the topic. It never waits: a
//! socket that is full is readable already. So no receiver can block a publisher, and neither
//! process needs more than the directory. This works between users, containers and processes that
//! cannot open each other's descriptors.
//!
//! A wake socket is counted before its owner first sets the bit. So a publisher that sees the bit
//! sees the count, and scans for the wake sockets that it does not know.

use super::{EndpointId, RegistryError, names};
use crate::sys::error::is_shortage;
use crate::sys::fork::{Origin, OwnFile};
use crate::sys::{file, wake_socket};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// A receiver's own wake socket. Dropping it removes its name.
#[derive(Debug)]
pub(crate) struct WakeSocket {
    /// Not a lock, but treated like one in forked children: a child would take datagrams away from
    /// its parent.
    socket: OwnFile,
    directory: OwnedFd,
    /// `None` if somebody else has removed the name: a new socket with that name is not this one.
    name: Option<String>,
    path: PathBuf,
    /// To recognise a forked child's copy.
    origin: Origin,
}

impl WakeSocket {
    pub(super) fn bind(directory: &OwnedFd, topic: &Path, owner: EndpointId) -> Result<Self, RegistryError> {
        let name = names::wake_socket(owner);
        let path = topic.join(&name);
        let bind = || -> io::Result<_> {
            let directory = directory.try_clone()?;
            let socket = OwnFile::open(|| wake_socket::bind(&directory, &name).map(Into::into))?;
            Ok((socket, directory))
        };
        match bind() {
            Ok((socket, directory)) => Ok(Self { socket, directory, name: Some(name), path, origin: Origin::here() }),
            Err(reason) => Err(RegistryError::io("create the wake socket", path)(reason)),
        }
    }

    /// Returns its path, for errors.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Notes that somebody else has removed its name.
    pub(crate) fn forget_name(&mut self) {
        self.name = None;
    }

    /// Discards the notifications that it has received.
    pub(crate) fn silence(&self) -> Result<(), RegistryError> {
        wake_socket::drain(&self.socket).map_err(|reason| RegistryError::io("read the wake socket", &self.path)(reason))
    }
}

impl AsFd for WakeSocket {
    /// Readable once it was notified.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for WakeSocket {
    fn drop(&mut self) {
        if !self.origin.is_here() {
            return; // a child's copy: its parent still waits
        }
        if let Some(name) = &self.name {
            // If it cannot be removed now, the endpoint that removes the topic does it.
            let _ = file::unlink(&self.directory, name);
        }
    }
}

/// The wake sockets of a topic, as a publisher knows them.
#[derive(Debug, Default)]
pub(super) struct WakeSockets {
    /// The count of wake sockets before the last scan. `None`: a scan is due.
    count: Option<u64>,
    /// By name. Only [`MAX_CONNECTED`] are kept connected: receivers must not use up a publisher's
    /// descriptors.
    known: HashMap<String, Option<OwnedFd>>,
}

/// The most wake sockets that are kept connected.
const MAX_CONNECTED: usize = 64;

impl WakeSockets {
    /// Notifies all. `count` changes whenever one was bound.
    pub(super) fn notify(&mut self, directory: &OwnedFd, count: u64) {
        // Known ones first: a socket that was bound again has the same name as before.
        self.known.retain(|name, socket| {
            let notified = match socket {
                Some(socket) => wake_socket::notify(socket),
                None => wake_socket::connect(directory, name).and_then(wake_socket::notify),
            };
            notified.unwrap_or_else(|_| {
                self.count = None; // the fault may be this process's, so scan for it again
                false
            })
        });
        if self.count != Some(count) && self.notify_new(directory).is_ok() {
            self.count = Some(count);
        }
    }

    /// Scans for wake sockets that are new, and notifies them.
    ///
    /// # Errors
    /// When this process is short of something: the next call scans again. A receiver that is not
    /// notified checks by itself now and then.
    fn notify_new(&mut self, directory: &OwnedFd) -> io::Result<()> {
        let mut capacity = MAX_CONNECTED.saturating_sub(self.known.values().flatten().count());
        for name in file::names(directory)?.into_iter().filter(|name| names::is_wake_socket(name)) {
            let Entry::Vacant(place) = self.known.entry(name) else { continue };
            match wake_socket::connect(directory, place.key()) {
                Ok(socket) if wake_socket::notify(&socket).unwrap_or(true) => {
                    place.insert((capacity > 0).then_some(socket));
                    capacity = capacity.saturating_sub(1);
                }
                Err(error) if is_shortage(&error) => return Err(error),
                _ => {} // its owner is dead
            }
        }
        Ok(())
    }
}

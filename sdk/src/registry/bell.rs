//! WakeSockets: sockets by which receivers are woken that wait for a descriptor.
//!
//! A receiver has a bell of its own, a datagram socket in the topic's directory, and sets its bit in the topic's
//! [doorbell](crate::protocol::doorbell) before it waits. Whoever rings the doorbell and finds the bit sends one byte to
//! every bell of the topic, without waiting: a socket that is full is readable already. So nobody can keep a publisher by
//! its bell, and nothing is needed of either process but the directory: it works between users, containers and
//! processes that cannot open each other's descriptors.
//!
//! A bell is counted before its owner first sets its bit, so who rings for that bit sees the count, and looks for the
//! wake_sockets that it does not know.

use super::socket::NamedSocket;
use super::{EndpointId, RegistryError, entry};
use crate::sys::error::is_shortage;
use crate::sys::{file, mailbox};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// A receiver's own.
#[derive(Debug)]
pub(crate) struct WakeSocket {
    socket: NamedSocket,
    path: PathBuf,
}

impl WakeSocket {
    pub(super) fn bind(directory: &OwnedFd, path: PathBuf, owner: EndpointId) -> Result<Self, RegistryError> {
        match NamedSocket::bind(directory, name_of(owner)) {
            Ok(socket) => Ok(Self { socket, path }),
            Err(reason) => Err(RegistryError::io("make the bell", path)(reason)),
        }
    }

    /// Where it hangs, for errors.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Somebody has taken it off.
    pub(crate) fn forget_name(&mut self) {
        self.socket.forget_name();
    }

    /// Forgets that it has rung.
    pub(crate) fn silence(&self) -> Result<(), RegistryError> {
        mailbox::drain(&self.socket).map_err(|reason| RegistryError::io("listen to the bell", &self.path)(reason))
    }
}

impl AsFd for WakeSocket {
    /// Readable when it has rung.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The wake_sockets of a topic, as one who rings knows them.
#[derive(Debug, Default)]
pub(super) struct WakeSockets {
    /// The count of wake_sockets when they were last looked for. Nothing: not yet.
    count: Option<u64>,
    /// By name. Only so many are kept connected: who waits must not use up the descriptors of who publishes.
    known: HashMap<String, Option<OwnedFd>>,
}

/// How many wake_sockets are kept connected.
const CONNECTED: usize = 64;

impl WakeSockets {
    /// Rings all. `count` changes whenever one was hung.
    pub(super) fn ring(&mut self, directory: &OwnedFd, count: u64) {
        // Those that are known first: one that was hung anew has the name of the one before it.
        self.known.retain(|name, bell| {
            let knocked = match bell {
                Some(bell) => mailbox::notify(bell),
                None => mailbox::connect(directory, name).and_then(mailbox::notify),
            };
            knocked.unwrap_or_else(|_| {
                self.count = None; // looked for anew: it may be there, and this one's fault
                false
            })
        });
        if self.count != Some(count) && self.look(directory).is_ok() {
            self.count = Some(count);
        }
    }

    /// Finds the wake_sockets that are new, and rings them. If this process is short of something it looks again the next time; who
    /// is not rung for looks by itself now and then.
    fn look(&mut self, directory: &OwnedFd) -> io::Result<()> {
        let mut room = CONNECTED.saturating_sub(self.known.values().flatten().count());
        for name in file::names(directory)?.into_iter().filter(|name| entry::is_bell(name)) {
            let Entry::Vacant(place) = self.known.entry(name) else { continue };
            match mailbox::connect(directory, place.key()) {
                Ok(bell) if mailbox::notify(&bell).unwrap_or(true) => {
                    place.insert((room > 0).then_some(bell));
                    room = room.saturating_sub(1);
                }
                Err(error) if is_shortage(&error) => return Err(error),
                _ => {} // its owner is gone
            }
        }
        Ok(())
    }
}

pub(super) fn name_of(owner: EndpointId) -> String {
    format!("{}-{owner}", entry::BELL)
}

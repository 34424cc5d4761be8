//! The descriptor of a subscriber: what makes it readable, and when it stops to be.

use super::EventFd;
use crate::registry::{RegistryError, WakeSocket};
use std::io;
use std::time::Duration;

/// The descriptor of a subscriber, and what makes it readable.
pub(crate) struct Readiness {
    pub(crate) event_fd: EventFd,
    socket: WakeSocket,
    /// Whether it is not readable until something may have come.
    is_armed: bool,
    /// How often it becomes readable without being rung, if that is known.
    slice: Option<Duration>,
    /// Whether it was readable once since the subscriber was closed.
    pub(crate) has_reported_close: bool,
}

impl Readiness {
    /// Creates a descriptor that is readable when the socket is, and now.
    pub(crate) fn new(socket: WakeSocket) -> Result<Self, RegistryError> {
        let new_event_fd = || {
            let event_fd = EventFd::new()?;
            event_fd.listen_to(&socket)?;
            Ok(event_fd)
        };
        let event_fd = new_event_fd().map_err(RegistryError::io("wait for", socket.path()))?;
        Ok(Self { event_fd, socket, is_armed: false, slice: None, has_reported_close: false })
    }

    /// Replaces the socket by one in another directory, or of the same name: the old one has none
    /// any more. It was not heard meanwhile, so it counts as rung.
    pub(crate) fn replace_socket(&mut self, socket: WakeSocket) -> Result<(), RegistryError> {
        self.event_fd.listen_to(&socket).map_err(RegistryError::io("wait for", socket.path()))?;
        self.socket = socket;
        self.wake()
    }

    /// Leaves the name of the socket in its directory to others.
    pub(crate) fn forget_socket_name(&mut self) {
        self.socket.forget_name();
    }

    /// Returns whether something may have come since it was armed, and forgets that.
    pub(crate) fn take_wakeup(&mut self) -> Result<bool, RegistryError> {
        let causes = self.event_fd.causes().map_err(|reason| self.failed(reason))?;
        if causes.socket {
            self.socket.silence()?;
        }
        if causes.timer {
            self.slice = None; // it may have been set from elsewhere, to fire once
        }
        let was_woken = !self.is_armed || causes.socket || causes.timer;
        self.is_armed &= !was_woken;
        Ok(was_woken)
    }

    /// Makes it not readable, for at most `slice`. `taken` is what the subscriber has taken so far.
    pub(crate) fn arm(&mut self, slice: Duration, taken: u64) -> Result<(), RegistryError> {
        self.is_armed = true;
        self.event_fd.set_taken(taken);
        if self.slice != Some(slice) {
            self.slice = Some(slice);
            self.event_fd.wake_every(slice).map_err(|reason| self.failed(reason))?;
        }
        Ok(())
    }

    /// Makes it readable until it is armed again.
    pub(crate) fn wake(&mut self) -> Result<(), RegistryError> {
        self.is_armed = false;
        self.slice = None;
        self.event_fd.wake().map_err(|reason| self.failed(reason))
    }

    /// Makes it readable once after the subscriber was closed.
    pub(crate) fn report_close(&mut self) -> Result<(), RegistryError> {
        self.has_reported_close = true;
        self.wake()
    }

    fn failed(&self, reason: io::Error) -> RegistryError {
        RegistryError::io("wait for", self.socket.path())(reason)
    }
}

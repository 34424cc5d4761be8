//! The descriptor of a receiver: what makes it readable, and when it stops to be.

use super::{Closer, EventFd};
use crate::registry::{EndpointId, RegistryError, TopicDirectory, WakeSocket};
use std::io;
use std::time::Duration;

/// The descriptor of a receiver, and what makes it readable.
pub(crate) struct Readiness {
    pub(crate) event_fd: EventFd,
    socket: WakeSocket,
    /// Whether it is not readable until something may have come.
    is_armed: bool,
    /// How often it becomes readable without being rung, if that is known.
    slice: Option<Duration>,
    /// Whether it was readable once since the receiver was closed.
    has_reported_close: bool,
}

impl Readiness {
    /// Creates the descriptor of the receiver `id`, which is readable when its wake socket is, and
    /// now. The closer makes it readable, too.
    pub(crate) fn bind(topic: &TopicDirectory, id: EndpointId, closer: &Closer) -> Result<Self, RegistryError> {
        let socket = topic.bind_wake_socket(id)?;
        let new_event_fd = || {
            let event_fd = EventFd::new()?;
            event_fd.listen_to(&socket)?;
            Ok(event_fd)
        };
        let event_fd = new_event_fd().map_err(RegistryError::io("wait for", socket.path()))?;
        closer.set_event_fd(&event_fd);
        Ok(Self { event_fd, socket, is_armed: false, slice: None, has_reported_close: false })
    }

    /// Binds the wake socket again if it is not in the topic's directory: because the directory is
    /// a new one (the first time, `has_moved` says so), or because it was removed from outside. It
    /// was not heard meanwhile, so it counts as rung.
    pub(crate) fn rebind(
        &mut self,
        topic: &TopicDirectory,
        id: EndpointId,
        has_moved: bool,
    ) -> Result<(), RegistryError> {
        if topic.has_wake_socket(id)? {
            return if has_moved { self.wake() } else { Ok(()) };
        }
        self.socket.forget_name(); // it is another's now
        let socket = topic.bind_wake_socket(id)?;
        self.event_fd.listen_to(&socket).map_err(RegistryError::io("wait for", socket.path()))?;
        self.socket = socket;
        self.wake()
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

    /// Settles whether it is readable, after the receiver has set its bit and polled once more. If
    /// that found nothing, it is not, for at most `slice`. Otherwise more may be present, and the
    /// program may stop receiving here: so it stays readable.
    pub(crate) fn settle(
        &mut self,
        is_empty: bool,
        slice: Duration,
        taken: u64,
        closer: &Closer,
    ) -> Result<(), RegistryError> {
        if self.has_unreported(closer) {
            // It may have been woken by the closer before it was set up for that.
            self.report_close()
        } else if is_empty {
            self.arm(slice, taken)?;
            // Arming has undone what the closer did meanwhile.
            if self.has_unreported(closer) { self.report_close() } else { Ok(()) }
        } else {
            self.wake()
        }
    }

    fn has_unreported(&self, closer: &Closer) -> bool {
        closer.is_closed() && !self.has_reported_close
    }

    /// Makes it not readable any more: the receiver is being dropped.
    pub(crate) fn silence(self) {
        let silent = self.event_fd.silence();
        debug_assert!(silent.is_ok(), "a timer can be stopped");
    }

    /// Makes it not readable, for at most `slice`. `taken` is what the receiver has taken so far.
    fn arm(&mut self, slice: Duration, taken: u64) -> Result<(), RegistryError> {
        self.is_armed = true;
        self.event_fd.set_taken(taken);
        if self.slice != Some(slice) {
            self.slice = Some(slice);
            self.event_fd.wake_every(slice).map_err(|reason| self.failed(reason))?;
        }
        Ok(())
    }

    /// Makes it readable until it is armed again.
    fn wake(&mut self) -> Result<(), RegistryError> {
        self.is_armed = false;
        self.slice = None;
        self.event_fd.wake().map_err(|reason| self.failed(reason))
    }

    /// Makes it readable once after the receiver was closed.
    fn report_close(&mut self) -> Result<(), RegistryError> {
        self.has_reported_close = true;
        self.wake()
    }

    fn failed(&self, reason: io::Error) -> RegistryError {
        RegistryError::io("wait for", self.socket.path())(reason)
    }
}

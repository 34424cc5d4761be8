//! Waiting by a descriptor: what makes it readable, and when it stops to be.
//!
//! It is readable as long as the subscriber has something to tell, or may have. The subscriber finds nothing more, and
//! *rests*: it silences its bell, sets its bit in the topic's doorbell, and looks again; if there is nothing, the
//! descriptor is silent until a publisher rings, or the time comes at which something is due. So who reads until there is
//! nothing, and then waits, misses nothing, and who stops before finds it readable at once.

use super::blocking::SLICE_WITHOUT_BELL;
use super::core::SubscriberCore;
use super::failure::ReadFailure;
use crate::endpoint::REFRESH;
use crate::protocol::doorbell::Waiting;
use crate::record::Received;
use crate::registry::{RegistryError, WakeSocket};
use crate::sys::barrier;
use crate::wait::EventFd;
use std::io;
use std::time::Duration;

/// How long a descriptor is silent at most: what a hint that is wrong can cost, or a publisher that dies between two
/// instructions.
const SLICE: Duration = REFRESH;

/// A subscriber that is waited for by a descriptor.
pub(super) struct Notified {
    event_fd: EventFd,
    bell: WakeSocket,
    /// Whether the descriptor is silent until something may have come.
    rests: bool,
    /// How often it is readable though no bell rings.
    slice: Option<Duration>,
    /// Whether it was readable once since the subscriber was closed.
    told_closed: bool,
}

impl Notified {
    /// Whether something may have come since it began to rest. If so, that is forgotten.
    fn was_woken(&mut self) -> Result<bool, RegistryError> {
        let causes = self.event_fd.causes().map_err(|reason| self.failed(reason))?;
        if causes.bell {
            self.bell.silence()?;
        }
        if causes.timer {
            self.slice = None; // perhaps it was set from elsewhere, to go off once
        }
        Ok(!self.rests || causes.bell || causes.timer)
    }

    /// Is silent at most so long.
    fn rest(&mut self, slice: Duration, taken: u64) -> Result<(), RegistryError> {
        self.rests = true;
        self.event_fd.tell_taken(taken);
        if self.slice != Some(slice) {
            self.slice = Some(slice);
            self.event_fd.wake_each(slice).map_err(|reason| self.failed(reason))?;
        }
        Ok(())
    }

    /// Is readable, and stays it.
    fn wake(&mut self) -> Result<(), RegistryError> {
        self.rests = false;
        self.slice = None;
        self.event_fd.wake().map_err(|reason| self.failed(reason))
    }

    fn failed(&self, reason: io::Error) -> RegistryError {
        RegistryError::io("wait for", self.bell.path())(reason)
    }
}

impl SubscriberCore {
    /// A descriptor to wait for.
    pub(crate) fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        if self.is_forked_copy() {
            return Err(RegistryError::Forked { path: self.topic.path().into() });
        }
        if let Some(notified) = &self.notified {
            return Ok(notified.event_fd.clone());
        }
        let bell = self.topic.bind_wake_socket(self.id())?;
        let make = || {
            let event_fd = EventFd::new()?;
            event_fd.listen_to(&bell)?;
            Ok(event_fd)
        };
        let event_fd = make().map_err(RegistryError::io("wait for", bell.path()))?;
        self.closer.wake_too(&event_fd);
        let notified = Notified { event_fd, bell, rests: false, slice: None, told_closed: false };
        Ok(self.notified.insert(Box::new(notified)).event_fd.clone())
    }

    /// Nobody will come to look what its descriptor is readable for.
    pub(super) fn fall_silent(&mut self) {
        if let Some(notified) = self.notified.take() {
            self.closer.wake_no_more();
            let silent = notified.event_fd.sleep();
            debug_assert!(silent.is_ok(), "a clock can be stopped");
        }
    }

    /// What is told of a descriptor that cannot be waited for.
    #[cfg(feature = "tokio")]
    pub(crate) fn cannot_wait(&self, reason: io::Error) -> Box<ReadFailure> {
        RegistryError::io("wait for", self.topic.path())(reason).into()
    }

    /// Hangs the bell in the topic's directory if it is not there: the directory is a new one (which `has_moved` says, the
    /// first time), or somebody has taken the bell off. It rang there for nobody, so it counts as rung.
    pub(super) fn rebind_wake_socket(&mut self, has_moved: bool) -> Result<(), RegistryError> {
        let id = self.id();
        let Some(notified) = &mut self.notified else { return Ok(()) };
        if self.topic.has_wake_socket(id)? {
            return if has_moved { notified.wake() } else { Ok(()) };
        }
        notified.bell.forget_name();
        let bell = self.topic.bind_wake_socket(id)?;
        notified.event_fd.listen_to(&bell).map_err(RegistryError::io("wait for", bell.path()))?;
        notified.bell = bell;
        notified.wake()
    }

    /// Nothing was there. Looks once more after the descriptor is silent.
    #[inline(never)]
    pub(super) fn rest(
        &mut self,
        payload: usize,
        out: &mut [u64],
        received: &mut Received,
    ) -> Result<bool, Box<ReadFailure>> {
        let Some(notified) = &mut self.notified else { return Ok(false) };
        if !notified.was_woken()? {
            return Ok(false);
        }
        notified.rests = false;
        let mut slice = if self.sources.is_split() { SLICE_WITHOUT_BELL } else { SLICE };
        let idle = self.sources.idle_for();
        if idle.is_none() {
            // Else nothing that comes may be delivered: nobody need be made to ring.
            self.topic.doorbell().await_ring(Waiting::FOR_BELL, || {
                if !barrier::everywhere() {
                    slice = SLICE_WITHOUT_BELL;
                }
            });
        }
        let next = self.look(payload, out, received);
        let Some(notified) = &mut self.notified else { return next };
        if self.closer.is_closed() && !notified.told_closed {
            // Who closed it meanwhile may have rung before this could be heard.
            notified.told_closed = true;
            notified.wake()?;
        } else if let Ok(false) = next {
            let due = idle.or_else(|| self.sources.due_in()).unwrap_or(Duration::MAX);
            notified.rest(due.min(slice), self.sources.taken())?;
            if self.closer.is_closed() && !notified.told_closed {
                notified.told_closed = true;
                notified.wake()?; // this had silenced it just after it was told
            }
            self.refresh_sometimes(REFRESH);
        } else {
            // There may be more, and who reads may stop here.
            notified.wake()?;
        }
        next
    }
}

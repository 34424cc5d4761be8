//! Waiting by a descriptor: what makes it readable, and when it stops to be.
//!
//! It is readable as long as the subscriber has something to deliver, or may have. A subscriber
//! that finds nothing *re-arms* it: it drains its wake socket, sets its bit in the topic's
//! doorbell, and polls again. If there is still nothing, the descriptor is not readable until a
//! publisher rings, or until something is due. So a program that receives until there is nothing,
//! and then waits, misses nothing. One that stops before that finds the descriptor readable at
//! once.

use super::RecvError;
use super::core::{SLICE_WITHOUT_BELL, SubscriberCore};
use crate::endpoint::REFRESH;
use crate::protocol::doorbell::Waiting;
use crate::record::RawSample;
use crate::registry::RegistryError;
use crate::sys::barrier;
use crate::wait::{EventFd, Readiness};
use std::time::Duration;

/// The longest time for which the descriptor is not readable: what a wrong hint can cost, or a
/// publisher that dies between two instructions.
const SLICE: Duration = REFRESH;

impl SubscriberCore {
    /// Returns a descriptor to wait for.
    pub(crate) fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        if self.is_forked_copy() {
            return Err(RegistryError::Forked { path: self.topic.path().into() });
        }
        if let Some(readiness) = &self.readiness {
            return Ok(readiness.event_fd.clone());
        }
        let readiness = Readiness::bind(&self.topic, self.id(), &self.closer)?;
        Ok(self.readiness.insert(Box::new(readiness)).event_fd.clone())
    }

    /// Makes the descriptor not readable any more, and ends what closers may do: the subscriber is
    /// being dropped.
    pub(super) fn silence(&mut self) {
        self.closer.disconnect();
        if let Some(readiness) = self.readiness.take() {
            readiness.silence();
        }
    }

    /// Returns what is reported if the descriptor cannot be waited for.
    #[cfg(feature = "tokio")]
    pub(super) fn cannot_wait(&self, reason: std::io::Error) -> RecvError {
        *RecvError::registry(self.topic(), RegistryError::io("wait for", self.topic.path())(reason))
    }

    /// Re-arms the descriptor, after a poll has found nothing, and polls again.
    #[inline(never)]
    pub(super) fn rearm(&mut self) -> Result<Option<RawSample>, Box<RecvError>> {
        let Some(readiness) = &mut self.readiness else { return Ok(None) };
        match readiness.take_wakeup() {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(reason) => return Err(RecvError::registry(self.topic(), reason)),
        }
        let mut slice = if self.sources.has_left_behind() { SLICE_WITHOUT_BELL } else { SLICE };
        let idle = self.sources.idle_for();
        // If it is idle, whatever is published may not be delivered yet: no publisher need ring.
        if idle.is_none() {
            self.topic.doorbell().prepare_to_wait(Waiting::ON_SOCKET, || {
                if !barrier::everywhere() {
                    slice = SLICE_WITHOUT_BELL;
                }
            });
        }
        let next = self.poll_next();
        let is_empty = matches!(next, Ok(None));
        let due = if is_empty { idle.or_else(|| self.sources.due_in()) } else { None };
        let slice = due.unwrap_or(Duration::MAX).min(slice);
        let Some(readiness) = &mut self.readiness else { return next };
        let settled = readiness.settle(is_empty, slice, self.sources.taken(), &self.closer);
        settled.map_err(|reason| RecvError::registry(self.topic(), reason))?;
        if is_empty {
            self.refresh_after(REFRESH);
        }
        next
    }
}

//! A listener without the type of its ids.

use super::error::ListenError;
use super::notice::Notice;
use super::sources::Sources;
use crate::endpoint::{CreateError, REFRESH};
use crate::registry::{Announcement, Patience, Registration, TopicDirectory};
use crate::subscriber::Wait;
use crate::sys::fork::Origin;
use crate::sys::process;
use crate::wait::{Closer, Readiness};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The longest sleep before a listener looks by itself, and asks which notifiers live.
pub(super) const SLICE: Duration = Duration::from_millis(50);

/// A listener of plain numbers.
pub(super) struct Core {
    pub(super) topic: Arc<TopicDirectory>,
    pub(super) registrations: Vec<Registration>,
    pub(super) announcement: Announcement,
    pub(super) sources: Sources,
    pub(super) wait: Wait,
    pub(super) closer: Closer,
    pub(super) readiness: Option<Readiness>,
    /// How many notices were returned.
    pub(super) taken: u64,
    pub(super) checked_at: u64,
    pub(super) refreshed_at: Instant,
    pub(super) polls: u32,
    pub(super) origin: Origin,
}

/// Polls between two readings of the clock, of programs that never wait.
const POLLS: u32 = 256;

impl Core {
    /// Returns the next notice, if there is one.
    #[inline]
    pub(super) fn poll(&mut self) -> Result<Option<Notice>, ListenError> {
        match self.poll_sources()? {
            None if self.readiness.is_some() => self.rearm(),
            next => Ok(next),
        }
    }

    #[inline]
    pub(super) fn poll_sources(&mut self) -> Result<Option<Notice>, ListenError> {
        if !self.origin.is_here() {
            return Err(ListenError::Forked { topic: self.topic.name().clone() });
        }
        self.polls = self.polls.wrapping_add(1);
        if self.polls.is_multiple_of(POLLS) {
            self.check_now_and_then();
        }
        let next = self.sources.poll().transpose();
        self.taken += u64::from(matches!(next, Ok(Some(_))));
        next
    }

    /// Asks which notifiers live, and whether the topic was removed, if the last time is long ago.
    #[cold]
    pub(super) fn check_now_and_then(&mut self) {
        let now = process::monotonic_ns();
        if u128::from(now - self.checked_at) < SLICE.as_nanos() {
            return;
        }
        self.checked_at = now;
        self.sources.note_ends();
        if self.refreshed_at.elapsed() >= REFRESH {
            self.refreshed_at = Instant::now();
            // Should it fail, it is tried again; `refresh` returns why.
            let _ = self.refresh(Patience::Short);
        }
    }

    pub(super) fn check_open(&self) -> Result<(), ListenError> {
        if self.closer.is_closed() {
            return Err(ListenError::Closed { topic: self.topic.name().clone() });
        }
        Ok(())
    }

    pub(super) fn refresh(&mut self, patience: Patience) -> Result<bool, CreateError> {
        let name = self.topic.name().clone();
        let failed = |reason| CreateError::Registry { topic: name.clone(), reason };
        let Some(registration) = self.registrations.last().filter(|_| self.origin.is_here()) else {
            return Ok(false);
        };
        let removed = self.topic.removed(registration).map_err(failed)?;
        if removed.topic {
            let topic = Arc::new(self.topic.enter_again(patience).map_err(failed)?);
            self.sources.move_to(Arc::clone(&topic));
            self.closer.move_to(&topic);
            self.topic = topic;
        }
        if removed.entry {
            self.registrations.push(self.topic.announce(&self.announcement).map_err(failed)?);
        }
        if let Some(readiness) = &mut self.readiness {
            readiness.rebind(&self.topic, self.announcement.id, removed.topic).map_err(failed)?;
        }
        Ok(removed.topic || removed.entry)
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if !self.origin.is_here() {
            return; // a child's copy: its parent still listens
        }
        self.closer.disconnect();
        if let Some(readiness) = self.readiness.take() {
            readiness.silence();
        }
        while let Some(registration) = self.registrations.pop() {
            self.topic.withdraw(registration);
        }
    }
}

//! The core of a subscriber: what it does with bytes, whatever the type of its messages.

use super::RecvError;
use super::pins::Board;
use super::runs::Run;
use super::sources::{FastPoll, Sources};
use super::wait::Wait;
use crate::endpoint::{CreateError, Recheck};
use crate::record::{RawSample, Received};
use crate::registry::{Announcement, Domain, EndpointId, Patience, Registration, TopicDirectory, TopicName};
use crate::schema::InvalidValue;
use crate::sys::fork::Origin;
use crate::wait::{Closer, Readiness};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The core of a subscriber.
pub(crate) struct SubscriberCore {
    pub(super) topic: Arc<TopicDirectory>,
    /// The latest is the last. Those before it were removed from outside: by them, peers that have
    /// them open see that this subscriber is alive.
    pub(super) registrations: Vec<Registration>,
    /// What keeps the pins, if messages are held in place.
    pub(super) board: Option<Arc<Board>>,
    pub(super) sources: Sources<TopicDirectory>,
    pub(super) wait: Wait,
    /// Whether messages that were checked in place are trusted not to change after that.
    pub(super) trusts_publishers: bool,
    /// Set if it has a descriptor to wait for.
    pub(super) readiness: Option<Box<Readiness>>,
    pub(super) closer: Closer,
    /// When it was last checked whether the topic was removed from outside.
    pub(super) refreshed_at: Instant,
    /// Decides when calls that do not wait check it.
    pub(super) recheck: Recheck,
    /// To recognise a forked child's copy.
    pub(super) origin: Origin,
    pub(super) domain: Domain,
    pub(super) announcement: Announcement,
}

/// The longest sleep where a wake-up can be missed: the kernel does not execute barriers for
/// others, or a publisher rings the doorbell of a directory that was removed.
pub(super) const SLICE_WITHOUT_BELL: Duration = Duration::from_millis(1);

impl SubscriberCore {
    /// Returns the next message, if there is one. If there is none and the subscriber has a
    /// descriptor, that is not readable after this.
    ///
    /// What is inlined is the simplest case; see [`Sources::poll_fast`].
    #[inline(always)]
    pub(crate) fn try_next(&mut self, payload: usize) -> Result<Option<RawSample>, Box<RecvError>> {
        // Messages count like polls that find none: a publisher can be so fast that none does.
        if !self.recheck.count() && !self.is_forked_copy() {
            match self.sources.poll_fast(payload) {
                FastPoll::Message(sample) => return Ok(Some(sample)),
                FastPoll::Nothing if self.readiness.is_none() => return Ok(None),
                FastPoll::Failed(error) => return Err(error),
                FastPoll::Nothing | FastPoll::Unknown => {}
            }
        }
        self.try_next_slowly()
    }

    /// Passes small messages on that are present, as long as nothing else is due; see
    /// [`Sources::take_runs`].
    #[inline(always)]
    pub(crate) fn take_runs<B>(
        &mut self,
        payload: usize,
        most: usize,
        buffer: &mut B,
        words: impl Fn(&mut B) -> &mut [u64],
        accept: &mut impl FnMut(&mut B, &Received) -> bool,
    ) -> Run {
        if self.recheck.count() || self.is_forked_copy() {
            return Run::Slow;
        }
        match self.sources.take_runs(payload, most, buffer, words, accept) {
            Run::Nothing if self.readiness.is_some() => Run::Slow,
            run => run,
        }
    }

    #[inline(never)]
    fn try_next_slowly(&mut self) -> Result<Option<RawSample>, Box<RecvError>> {
        self.recheck_if_counted();
        let next = self.poll_next()?;
        if next.is_none() && self.readiness.is_some() { self.rearm() } else { Ok(next) }
    }

    /// Announces this subscriber again if the topic was removed, where calls were counted and that
    /// was not checked for some time.
    pub(super) fn recheck_if_counted(&mut self) {
        if self.recheck.is_counted() && self.recheck.is_due() {
            self.refresh_after(Duration::ZERO);
        }
    }

    /// Returns the next message, if there is one; see [`Sources::poll_next`].
    pub(super) fn poll_next(&mut self) -> Result<Option<RawSample>, Box<RecvError>> {
        self.check_here()?;
        self.sources.poll_next()
    }

    /// Discards a message that was returned, because it is not valid.
    #[cold]
    pub(super) fn discard(&mut self, sample: &RawSample, invalid: InvalidValue) -> RecvError {
        *self.sources.discard(sample, invalid)
    }

    /// Announces this subscriber again if its entry was removed from outside, and finds publishers
    /// that did the same. Returns whether it had to be announced again.
    pub(crate) fn refresh(&mut self) -> Result<bool, CreateError> {
        self.refresh_with(Patience::Long)
    }

    fn refresh_with(&mut self, patience: Patience) -> Result<bool, CreateError> {
        let name = self.topic().clone();
        let failed = |reason| CreateError::Registry { topic: name.clone(), reason };
        let Some(registration) = self.registrations.last().filter(|_| !self.is_forked_copy()) else {
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
        // Whatever was removed: what failed the last time is done now.
        let id = self.id();
        if let Some(readiness) = &mut self.readiness {
            readiness.rebind(&self.topic, id, removed.topic).map_err(failed)?;
        }
        Ok(removed.topic || removed.entry)
    }

    /// Does the same as [`refresh`](Self::refresh) if the last time is at least `pause` ago, but
    /// waits for no process that is stopped. Returns whether it had to be announced again, or that
    /// failed: then the next call tries again.
    pub(super) fn refresh_after(&mut self, pause: Duration) -> bool {
        if self.refreshed_at.elapsed() < pause {
            return false;
        }
        self.refreshed_at = Instant::now();
        self.refresh_with(Patience::Short).unwrap_or(true)
    }

    pub(crate) fn topic(&self) -> &TopicName {
        self.topic.name()
    }

    pub(super) fn id(&self) -> EndpointId {
        self.announcement.id
    }

    /// Returns what ends waits from elsewhere.
    pub(crate) fn closer(&self) -> Closer {
        self.closer.clone()
    }

    /// Fails if waits were ended from elsewhere.
    pub(super) fn check_open(&self) -> Result<(), Box<RecvError>> {
        if !self.closer.is_closed() {
            return Ok(());
        }
        Err(Box::new(RecvError::Closed { topic: self.topic().clone() }))
    }

    /// Returns whether this is a forked child's copy.
    #[inline]
    pub(super) fn is_forked_copy(&self) -> bool {
        !self.origin.is_here()
    }

    /// Fails if this is a forked child's copy.
    pub(super) fn check_here(&self) -> Result<(), Box<RecvError>> {
        if self.is_forked_copy() { Err(RecvError::forked(self.topic())) } else { Ok(()) }
    }

    /// Has messages of up to this many bytes copied although they could be pinned.
    pub(crate) fn copy_small(&mut self, bytes: usize) {
        if let Some(fetcher) = &mut self.sources.fetcher {
            fetcher.copy_small(bytes);
        }
    }

    pub(crate) fn skipped(&self) -> u64 {
        self.sources.skipped()
    }

    pub(crate) fn lost(&self) -> u64 {
        self.sources.lost()
    }
}

impl Drop for SubscriberCore {
    fn drop(&mut self) {
        if self.is_forked_copy() {
            return; // its parent still subscribes
        }
        match &self.board {
            // Samples are held. They keep the board, and the board keeps this subscriber alive, as
            // seen by publishers, so that they honour its pins.
            Some(board) if board.is_needed() => {
                for registration in &self.registrations {
                    self.topic.hide(registration);
                }
                board.keep(std::mem::take(&mut self.registrations));
            }
            _ => {
                while let Some(registration) = self.registrations.pop() {
                    self.topic.withdraw(registration);
                }
            }
        }
        self.silence();
    }
}

impl fmt::Debug for SubscriberCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id();
        f.debug_struct("Subscriber").field("topic", self.topic()).field("id", &format_args!("{id}")).finish()
    }
}

//! The byte-level core of a publisher: it publishes what fits into a cell of the ring, and ends in
//! order.

use super::agreement::become_publisher;
use super::backpressure::{Backpressure, WhenFull};
use super::error::PublishError;
use super::liveness::Liveness;
use crate::endpoint::{CreateError, Recheck};
use crate::protocol::ring::LAST_SEQUENCE;
use crate::publisher::grants::Grants;
use crate::publisher::pool::Pool;
use crate::registry::{
    Announcement, Domain, EndpointId, Patience, PeerName, Registration, RegistryError, Role, TopicDirectory, TopicName,
};
use crate::shm::Segment;
use crate::sys::fork::Origin;
use crate::sys::process;
use crate::{failpoint, sync};
use std::fmt;
use std::sync::Arc;

/// The byte-level core of a publisher.
pub(crate) struct PublisherCore {
    pub(super) topic: TopicDirectory,
    /// The latest, and those that were removed from outside: peers that opened them see by them
    /// that this publisher lives.
    pub(super) registrations: Vec<Registration>,
    pub(super) segment: Arc<Segment>,
    /// Its slots, if messages are in a pool.
    pub(super) pool: Option<Pool>,
    /// The most elements of a message of variable size.
    pub(super) max_len: u64,
    /// The sequence of the next message.
    pub(super) next: u64,
    /// Sequences below this need no check: 0 if anything is promised to any subscriber.
    pub(super) fast_until: u64,
    /// At this sequence the clock is read, to check now and then whether the topic was removed.
    pub(super) recheck_at: u64,
    pub(super) recheck: Recheck,
    /// The subscribers to which something is promised, of a publisher that promises anything.
    pub(super) grants: Option<Box<Grants>>,
    /// Only of a lossless publisher.
    pub(super) backpressure: Option<Backpressure>,
    /// When it asks again whether subscribers live that have not read.
    pub(super) liveness: Liveness,
    pub(super) timestamps: bool,
    /// When the last message was published; 0 if messages have no timestamps.
    pub(super) published_at: u64,
    /// Whether this process is registered for `membarrier`, so that sleepers issue the barrier for
    /// it. If not, each message has a barrier of its own.
    pub(super) offers_barriers: bool,
    /// To recognise a forked child's copy of this.
    pub(super) origin: Origin,
    pub(super) domain: Domain,
    pub(super) announcement: Announcement,
}

impl PublisherCore {
    /// Publishes a message that fits into a cell of the ring, and returns its sequence.
    #[inline(always)]
    pub(crate) fn publish(&mut self, payload: &[u8], when_full: WhenFull) -> Result<u64, PublishError> {
        debug_assert!(self.pool.is_none());
        self.store(payload, when_full)
    }

    /// Publishes what a cell of the ring holds. Always inlined: its size is mostly known at compile
    /// time.
    #[inline(always)]
    pub(super) fn store(&mut self, payload: &[u8], when_full: WhenFull) -> Result<u64, PublishError> {
        let sequence = self.next;
        if self.is_forked_copy() {
            return Err(self.forked());
        }
        if sequence >= self.fast_until {
            self.check_capacity(when_full)?;
        }
        if self.timestamps {
            self.published_at = process::monotonic_ns();
        }
        let time = self.published_at;
        let writer = self.segment.writer();
        writer.write(sequence, time, payload);
        failpoint::hit("publish.written");
        writer.finish(sequence, payload.len());
        self.next = sequence + 1;
        self.ring_doorbell();
        Ok(sequence)
    }

    /// Wakes receivers that wait, after something was stored.
    #[inline(always)]
    pub(super) fn ring_doorbell(&mut self) {
        let offers_barriers = self.offers_barriers;
        self.topic.ring(|| if offers_barriers { sync::compiler_fence() } else { sync::seq_cst_fence() });
    }

    /// Checks whether the next message can be stored, where that is not certain.
    #[inline]
    pub(super) fn check_capacity(&mut self, when_full: WhenFull) -> Result<(), PublishError> {
        let sequence = self.next;
        if sequence > LAST_SEQUENCE {
            return Err(self.exhausted());
        }
        if sequence >= self.recheck_at {
            self.recheck_topic();
        }
        let Some(grants) = &self.grants else { return Ok(()) };
        if !grants.is_stale(&self.topic)
            && self.backpressure.as_ref().is_none_or(|backpressure| backpressure.has_capacity(sequence))
        {
            return Ok(());
        }
        self.make_capacity(when_full)
    }

    /// Announces this publisher again if the topic was removed and that was not checked for some
    /// time.
    #[cold]
    #[inline(never)]
    fn recheck_topic(&mut self) {
        if self.recheck.is_due() {
            self.refresh_quietly();
        }
        self.recheck_at = self.next + u64::from(self.recheck.batch());
        if self.grants.is_none() {
            self.fast_until = self.recheck_at.min(LAST_SEQUENCE + 1);
        }
    }

    /// Does the same during a wait.
    pub(super) fn recheck_while_waiting(&mut self) {
        if self.recheck.is_due_now() {
            self.refresh_quietly();
        }
    }

    /// Does the same as [`refresh`](Self::refresh), but waits for no process that is stopped.
    pub(super) fn refresh_quietly(&mut self) {
        // Should it fail, it is tried again; `refresh` returns why.
        let _ = self.refresh_with(Patience::Short);
    }

    #[cold]
    pub(super) fn forked(&self) -> PublishError {
        PublishError::Forked { topic: self.topic().clone() }
    }

    #[cold]
    fn exhausted(&self) -> PublishError {
        PublishError::SequencesExhausted { topic: self.topic().clone() }
    }

    /// Announces this publisher again if its entry was removed from outside. Returns whether it had
    /// to be.
    pub(crate) fn refresh(&mut self) -> Result<bool, CreateError> {
        self.refresh_with(Patience::Long)
    }

    fn refresh_with(&mut self, patience: Patience) -> Result<bool, CreateError> {
        let name = self.topic.name().clone();
        let failed = |reason| CreateError::Registry { topic: name.clone(), reason };
        let Some(registration) = self.registrations.last().filter(|_| self.origin.is_here()) else {
            return Ok(false);
        };
        let removed = self.topic.removed(registration).map_err(failed)?;
        if removed.entry && self.announcement.memory.is_some_and(|memory| memory.is_file()) {
            let reason = "its memory file was removed from outside: create a new publisher".into();
            return Err(CreateError::Setting { topic: name, reason });
        }
        if removed.topic {
            let topic = self.topic.enter_again(patience).map_err(failed)?;
            become_publisher(&topic, &self.announcement.schema, self.announcement.qos.exclusive, patience)?;
            if let Some(grants) = &mut self.grants {
                grants.move_to(&topic, &self.topic);
            }
            self.topic = topic;
        }
        if removed.entry {
            // Subscribers that find the new entry have not missed what was published before.
            self.announcement.qos.first_sequence = self.next;
            self.registrations.push(self.topic.announce(&self.announcement).map_err(failed)?);
        }
        Ok(removed.topic || removed.entry)
    }

    /// Has what is in the ring outlive this publisher, in place of what an earlier one has left; or
    /// removes that. The publisher must be an exclusive one; for the first, its memory is in a file.
    pub(crate) fn keep(&self, on: bool) -> Result<(), RegistryError> {
        if self.is_forked_copy() {
            return Err(RegistryError::Forked { path: self.topic.path().into() });
        }
        if on { self.topic.keep(Role::Publisher, self.id()) } else { self.topic.keep_nothing() }
    }

    /// Shows that this publisher is alive though it publishes nothing. One store; in a forked child
    /// it changes nothing.
    #[inline]
    pub(crate) fn assert_alive(&mut self) {
        if !self.is_forked_copy() {
            self.segment.beat();
        }
    }

    /// Returns whether this is a forked child's copy.
    #[inline]
    pub(crate) fn is_forked_copy(&self) -> bool {
        !self.origin.is_here()
    }

    pub(crate) fn id(&self) -> EndpointId {
        self.announcement.id
    }

    pub(crate) fn domain(&self) -> &Domain {
        &self.domain
    }

    /// What other processes read about this publisher.
    pub(crate) fn announcement(&self) -> &Announcement {
        &self.announcement
    }

    pub(crate) fn topic(&self) -> &TopicName {
        self.topic.name()
    }

    /// Returns the subscribers that live.
    pub(crate) fn subscribers(&self) -> Result<Vec<PeerName>, RegistryError> {
        let mut living = Vec::new();
        for name in self.topic.names(Role::Subscriber)? {
            if let Some(peer) = self.topic.open(&name)?.live() {
                living.push(peer.name);
            }
        }
        Ok(living)
    }
}

impl Drop for PublisherCore {
    fn drop(&mut self) {
        if self.is_forked_copy() {
            return; // a child's copy: its parent still publishes
        }
        self.segment.close();
        failpoint::hit("close.marked");
        self.topic.leave_publishers();
        while let Some(registration) = self.registrations.pop() {
            self.topic.withdraw(registration);
        }
    }
}

impl fmt::Debug for PublisherCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id();
        f.debug_struct("Publisher").field("topic", self.topic()).field("id", &format_args!("{id}")).finish()
    }
}

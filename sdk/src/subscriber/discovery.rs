//! What a subscriber has found in its topic, and what it has to report about that.

use super::failure::{ReadFailure, Refused};
use crate::endpoint::{NotLossless, Roster};
use crate::registry::{PeerName, RegistryError, Role, TopicAccess};
use crate::shm::Line;
use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

/// What a subscriber knows of its topic's entries, and what it has to report about them.
#[derive(Debug)]
pub(super) struct Discovery {
    pub(super) roster: Roster,
    /// Whether there is something to report or to retry: the one flag that receiving checks.
    pub(super) attention: bool,
    /// Whether the last scan failed. A failure is reported once, until a scan succeeds.
    pub(super) has_failed: bool,
    /// Why the last scan failed, to be reported.
    pub(super) failure: Option<RegistryError>,
    /// Why publishers could not be attached, to be reported once each.
    pub(super) refused: VecDeque<Refused>,
    /// Publishers that do not deliver without loss, to be reported once each.
    pub(super) lossy: VecDeque<(PeerName, NotLossless)>,
    /// Names of entries that are being retried, of which that was reported.
    pub(super) deferred: HashSet<String>,
    /// Names of entries whose publishers cannot be read and would wait for this subscriber, each
    /// with the line of the control page that tells the publisher not to.
    pub(super) declined: Vec<(String, Line)>,
}

impl Discovery {
    pub(super) fn new() -> Self {
        Self {
            roster: Roster::new(Role::Publisher),
            attention: false,
            has_failed: false,
            failure: None,
            refused: VecDeque::new(),
            lossy: VecDeque::new(),
            deferred: HashSet::new(),
            declined: Vec::new(),
        }
    }

    /// Returns whether an endpoint has joined or left, or something is to be reported or retried.
    #[inline]
    pub(super) fn needs_attention(&self, topic: &impl TopicAccess) -> bool {
        self.attention || topic.joins(Role::Publisher) != self.roster.joins()
    }

    /// Returns how long until the next retry, if one is scheduled.
    pub(super) fn retry_in(&self) -> Option<Duration> {
        self.roster.retry_at().map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// Reports the next failure as an error, if there is one.
    pub(super) fn report(&mut self) -> Result<(), Box<ReadFailure>> {
        let next = match self.failure.take() {
            Some(error) => Some(ReadFailure::Registry(error)),
            None => self.refused.pop_front().map(ReadFailure::Refused).or_else(|| {
                let (publisher, reason) = self.lossy.pop_front()?;
                Some(ReadFailure::NotLossless { publisher, reason })
            }),
        };
        self.update_attention();
        next.map_or(Ok(()), |failure| Err(failure.into()))
    }

    /// Sets the flag that receiving checks, after a scan.
    pub(super) fn update_attention(&mut self) {
        self.attention = !self.refused.is_empty() || !self.lossy.is_empty() || self.roster.has_retry();
    }
}

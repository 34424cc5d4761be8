//! What a subscriber has found in its topic, and what it has to report about that.

use super::error::RecvError;
use crate::endpoint::{CreateError, Roster};
use crate::registry::{Role, TopicAccess};
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
    /// What is to be reported, once each: why the last scan failed, why publishers could not be
    /// attached, and which do not deliver without loss.
    pub(super) reports: VecDeque<RecvError>,
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
            reports: VecDeque::new(),
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
    pub(super) fn report(&mut self) -> Result<(), Box<RecvError>> {
        let next = self.reports.pop_front();
        self.update_attention();
        next.map_or(Ok(()), |error| Err(Box::new(error)))
    }

    /// Takes the first report of a publisher that could not be attached, as the reason why the
    /// subscriber cannot be created.
    pub(super) fn take_obstacle(&mut self) -> Option<CreateError> {
        let is_obstacle = |error: &RecvError| matches!(error, RecvError::Mismatch(_) | RecvError::Attach(_));
        match self.reports.remove(self.reports.iter().position(is_obstacle)?)? {
            RecvError::Mismatch(mismatch) => Some(mismatch.into()),
            RecvError::Attach(error) => Some(error.into()),
            _ => None,
        }
    }

    /// Sets the flag that receiving checks, after a scan.
    pub(super) fn update_attention(&mut self) {
        self.attention = !self.reports.is_empty() || self.roster.has_retry();
    }
}

//! How a subscriber finds publishers and attaches to them, and what it reports about those that it cannot read.

use super::failure::{ReadFailure, Refused};
use super::lossless::{GrantTracker, LosslessRequest};
use super::source::{Source, Start};
use super::sources::Sources;
use crate::endpoint::{
    AttachError, AttachReason, CreateError, Listing, Mismatch, NotLossless, Obstacle, Roster, Side, Verdict,
};
use crate::registry::{Entry, Peer, PeerName, RegistryError, Role, TopicAccess};
use crate::shm::Line;
use crate::sys::process;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The pause between two scans while a new subscriber waits for publishers that may be exiting.
const EXIT_PAUSE: Duration = Duration::from_millis(1);

/// What a subscriber knows of its topic's entries, and what it has to report about them.
#[derive(Debug)]
pub(super) struct Discovery {
    roster: Roster,
    /// Whether there is something to report or to retry: the one flag that receiving checks.
    attention: bool,
    /// Whether the last scan failed. A failure is reported once, until a scan succeeds.
    has_failed: bool,
    /// Why the last scan failed, to be reported.
    failure: Option<RegistryError>,
    /// Why publishers could not be attached, to be reported once each.
    refused: VecDeque<Refused>,
    /// Publishers that do not deliver without loss, to be reported once each.
    lossy: VecDeque<(PeerName, NotLossless)>,
    /// Names of entries that are being retried, of which that was reported.
    deferred: HashSet<String>,
    /// Names of entries whose publishers cannot be read and would wait for this subscriber, each with the line of the
    /// control page that tells the publisher not to.
    declined: Vec<(String, Line)>,
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
    fn report(&mut self) -> Result<(), Box<ReadFailure>> {
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

    fn update_attention(&mut self) {
        self.attention = !self.refused.is_empty() || !self.lossy.is_empty() || self.roster.has_retry();
    }
}

impl<P: TopicAccess> Sources<P> {
    /// Continues in a new directory of the topic, after the old one was removed.
    pub(crate) fn move_to(&mut self, topic: Arc<P>) {
        self.topic = topic;
        self.discovery.roster.move_to(&*self.topic);
        for source in &mut self.attached {
            source.elsewhere = true;
        }
    }

    /// Attaches the publishers that are present when the subscriber is created. Waits for those that may be exiting,
    /// until they are dead or their patience is over.
    pub(super) fn attach_present(&mut self, history: u64) -> Result<(), CreateError> {
        loop {
            self.scan(Start::Head { history })
                .map_err(|reason| CreateError::Registry { topic: self.topic.name().clone(), reason })?;
            if !self.discovery.roster.has_maybe_exiting() || !self.discovery.refused.is_empty() {
                break;
            }
            process::sleep(EXIT_PAUSE);
        }
        if let Some(refused) = self.discovery.refused.pop_front() {
            return Err(refused.into());
        }
        if let Some(LosslessRequest { id, .. }) = self.request
            && let Some(full) = self.attached.iter().find(|source| source.is_full_of_others(&*self.topic, id))
        {
            let (topic, publisher) = (self.topic.name().clone(), Box::new(full.peer.name.clone()));
            return Err(CreateError::NotLossless { topic, publisher, reason: NotLossless::Full });
        }
        Ok(())
    }

    /// Scans now, and reports the next failure.
    pub(crate) fn rescan(&mut self) -> Result<(), Box<ReadFailure>> {
        self.scan(Start::First).map_err(ReadFailure::Registry)?;
        self.discovery.report()
    }

    pub(super) fn attend_if_needed(&mut self) -> Result<(), Box<ReadFailure>> {
        if self.discovery.needs_attention(&*self.topic) { self.attend() } else { Ok(()) }
    }

    /// Scans if an endpoint has joined or left or a retry is due, and reports the next failure.
    #[cold]
    #[inline(never)]
    pub(super) fn attend(&mut self) -> Result<(), Box<ReadFailure>> {
        if self.discovery.roster.is_retry_due() || self.discovery.roster.has_changes(&*self.topic) {
            let had_failed = self.discovery.has_failed;
            if let Err(error) = self.scan(Start::First)
                && !had_failed
            {
                self.discovery.failure = Some(error);
            }
        }
        self.discovery.report()
    }

    /// Attaches publishers that are new, and notes which have ended: those are detached once they are read to their
    /// end. What fails is retried, and does not keep other publishers from being attached.
    fn scan(&mut self, start: Start) -> Result<(), RegistryError> {
        let result = self.scan_entries(start);
        self.discovery.has_failed = result.is_err();
        self.discovery.update_attention();
        result
    }

    fn scan_entries(&mut self, start: Start) -> Result<(), RegistryError> {
        let now = Instant::now();
        let listing = self.discovery.roster.list(&*self.topic, now)?;
        let mut result = Ok(());
        for name in listing.unsettled() {
            let verdict = self.inspect(name, start, now);
            result = result.and(self.discovery.roster.record(name, verdict, now));
        }
        self.forget_unlisted(&listing);
        self.note_ends(&listing);
        result
    }

    fn forget_unlisted(&mut self, listing: &Listing) {
        let Discovery { deferred, declined, .. } = &mut self.discovery;
        deferred.retain(|name| listing.contains(name));
        if let Some(control) = &self.control {
            for (_, line) in declined.extract_if(.., |(name, _)| !listing.contains(name)) {
                control.close_line(line);
            }
        }
    }

    fn note_ends(&mut self, listing: &Listing) {
        for source in &mut self.attached {
            source.over = source.is_over();
            source.fast_path = None; // until it is inspected again
            let name = source.peer.entry_name();
            if source.over && listing.contains(&name) {
                // Opening the entry of a dead owner removes it. If that fails, the next endpoint to scan does it.
                let _ = self.topic.open(&name);
            }
        }
    }

    /// Opens an entry, and attaches its publisher.
    fn inspect(&mut self, name: &str, start: Start, now: Instant) -> Result<Verdict, RegistryError> {
        let topic = self.topic.name();
        let peer = match self.topic.open(name)? {
            Entry::Absent => return Ok(Verdict::Pending), // dead, or removed since it was listed
            Entry::Live(peer) => peer,
            Entry::Unusable(error) => {
                let error = AttachError::new(topic, None, error.into());
                self.discovery.refused.push_back(Refused::Attach(Box::new(error)));
                return Ok(Verdict::Settled);
            }
        };
        if let Some(source) = self.attached.iter_mut().find(|source| source.peer.id == peer.id) {
            source.elsewhere = false; // it has announced itself again
            return Ok(Verdict::Settled);
        }
        if !peer.has_layout(&self.schema, self.hash) {
            let ours = Side { role: Role::Subscriber, schema: &self.schema };
            let mismatch = Mismatch::new(topic, ours, Side::of(&peer), Some(&peer.name));
            self.discovery.refused.push_back(Refused::Mismatch(mismatch));
            return Ok(Verdict::Settled);
        }
        let request = self.request.map(|request| request.id);
        match Source::open(&*self.topic, peer, (self.content, self.payload), (start, request), self.control.as_deref())
        {
            Ok(source) => {
                self.add(source);
                Ok(Verdict::Settled)
            }
            Err(failed) => {
                let (peer, reason) = *failed;
                Ok(self.not_attached(name, peer, reason, now))
            }
        }
    }

    /// Decides about the entry of a publisher that could not be attached, and notes what is to be reported.
    fn not_attached(&mut self, name: &str, peer: Peer, reason: AttachReason, now: Instant) -> Verdict {
        if !peer.is_alive().unwrap_or(true) {
            return Verdict::Pending; // it died meanwhile, and the next scan removes its entry
        }
        let (is_new, verdict) = match self.discovery.roster.judge(name, &reason, now) {
            Obstacle::MaybeExiting => return Verdict::Pending,
            Obstacle::Transient => (self.discovery.deferred.insert(name.to_owned()), Verdict::Pending),
            Obstacle::Lasting => {
                if let (Some(control), Some(_)) = (&self.control, self.request) {
                    // So that a lossless publisher does not wait for this subscriber.
                    self.discovery.declined.push((name.to_owned(), control.open_line(peer.id, u64::MAX)));
                }
                (true, Verdict::Settled)
            }
        };
        if is_new {
            let error = AttachError::new(self.topic.name(), Some(peer.name), reason);
            self.discovery.refused.push_back(Refused::Attach(Box::new(error)));
        }
        verdict
    }

    fn add(&mut self, mut source: Source) {
        if self.request.is_some() {
            if source.segment.is_lossless() && source.line == Line::NONE {
                if let Some(reason) = source.is_without(NotLossless::NoLine) {
                    self.warn(source.peer.name.clone(), reason);
                }
            } else if source.segment.is_lossless() {
                let (head, depth) = (source.segment.reader().head(), source.segment.geometry().depth());
                source.grant_tracker = GrantTracker::new(source.cursor.next(), head, depth);
                source.cursor = source.cursor.patient(true);
            } else if let Some(reason) = source.is_without(NotLossless::Lossy) {
                self.warn(source.peer.name.clone(), reason);
            }
        }
        self.attached.push(source);
        self.has_met = true;
    }

    /// Has it reported that a publisher does not deliver without loss.
    pub(super) fn warn(&mut self, publisher: PeerName, reason: NotLossless) {
        self.discovery.lossy.push_back((publisher, reason));
        self.discovery.attention = true;
    }
}

//! How a subscriber scans its topic for publishers, and attaches to them.

use super::discovery::Discovery;
use super::error::RecvError;
use super::grant::LosslessRequest;
use super::opening::StartAt;
use super::source::{FastPath, Source};
use super::sources::Sources;
use crate::endpoint::{
    AttachError, AttachReason, CreateError, Listing, Mismatch, NotLossless, Obstacle, Side, Verdict,
};
use crate::registry::{Entry, Peer, PeerName, RegistryError, Role, TopicAccess};
use crate::sys::process;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The pause between two scans while a new subscriber waits for publishers that may be exiting.
const EXIT_PAUSE: Duration = Duration::from_millis(1);

impl<P: TopicAccess> Sources<P> {
    /// Continues in a new directory of the topic, after the old one was removed.
    pub(crate) fn move_to(&mut self, topic: Arc<P>) {
        self.topic = topic;
        self.discovery.roster.move_to(&*self.topic);
        for source in &mut self.attached {
            source.is_left_behind = true;
        }
    }

    /// Attaches the publishers that are present when the subscriber is created. Waits for those
    /// that may be exiting, until they are dead or their patience is over.
    pub(super) fn attach_present(&mut self, history: u64) -> Result<(), CreateError> {
        loop {
            self.scan(StartAt::Head { history })
                .map_err(|reason| CreateError::Registry { topic: self.topic.name().clone(), reason })?;
            if let Some(error) = self.discovery.take_obstacle() {
                return Err(error);
            }
            if !self.discovery.roster.has_maybe_exiting() {
                break;
            }
            process::sleep(EXIT_PAUSE);
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
    pub(crate) fn rescan(&mut self) -> Result<(), Box<RecvError>> {
        self.scan(StartAt::First).map_err(|reason| RecvError::registry(self.topic.name(), reason))?;
        self.discovery.report()
    }

    pub(super) fn attend_if_needed(&mut self) -> Result<(), Box<RecvError>> {
        if self.discovery.needs_attention(&*self.topic) { self.attend() } else { Ok(()) }
    }

    /// Scans if an endpoint has joined or left or a retry is due, and reports the next failure.
    #[cold]
    #[inline(never)]
    pub(super) fn attend(&mut self) -> Result<(), Box<RecvError>> {
        if self.discovery.roster.is_retry_due() || self.discovery.roster.has_changes(&*self.topic) {
            let had_failed = self.discovery.has_failed;
            if let Err(reason) = self.scan(StartAt::First)
                && !had_failed
            {
                self.discovery.reports.push_front(*RecvError::registry(self.topic.name(), reason));
            }
        }
        self.discovery.report()
    }

    /// Attaches publishers that are new, and notes which have ended: those are detached once they
    /// are read to their end. What fails is retried, and does not keep other publishers from being
    /// attached.
    fn scan(&mut self, start_at: StartAt) -> Result<(), RegistryError> {
        let result = self.scan_entries(start_at);
        self.discovery.has_failed = result.is_err();
        self.discovery.update_attention();
        result
    }

    fn scan_entries(&mut self, start_at: StartAt) -> Result<(), RegistryError> {
        let (now, earlier) = (Instant::now(), self.attached.len());
        let listing = self.discovery.roster.list(&*self.topic, now)?;
        let mut result = Ok(());
        for name in listing.unsettled() {
            let verdict = self.inspect(name, start_at, now);
            result = result.and(self.discovery.roster.record(name, verdict, now));
        }
        self.forget_unlisted(&listing);
        self.attach_kept(earlier);
        self.note_ends(&listing);
        self.note_succession(now);
        result
    }

    /// Finds out whether an exclusive publisher has taken over from others. Those have ended: one whose
    /// entry is still locked is exiting, as the kernel frees the topic's lock first. It is checked
    /// again soon.
    fn note_succession(&mut self, now: Instant) {
        let Some((newest, earlier)) = self.attached.split_last() else { return };
        self.is_succession = newest.peer.qos.exclusive
            && !earlier.is_empty()
            && earlier.iter().all(|source| source.has_ended || !source.is_left_behind);
        if self.is_succession && earlier.iter().any(|source| !source.has_ended) {
            self.discovery.roster.retry(now);
        }
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
            source.has_ended = source.check_ended();
            source.fast_path = FastPath::Off; // until it is inspected again
            let name = source.peer.entry_name();
            if source.has_ended && listing.contains(&name) {
                // Opening the entry of a dead owner removes it. If that fails, the next endpoint to
                // scan does it.
                let _ = self.topic.open(&name);
            }
        }
    }

    /// Opens an entry, and attaches its publisher.
    fn inspect(&mut self, name: &str, start_at: StartAt, now: Instant) -> Result<Verdict, RegistryError> {
        let topic = self.topic.name();
        let peer = match self.topic.open(name)? {
            Entry::Absent => return Ok(Verdict::Pending), // dead, or removed since it was listed
            Entry::Live(peer) => peer,
            Entry::Unusable(error) => {
                let error = AttachError::new(topic, None, error.into());
                self.discovery.reports.push_back(RecvError::Attach(Box::new(error)));
                return Ok(Verdict::Settled);
            }
        };
        if let Some(source) = self.attached.iter_mut().find(|source| source.peer.id == peer.id) {
            source.is_left_behind = false; // it has announced itself again
            return Ok(Verdict::Settled);
        }
        if !peer.has_layout(&self.schema, self.hash) {
            let ours = Side { role: Role::Subscriber, schema: &self.schema };
            let mismatch = Mismatch::new(topic, ours, Side::of(&peer), Some(&peer.name));
            self.discovery.reports.push_back(RecvError::Mismatch(mismatch));
            return Ok(Verdict::Settled);
        }
        match self.opening(start_at).open(&*self.topic, &peer) {
            Ok(opened) => {
                self.add(Source::new(peer, opened));
                Ok(Verdict::Settled)
            }
            Err(reason) => Ok(self.not_attached(name, peer, reason, now)),
        }
    }

    /// Decides about the entry of a publisher that could not be attached, and notes what is to be
    /// reported.
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
            self.discovery.reports.push_back(RecvError::Attach(Box::new(error)));
        }
        verdict
    }

    /// Attaches the publisher of which something is kept, if it was not found otherwise: it has ended,
    /// is exiting, or has come since the entries were listed. It came after those that earlier scans
    /// have found, as it would have been found with them, and before those of this scan.
    fn attach_kept(&mut self, earlier: usize) {
        let Some(known) = &self.known else { return };
        let mut failed = None;
        loop {
            let unknown = |peer: &Peer| !known.contains(peer.id) && failed != Some(peer.id);
            let Some(peer) = self.topic.kept().filter(unknown) else { return };
            if peer.role != Role::Publisher || !peer.has_layout(&self.schema, self.hash) {
                return;
            }
            match self.opening(StartAt::Head { history: 1 }).open(&*self.topic, &peer) {
                Ok(opened) => {
                    let (at, source) = (earlier.min(self.attached.len()), Source::new(peer, opened));
                    self.insert(at, source);
                    self.turn = 0;
                    return;
                }
                // It was replaced meanwhile; or it was damaged from outside, and is left to its next
                // owner.
                Err(_) => failed = Some(peer.id),
            }
        }
    }

    fn add(&mut self, mut source: Source) {
        if self.request.is_some()
            && let Some(reason) = source.request_grant()
        {
            self.warn(source.peer.name.clone(), reason);
        }
        self.insert(self.attached.len(), source);
    }

    fn insert(&mut self, at: usize, source: Source) {
        if let Some(known) = &mut self.known {
            known.add(source.peer.id);
        }
        self.attached.insert(at, source);
        self.has_met = true;
    }

    /// Has it reported that a publisher does not deliver without loss.
    pub(super) fn warn(&mut self, publisher: PeerName, reason: NotLossless) {
        let (topic, publisher) = (self.topic.name().clone(), Box::new(publisher));
        self.discovery.reports.push_back(RecvError::NotLossless { topic, publisher, reason });
        self.discovery.attention = true;
    }
}

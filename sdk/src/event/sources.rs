//! The notifiers that a listener hears: it finds them, compares their counts, and notices their
//! ends.

use super::error::ListenError;
use super::notice::Notice;
use crate::endpoint::{AttachError, AttachReason, CreateError, Mismatch, Obstacle, Roster, Side, Verdict};
use crate::protocol::event::{Backwards, Filter, Tally};
use crate::registry::{EndpointId, Entry, Peer, PeerName, RegistryError, Role, TopicDirectory};
use crate::schema::{Schema, SchemaHash, ShmMessage};
use crate::shm::EventView;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// What of a notifier counts as news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// All that it has ever told.
    Ever,
    /// What it tells from now on.
    Now,
}

/// A notifier that is heard.
struct Source {
    peer: Peer,
    name: Arc<PeerName>,
    view: EventView,
    seen: Tally,
}

/// What the ids of a listener are.
#[derive(Clone, Debug)]
pub(super) struct Ids {
    pub(super) schema: Schema,
    pub(super) hash: SchemaHash,
}

/// The notifiers that a listener hears.
pub(super) struct Sources {
    topic: Arc<TopicDirectory>,
    ids: Ids,
    filter: Filter,
    roster: Roster,
    heard: Vec<Source>,
    /// What was heard, and not yet returned.
    pub(super) pending: VecDeque<Result<Notice, ListenError>>,
    has_failed: bool,
}

impl Sources {
    pub(super) fn new(topic: Arc<TopicDirectory>, ids: Ids, filter: Filter) -> Self {
        let roster = Roster::new(Role::Publisher);
        Self { topic, ids, filter, roster, heard: Vec::new(), pending: VecDeque::new(), has_failed: false }
    }

    /// Hears the notifiers that are present when the listener is created.
    pub(super) fn join(&mut self, since: Since) -> Result<(), CreateError> {
        let topic = self.topic.name().clone();
        self.scan(since).map_err(|reason| CreateError::Registry { topic, reason })?;
        let is_obstacle = |report: &Result<Notice, ListenError>| {
            matches!(report, Err(ListenError::Mismatch(_) | ListenError::Attach(_)))
        };
        let Some(at) = self.pending.iter().position(is_obstacle) else { return Ok(()) };
        match self.pending.remove(at) {
            Some(Err(ListenError::Mismatch(mismatch))) => Err(mismatch.into()),
            Some(Err(ListenError::Attach(error))) => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Continues in a new directory of the topic, after the old one was removed.
    pub(super) fn move_to(&mut self, topic: Arc<TopicDirectory>) {
        self.topic = topic;
        self.roster.move_to(&*self.topic);
    }

    /// Returns the next that was heard, if there is anything.
    #[inline]
    pub(super) fn poll(&mut self) -> Option<Result<Notice, ListenError>> {
        if self.pending.is_empty() {
            self.look();
        }
        self.pending.pop_front()
    }

    #[inline]
    fn look(&mut self) {
        if self.topic.joins(Role::Publisher) != self.roster.joins() || self.roster.has_retry() {
            self.attend();
        }
        let Self { heard, pending, filter, topic, .. } = self;
        heard.retain_mut(|source| {
            let Source { view, seen, name, .. } = source;
            let news = view.counts().news(seen, filter, |id, count| pending.push_back(Ok(event(id, count, name))));
            news.map_err(|backwards| pending.push_back(Err(corrupt(topic, name, backwards)))).is_ok()
        });
    }

    /// Scans if a notifier has joined or left, or a retry is due.
    #[cold]
    fn attend(&mut self) {
        if !self.roster.has_changes(&*self.topic) && !self.roster.is_retry_due() {
            return;
        }
        let had_failed = self.has_failed;
        let scanned = self.scan(Since::Ever);
        self.has_failed = scanned.is_err();
        if let Err(reason) = scanned
            && !had_failed
        {
            self.pending.push_back(Err(ListenError::Registry { topic: self.topic.name().clone(), reason }));
        }
    }

    fn scan(&mut self, since: Since) -> Result<(), RegistryError> {
        let now = Instant::now();
        let listing = self.roster.list(&*self.topic, now)?;
        let mut result = Ok(());
        for name in listing.unsettled() {
            let verdict = self.inspect(name, since, now);
            result = result.and(self.roster.record(name, verdict, now));
        }
        self.note_ends();
        result
    }

    fn inspect(&mut self, name: &str, since: Since, now: Instant) -> Result<Verdict, RegistryError> {
        let peer = match self.topic.open(name)? {
            Entry::Live(peer) => peer,
            Entry::Unusable(error) => {
                self.report(AttachError::new(self.topic.name(), None, error.into()));
                return Ok(Verdict::Settled);
            }
            Entry::Absent => return Ok(Verdict::Pending),
        };
        if self.heard.iter().any(|source| source.peer.id == peer.id) {
            return Ok(Verdict::Settled); // announced again
        }
        if !self.accepts(&peer) {
            let ours = Side { role: Role::Subscriber, schema: &self.ids.schema };
            let mismatch = Mismatch::new(self.topic.name(), ours, Side::of(&peer), Some(&peer.name));
            self.pending.push_back(Err(ListenError::Mismatch(mismatch)));
            return Ok(Verdict::Settled);
        }
        let view = match self.open(&peer) {
            Ok(view) => view,
            Err(reason) => {
                return Ok(match self.roster.judge(name, &reason, now) {
                    Obstacle::MaybeExiting | Obstacle::Transient => Verdict::Pending,
                    Obstacle::Lasting => {
                        self.report(AttachError::new(self.topic.name(), Some(peer.name), reason));
                        Verdict::Settled
                    }
                });
            }
        };
        let seen = match since {
            Since::Ever => Tally::nothing(),
            Since::Now => Tally::all(view.counts(), &self.filter),
        };
        let name = Arc::new(peer.name.clone());
        self.pending.push_back(Ok(Notice::Joined(Arc::clone(&name))));
        self.heard.push(Source { peer, name, view, seen });
        Ok(Verdict::Settled)
    }

    /// Returns whether the ids of a notifier are this listener's. Plain numbers go with anything.
    fn accepts(&self, peer: &Peer) -> bool {
        let is_plain = |hash: SchemaHash| hash == u8::HASH;
        peer.has_layout(&self.ids.schema, self.ids.hash) || is_plain(peer.hash) || is_plain(self.ids.hash)
    }

    fn open(&self, peer: &Peer) -> Result<EventView, AttachReason> {
        let memory = peer.memory.as_ref().ok_or(AttachReason::NoMemory)?;
        Ok(EventView::open(&*self.topic, memory, peer.id, peer.hash)?)
    }

    fn report(&mut self, error: AttachError) {
        self.pending.push_back(Err(ListenError::Attach(Box::new(error))));
    }

    /// Notices which notifiers have left or died: their last events are heard first.
    pub(super) fn note_ends(&mut self) {
        let Self { heard, pending, filter, topic, .. } = self;
        heard.retain_mut(|source| {
            if !source.peer.is_gone() {
                return true;
            }
            let Source { view, seen, name, peer } = source;
            let news = view.counts().last_news(seen, filter, |id, count| pending.push_back(Ok(event(id, count, name))));
            if let Err(backwards) = news {
                pending.push_back(Err(corrupt(topic, name, backwards)));
            }
            let has_left = peer.has_left().unwrap_or(false);
            let end = if has_left { Notice::Left } else { Notice::Died };
            pending.push_back(Ok(end(Arc::clone(name))));
            false
        });
    }

    /// Returns the notifiers that are heard.
    pub(super) fn notifiers(&self) -> impl Iterator<Item = &PeerName> {
        self.heard.iter().map(|source| &*source.name)
    }

    /// Returns whether a notifier is heard.
    pub(super) fn hears(&self, id: EndpointId) -> bool {
        self.heard.iter().any(|source| source.peer.id == id)
    }
}

fn event(id: u8, count: u64, notifier: &Arc<PeerName>) -> Notice {
    Notice::Event { id, count, notifier: Arc::clone(notifier) }
}

#[cold]
fn corrupt(topic: &TopicDirectory, notifier: &Arc<PeerName>, backwards: Backwards) -> ListenError {
    let Backwards { id, seen, found } = backwards;
    ListenError::Corrupt { topic: topic.name().clone(), notifier: Arc::clone(notifier), id, seen, found }
}

use crate::endpoint::Delivery;
use crate::failpoint;
use crate::protocol::grant::{self, TableState};
use crate::publisher::pool::{Pool, Reader};
use crate::registry::{EndpointId, Peer, Qos, RegistryError, Role, TopicDirectory};
use crate::schema::SchemaHash;
use crate::shm::{ControlView, Segment, SegmentError};
use crate::sys::{exit, process};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

mod status;

/// How long until a subscriber is tried again whose control page could not be opened because this process was short of
/// something.
const RETRY_NS: u64 = 100_000_000;
/// How long a subscriber whose control page cannot be opened may be dying before it is refused.
const DYING_NS: u64 = 250_000_000;

/// The subscribers to which a publisher has promised something: found, granted, let go.
///
/// The promise is that what a subscriber says in its control page is honoured. It is given in the publisher's own segment;
/// `protocol::grant` says how, and why a subscriber can rely on it.
pub(crate) struct Grants {
    publisher: EndpointId,
    hash: SchemaHash,
    admits: Admits,
    table_state: TableState,
    granted: Vec<Granted>,
    /// Those who keep an entry in the table that says so: they were let go, or refused.
    detached: Vec<DetachedSubscriber>,
    /// How many were ever let go.
    detached_so_far: u64,
    /// The join counter of the last scan.
    joins: u64,
    /// When to scan again though nobody came, in nanoseconds of `CLOCK_MONOTONIC`.
    retry_at: Option<u64>,
    /// Entries that are done with, by name: none is opened twice.
    seen: HashSet<String>,
    /// Entries of those for whom there was no room, by name: they are not opened again before there is.
    waiting_for_capacity: HashMap<String, Wants>,
    /// Entries of subscribers that are perhaps dying, by name, and since when.
    maybe_exiting: HashMap<String, u64>,
}

/// What a publisher promises to those who want it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Admits {
    /// That nothing is lost.
    pub(crate) lossless: bool,
    /// That pins are honoured.
    pub(crate) pins: bool,
}

/// What a subscriber wants of a publisher that promises something.
#[derive(Clone, Copy)]
struct Wants {
    lossless: bool,
    /// How many pins are to be honoured.
    pins: usize,
}

/// A subscriber that has a grant.
pub(crate) struct Granted {
    peer: Arc<Peer>,
    control: Arc<ControlView>,
    /// Its place in the table.
    entry: usize,
    start: u64,
    /// The line of its control page that speaks of this publisher, once it was seen.
    line: Option<usize>,
    /// What it said last.
    cursor: u64,
    is_lossless: bool,
    /// Whether its pins are honoured, or it has none.
    has_pins: bool,
    /// It has said what cannot be, or reads no more.
    is_wrong: bool,
}

struct DetachedSubscriber {
    peer: Arc<Peer>,
    entry: usize,
    /// Whether it was let go or refused.
    delivery: Delivery,
    /// Of one that was let go before it had begun to read: its control page, and what it was promised all from.
    not_begun: Option<(Arc<ControlView>, u64)>,
}

impl Admits {
    /// Whether it promises anything.
    pub(crate) fn anybody(self) -> bool {
        self.lossless || self.pins
    }

    fn wants(self, qos: &Qos) -> bool {
        self.lossless && qos.lossless || self.pins && qos.max_samples > 0
    }

    /// How many entries of the table are not for those who want only pins, or for others.
    fn kept(self, is_lossless: bool) -> usize {
        if self.lossless && !is_lossless { grant::RESERVED_FOR_LOSSLESS } else { 0 }
    }
}

impl Granted {
    pub(crate) fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Whether it has begun to read this publisher.
    pub(crate) fn has_begun(&self) -> bool {
        self.line.is_some()
    }

    /// The first sequence from the start on that it has not read, as far as it was asked.
    pub(crate) fn position(&self) -> u64 {
        self.start.max(self.cursor)
    }

    /// Whether it was promised lossless delivery and has not read all before `needed`.
    fn lags(&self, needed: u64) -> bool {
        self.is_lossless && self.position() < needed
    }

    /// Asks how far it is. Whether its line was found just now.
    fn ask(&mut self, publisher: EndpointId, next: u64) -> bool {
        let is_new = self.line.is_none();
        self.line = self.line.or_else(|| self.control.find_line(publisher));
        let Some(line) = self.line else {
            self.is_wrong = self.control.is_full() && self.control.find_line(publisher).is_none();
            return false;
        };
        match self.control.cursor(line, publisher) {
            Some(cursor) if grant::is_plausible(self.cursor, cursor, next) => self.cursor = cursor,
            _ => self.is_wrong = true,
        }
        is_new
    }
}

/// Whether a subscriber has left, or its process is gone or on its way out. Its lock can be held for a while then: until the
/// kernel has closed what the process had open, or by a child that is just being made.
pub(super) fn is_gone(peer: &Peer) -> bool {
    peer.has_left().unwrap_or(false) || !peer.is_alive().unwrap_or(true) || peer.process().is_some_and(exit::has_exited)
}

impl Grants {
    pub(crate) fn new(publisher: EndpointId, hash: SchemaHash, admits: Admits) -> Self {
        Self {
            publisher,
            hash,
            admits,
            table_state: TableState::new(),
            granted: Vec::new(),
            detached: Vec::new(),
            detached_so_far: 0,
            joins: 0,
            retry_at: None,
            seen: HashSet::new(),
            waiting_for_capacity: HashMap::new(),
            maybe_exiting: HashMap::new(),
        }
    }

    /// Whether somebody came or went since it was looked, or is to be tried again: one load of a cached word.
    #[inline]
    pub(crate) fn is_stale(&self, topic: &TopicDirectory) -> bool {
        topic.joins(Role::Subscriber) != self.joins || self.retry_at.is_some()
    }

    /// The topic's directory is another one, with a counter of its own: it is looked there, whatever that says. Those who
    /// are known stay known.
    pub(crate) fn move_to(&mut self, topic: &TopicDirectory) {
        self.joins = topic.joins(Role::Subscriber).wrapping_sub(1);
        self.seen.clear();
        self.waiting_for_capacity.clear();
    }

    /// Those who have a grant.
    pub(crate) fn granted(&self) -> &[Granted] {
        &self.granted
    }

    /// Grants those who came, from `next` on, and forgets those who went. What fails is tried again later.
    pub(crate) fn look(&mut self, topic: &TopicDirectory, segment: &Segment, mut pool: Option<&mut Pool>, next: u64) {
        let joins = topic.joins(Role::Subscriber);
        if joins == self.joins && self.retry_at.is_some_and(|due| process::monotonic_ns() < due) {
            return;
        }
        // Read before the directory: who comes after this is found by the next scan.
        self.joins = joins;
        self.retry_at = None;
        // Once, however many want what they had.
        if let Some(pool) = &mut pool {
            pool.forget_the_dead();
        }
        if self.scan(topic, segment, pool.as_deref_mut(), next).is_err() {
            self.try_again();
        }
        if let Some(pool) = pool {
            self.honour_pins(segment, pool);
        }
    }

    /// Honours the pins of those who were granted when there was no room for what they could hold, if there is now.
    fn honour_pins(&mut self, segment: &Segment, pool: &mut Pool) {
        for granted in self.granted.iter_mut().filter(|granted| !granted.has_pins) {
            granted.has_pins = pool.admit(Reader::new(Arc::clone(&granted.peer), Arc::clone(&granted.control)));
            if granted.has_pins {
                segment.grants(&mut self.table_state).set_pins(granted.entry);
            }
        }
    }

    fn try_again(&mut self) {
        self.retry_at = Some(process::monotonic_ns() + RETRY_NS);
    }

    fn scan(
        &mut self,
        topic: &TopicDirectory,
        segment: &Segment,
        mut pool: Option<&mut Pool>,
        next: u64,
    ) -> Result<(), RegistryError> {
        let names = topic.names(Role::Subscriber)?;
        let mut result = Ok(());
        if segment.grants(&mut self.table_state).is_full(self.admits.kept(false)) {
            self.forget(segment, |_| true);
        }
        for name in names.iter().filter(|name| !self.seen.contains(*name)).cloned().collect::<Vec<_>>() {
            if self.still_lacks_capacity(segment, pool.as_deref(), &name) {
                continue;
            }
            match self.meet(topic, segment, pool.as_deref_mut(), &name, next) {
                Ok(true) => {
                    self.maybe_exiting.remove(&name);
                    self.waiting_for_capacity.remove(&name);
                    self.seen.insert(name);
                }
                Ok(false) => {}
                Err(error) => result = Err(error),
            }
        }
        let listed: HashSet<String> = names.into_iter().collect();
        self.seen.retain(|name| listed.contains(name));
        self.maybe_exiting.retain(|name, _| listed.contains(name));
        self.waiting_for_capacity.retain(|name, _| listed.contains(name));
        self.forget(segment, |peer| !listed.contains(&peer.entry_name()));
        result
    }

    /// Whether there was no room for the subscriber of an entry, and is none yet.
    fn still_lacks_capacity(&mut self, segment: &Segment, pool: Option<&Pool>, name: &str) -> bool {
        self.waiting_for_capacity.get(name).is_some_and(|wants| {
            segment.grants(&mut self.table_state).is_full(self.admits.kept(wants.lossless))
                || !wants.lossless && !pool.is_some_and(|pool| pool.has_capacity(wants.pins))
        })
    }

    /// Grants the subscriber of an entry that was not seen before, if it wants that. Whether it is done with.
    fn meet(
        &mut self,
        topic: &TopicDirectory,
        segment: &Segment,
        pool: Option<&mut Pool>,
        name: &str,
        next: u64,
    ) -> Result<bool, RegistryError> {
        let peer = match topic.open(name)? {
            None => return Ok(false), // dead, or gone since it was listed
            Some(Ok(peer)) if self.admits.wants(&peer.qos) && peer.hash == self.hash => Arc::new(peer),
            Some(_) => return Ok(true),
        };
        let known = self.granted.iter().map(|granted| &granted.peer).chain(self.detached.iter().map(|gone| &gone.peer));
        if known.into_iter().any(|known| known.id == peer.id) {
            return Ok(true); // it made itself known again
        }
        let is_lossless = self.admits.lossless && peer.qos.lossless;
        let kept = self.admits.kept(is_lossless);
        let wants = Wants { lossless: is_lossless, pins: usize::try_from(peer.qos.max_samples).unwrap_or(usize::MAX) };
        if segment.grants(&mut self.table_state).is_full(kept) {
            return Ok(self.is_full(segment, name, wants));
        }
        let Some(memory) = peer.memory else { return Ok(self.refuse(segment, peer)) };
        let control = match ControlView::open(topic, peer.id, peer.hash, &memory) {
            Ok(control) => Arc::new(control),
            Err(error) => return Ok(self.cannot_open(segment, peer, name, &error)),
        };
        failpoint::hit("grant.opened");
        let peer_pins = control.pins();
        // Honoured before that is made known.
        let pins = pool.is_some_and(|pool| pool.admit(Reader::new(Arc::clone(&peer), Arc::clone(&control))));
        if !is_lossless && !pins {
            if peer_pins > 0 {
                // It copies, until there is room for what it could hold.
                self.waiting_for_capacity.insert(name.to_owned(), Wants { lossless: false, pins: peer_pins });
            }
            return Ok(peer_pins == 0);
        }
        let Some(entry) = segment.grants(&mut self.table_state).grant(peer.id.halves(), next, pins) else {
            return Ok(self.is_full(segment, name, wants));
        };
        failpoint::hit("grant.given");
        self.granted.push(Granted {
            peer,
            control,
            entry,
            start: next,
            line: None,
            cursor: 0,
            is_lossless,
            has_pins: pins || peer_pins == 0,
            is_wrong: false,
        });
        Ok(true)
    }

    /// A subscriber's control page cannot be opened. Whether that is for good.
    fn cannot_open(&mut self, segment: &Segment, peer: Arc<Peer>, name: &str, error: &SegmentError) -> bool {
        if is_gone(&peer) {
            return false;
        }
        let now = process::monotonic_ns();
        let is_dying =
            error.may_be_exiting() && now - *self.maybe_exiting.entry(name.to_owned()).or_insert(now) < DYING_NS;
        if is_dying || error.is_transient() {
            self.try_again();
            return false;
        }
        self.refuse(segment, peer)
    }

    /// Tells a subscriber that it gets no grant. Whether it could be told.
    fn refuse(&mut self, segment: &Segment, peer: Arc<Peer>) -> bool {
        if !(self.admits.lossless && peer.qos.lossless) {
            return true; // it copies
        }
        match segment.grants(&mut self.table_state).refuse(peer.id.halves()) {
            Some(entry) => {
                self.detached.push(DetachedSubscriber { peer, entry, delivery: Delivery::Refused, not_begun: None });
                true
            }
            None => self.is_full(segment, &peer.entry_name(), Wants { lossless: true, pins: 0 }),
        }
    }

    /// There is no room for a subscriber. It sees that by itself, and is tried again when somebody comes or goes and there is.
    fn is_full(&mut self, segment: &Segment, name: &str, wants: Wants) -> bool {
        if self.waiting_for_capacity.insert(name.to_owned(), wants).is_none() {
            segment.grants(&mut self.table_state).count_change();
        }
        false
    }

    /// Forgets those subscribers that are gone among these.
    fn forget(&mut self, segment: &Segment, among: impl Fn(&Peer) -> bool) {
        let mut table = segment.grants(&mut self.table_state);
        for gone in self.granted.extract_if(.., |granted| among(&granted.peer) && is_gone(&granted.peer)) {
            table.free(gone.entry);
        }
        for gone in self.detached.extract_if(.., |gone| among(&gone.peer) && is_gone(&gone.peer)) {
            table.free(gone.entry);
        }
    }

    /// The first sequence that not all who were promised lossless delivery have read; `next` is what is published next.
    /// Who says what cannot be is let go.
    pub(crate) fn least(&mut self, segment: &Segment, next: u64) -> u64 {
        let mut least = u64::MAX;
        let mut is_one_wrong = false;
        for granted in self.granted.iter_mut().filter(|granted| granted.is_lossless) {
            if granted.ask(self.publisher, next)
                && let Some(line) = granted.line
            {
                segment.grants(&mut self.table_state).set_line(granted.entry, line as u64);
            }
            if granted.is_wrong {
                is_one_wrong = true;
            } else {
                least = least.min(granted.position());
            }
        }
        if is_one_wrong {
            self.detach(segment, |granted| granted.is_wrong);
        }
        least
    }

    /// Those who were promised lossless delivery and have not read all before `needed`.
    pub(crate) fn laggards(&self, needed: u64) -> impl Iterator<Item = &Granted> {
        self.granted().iter().filter(move |granted| granted.lags(needed))
    }

    /// Those who were let go, live, and have not begun to read since: they have not seen it. With what they were promised all from.
    /// A system call for each.
    pub(crate) fn strangers(&self) -> impl Iterator<Item = (&Peer, u64)> {
        self.detached.iter().filter_map(|gone| {
            let (control, start) = gone.not_begun.as_ref()?;
            let is_stranger = control.find_line(self.publisher).is_none() && !control.is_full() && !is_gone(&gone.peer);
            is_stranger.then_some((&*gone.peer, *start))
        })
    }

    /// Forgets laggards that are gone. Some system calls for each.
    pub(crate) fn drop_the_dead(&mut self, segment: &Segment, needed: u64) {
        let mut table = segment.grants(&mut self.table_state);
        for gone in self.granted.extract_if(.., |granted| granted.lags(needed) && is_gone(&granted.peer)) {
            table.free(gone.entry);
        }
    }

    /// Takes back the grants of laggards, and tells them.
    pub(crate) fn let_laggards_go(&mut self, segment: &Segment, needed: u64) {
        self.detach(segment, |granted| granted.lags(needed));
    }

    fn detach(&mut self, segment: &Segment, is_over: impl Fn(&Granted) -> bool) {
        let mut table = segment.grants(&mut self.table_state);
        for granted in self.granted.extract_if(.., |granted| is_over(granted)) {
            table.revoke(granted.entry);
            let Granted { peer, control, entry, start, line, .. } = granted;
            let not_begun = line.is_none().then_some((control, start));
            self.detached.push(DetachedSubscriber { peer, entry, delivery: Delivery::Detached, not_begun });
            self.detached_so_far += 1;
        }
    }
}

//! How a publisher finds subscribers that want a promise, and gives or refuses it.

use super::{DetachedSubscriber, Granted, Grants, Want};
use crate::endpoint::{Delivery, Obstacle, Verdict};
use crate::failpoint;
use crate::publisher::pool::{Pool, Reader};
use crate::registry::{Entry, Peer, RegistryError, Role, TopicDirectory};
use crate::shm::{ControlView, Segment, SegmentError};
use std::sync::Arc;
use std::time::Instant;

/// What a scan for subscribers works with.
struct Scan<'a> {
    topic: &'a TopicDirectory,
    segment: &'a Segment,
    pool: Option<&'a mut Pool>,
    /// The sequence that is published next: new grants start there.
    next: u64,
    now: Instant,
}

impl Grants {
    /// Returns whether a subscriber has joined or left since the last scan, or something is to be
    /// retried. One load of a cached word.
    #[inline]
    pub(crate) fn is_stale(&self, topic: &TopicDirectory) -> bool {
        topic.joins(Role::Subscriber) != self.roster.joins() || self.roster.has_retry()
    }

    /// Continues in another directory of the topic, after `old` was removed. Subscribers that are
    /// known stay known.
    pub(crate) fn move_to(&mut self, topic: &TopicDirectory, old: &TopicDirectory) {
        self.may_lack_some |= self.is_stale(old);
        self.roster.move_to(topic);
        self.waiting_for_capacity.clear();
    }

    /// Gives grants to subscribers that have joined, from `next` on, and forgets those that have
    /// left. What fails is retried later; until then nothing is done, unless a subscriber joins or
    /// leaves.
    pub(crate) fn rescan(&mut self, topic: &TopicDirectory, segment: &Segment, pool: Option<&mut Pool>, next: u64) {
        if !self.roster.has_changes(topic) && self.roster.has_retry() && !self.roster.is_retry_due() {
            return;
        }
        let mut scan = Scan { topic, segment, pool, next, now: Instant::now() };
        // Once, however many subscribers want the capacity of the dead.
        if let Some(pool) = &mut scan.pool {
            pool.forget_the_dead();
        }
        // The roster has scheduled a retry of what failed.
        let _ = self.scan(&mut scan);
        if let Some(pool) = scan.pool {
            self.honour_pins(segment, pool);
        }
    }

    fn scan(&mut self, scan: &mut Scan<'_>) -> Result<(), RegistryError> {
        let has_changes = self.roster.has_changes(scan.topic);
        let listing = self.roster.list(scan.topic, scan.now)?;
        self.may_lack_some |= has_changes && scan.topic.was_removed().unwrap_or(true);
        let mut result = Ok(());
        if scan.segment.grants(&mut self.table_state).is_full(self.admits.reserved(Want::Pins(0))) {
            self.forget_gone(scan.segment, |_| true);
        }
        for name in listing.unsettled() {
            if self.lacks_capacity(scan, name) {
                continue;
            }
            let verdict = self.inspect(scan, name);
            if let Ok(Verdict::Settled) = verdict {
                self.waiting_for_capacity.remove(name);
            }
            result = result.and(self.roster.record(name, verdict, scan.now));
        }
        self.waiting_for_capacity.retain(|name, _| listing.contains(name));
        // Not by the listing, from which an entry can be removed whose subscriber goes on.
        self.ungranted.retain(|_, peer| !peer.is_gone());
        self.forget_gone(scan.segment, |peer| !listing.contains(&peer.entry_name()));
        result
    }

    /// Honours the pins of subscribers that got a grant when there was no capacity for them, as far
    /// as there is now.
    fn honour_pins(&mut self, segment: &Segment, pool: &mut Pool) {
        for granted in self.granted.iter_mut().filter(|granted| !granted.has_pins) {
            granted.has_pins = pool.admit(Reader::new(Arc::clone(&granted.peer), Arc::clone(&granted.control)));
            if granted.has_pins {
                segment.grants(&mut self.table_state).set_pins(granted.entry);
            }
        }
    }

    /// Returns whether the subscriber of an entry waits for capacity, and there still is none.
    fn lacks_capacity(&mut self, scan: &Scan<'_>, name: &str) -> bool {
        self.waiting_for_capacity.get(name).is_some_and(|&want| {
            let has_pins = match (want, &scan.pool) {
                (Want::Lossless, _) => true,
                (Want::Pins(pins), Some(pool)) => pool.has_capacity(pins),
                (Want::Pins(_), None) => false,
            };
            !has_pins || scan.segment.grants(&mut self.table_state).is_full(self.admits.reserved(want))
        })
    }

    /// Opens an entry, and gives its subscriber a grant if it wants one.
    fn inspect(&mut self, scan: &mut Scan<'_>, name: &str) -> Result<Verdict, RegistryError> {
        let peer = match scan.topic.open(name)? {
            Entry::Absent => return Ok(Verdict::Pending), // dead, or removed since it was listed
            Entry::Live(peer) if self.admits.suits(&peer.qos) && peer.hash == self.hash => Arc::new(peer),
            Entry::Live(peer) if peer.hash == self.hash => {
                self.note_ungranted(peer.into());
                return Ok(Verdict::Settled);
            }
            Entry::Live(_) | Entry::Unusable(_) => return Ok(Verdict::Settled),
        };
        if self.knows(&peer) {
            return Ok(Verdict::Settled); // it has announced itself again
        }
        let want = self.admits.want_of(&peer.qos);
        if scan.segment.grants(&mut self.table_state).is_full(self.admits.reserved(want)) {
            return Ok(self.wait_for_capacity(scan.segment, peer, want));
        }
        let Some(memory) = peer.memory else { return Ok(self.refuse(scan.segment, peer)) };
        Ok(match ControlView::open(scan.topic, peer.id, peer.hash, &memory) {
            Ok(control) => self.grant(scan, name, want, peer, Arc::new(control)),
            Err(error) => self.cannot_open(scan, name, peer, error),
        })
    }

    fn knows(&self, peer: &Peer) -> bool {
        let granted = self.granted.iter().map(|granted| granted.peer.id);
        granted.chain(self.detached.iter().map(|detached| detached.peer.id)).any(|id| id == peer.id)
    }

    fn grant(
        &mut self,
        scan: &mut Scan<'_>,
        name: &str,
        want: Want,
        peer: Arc<Peer>,
        control: Arc<ControlView>,
    ) -> Verdict {
        failpoint::hit("grant.opened");
        let pins = control.pins();
        // Honoured before the grant says so.
        let are_honoured =
            scan.pool.as_mut().is_some_and(|pool| pool.admit(Reader::new(Arc::clone(&peer), Arc::clone(&control))));
        if want != Want::Lossless && !are_honoured {
            if pins == 0 {
                self.note_ungranted(peer);
                return Verdict::Settled;
            }
            // It copies until there is capacity for its pins.
            self.waiting_for_capacity.insert(name.to_owned(), Want::Pins(pins));
            self.note_ungranted(peer);
            return Verdict::Pending;
        }
        let id = peer.id.halves();
        let Some(entry) = scan.segment.grants(&mut self.table_state).grant(id, scan.next, are_honoured) else {
            return self.wait_for_capacity(scan.segment, peer, want);
        };
        failpoint::hit("grant.given");
        self.ungranted.remove(name);
        self.granted.push(Granted {
            peer,
            control,
            entry,
            start: scan.next,
            line: None,
            cursor: 0,
            is_lossless: want == Want::Lossless,
            has_pins: are_honoured || pins == 0,
            is_wrong: false,
        });
        Verdict::Settled
    }

    /// Decides about the entry of a subscriber whose control page cannot be opened.
    fn cannot_open(&mut self, scan: &Scan<'_>, name: &str, peer: Arc<Peer>, error: SegmentError) -> Verdict {
        if peer.is_gone() {
            return Verdict::Pending;
        }
        match self.roster.judge(name, &error.into(), scan.now) {
            Obstacle::MaybeExiting | Obstacle::Transient => Verdict::Pending,
            Obstacle::Lasting => self.refuse(scan.segment, peer),
        }
    }

    /// Tells a subscriber that it gets no grant. One that wants only pins needs no word: it copies.
    fn refuse(&mut self, segment: &Segment, peer: Arc<Peer>) -> Verdict {
        if self.admits.want_of(&peer.qos) != Want::Lossless {
            self.note_ungranted(peer);
            return Verdict::Settled;
        }
        match segment.grants(&mut self.table_state).refuse(peer.id.halves()) {
            Some(entry) => {
                self.ungranted.remove(&peer.entry_name());
                self.detached.push(DetachedSubscriber { peer, entry, delivery: Delivery::Refused, revoked: None });
                Verdict::Settled
            }
            None => self.wait_for_capacity(segment, peer, Want::Lossless),
        }
    }

    /// Notes that there is no capacity for a subscriber. It sees that in the table, and is opened
    /// again once there is.
    fn wait_for_capacity(&mut self, segment: &Segment, peer: Arc<Peer>, want: Want) -> Verdict {
        if self.waiting_for_capacity.insert(peer.entry_name(), want).is_none() {
            segment.grants(&mut self.table_state).count_change();
        }
        self.note_ungranted(peer);
        Verdict::Pending
    }

    /// Notes a subscriber that has no grant. What it has not read is not withdrawn as long as it is
    /// there.
    fn note_ungranted(&mut self, peer: Arc<Peer>) {
        if self.admits.pins {
            self.ungranted.insert(peer.entry_name(), peer);
        }
    }

    /// Forgets those subscribers that have left or are dead among these.
    fn forget_gone(&mut self, segment: &Segment, among: impl Fn(&Peer) -> bool) {
        let mut table = segment.grants(&mut self.table_state);
        for gone in self.granted.extract_if(.., |granted| among(&granted.peer) && granted.peer.is_gone()) {
            table.free(gone.entry);
        }
        for gone in self.detached.extract_if(.., |detached| among(&detached.peer) && detached.peer.is_gone()) {
            table.free(gone.entry);
        }
    }
}

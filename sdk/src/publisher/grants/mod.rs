//! The subscribers to which a publisher has promised something.
//!
//! The promise is that what a subscriber reports in its control page is honoured: its cursor, its
//! pins, or both. It is given in the publisher's own segment; `protocol::grant` describes how, and
//! why a subscriber can rely on it.

mod discovery;
mod status;

use crate::endpoint::{Delivery, Roster};
use crate::protocol::grant::{self, TableState};
use crate::registry::{EndpointId, Peer, Qos, Role};
use crate::schema::SchemaHash;
use crate::shm::{ControlView, Segment};
use std::collections::HashMap;
use std::sync::Arc;

/// The grants of a publisher, and the subscribers that have them.
pub(crate) struct Grants {
    publisher: EndpointId,
    hash: SchemaHash,
    admits: Admits,
    table_state: TableState,
    granted: Vec<Granted>,
    /// Subscribers whose entry in the table tells them that they have no grant: detached, or
    /// refused.
    detached: Vec<DetachedSubscriber>,
    /// How many subscribers were ever detached.
    detached_so_far: u64,
    /// Which of the topic's entries were handled.
    roster: Roster,
    /// Subscribers for which there was no capacity, by the names of their entries. They are not
    /// opened again before there is.
    waiting_for_capacity: HashMap<String, Want>,
    /// Subscribers of large messages that have no grant, by the names of their entries: they want
    /// none, cannot get one, or wait for capacity. Not those that are detached or refused.
    ungranted: HashMap<String, Arc<Peer>>,
    /// Whether the topic was removed from outside before it had looked for subscribers that joined:
    /// there may be some that it cannot find.
    may_lack_some: bool,
}

/// What a publisher promises to subscribers that want it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Admits {
    /// That no message is lost.
    pub(crate) lossless: bool,
    /// That pins are honoured.
    pub(crate) pins: bool,
}

/// What a subscriber wants of a publisher that promises something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    /// That no message is lost.
    Lossless,
    /// That this many pins are honoured.
    Pins(usize),
}

/// A subscriber that has a grant.
pub(crate) struct Granted {
    peer: Arc<Peer>,
    control: Arc<ControlView>,
    /// The index of its entry in the table.
    entry: usize,
    /// The first sequence that it was promised.
    start: u64,
    /// The line of its control page that is about this publisher, once it was found.
    line: Option<usize>,
    /// The last cursor that it reported.
    cursor: u64,
    is_lossless: bool,
    /// Whether its pins are honoured, or it has none.
    has_pins: bool,
    /// Whether it has reported a cursor that is impossible, or has stopped reading this publisher.
    is_wrong: bool,
}

struct DetachedSubscriber {
    peer: Arc<Peer>,
    entry: usize,
    /// Whether it was detached or refused.
    delivery: Delivery,
    /// The grant that was revoked; `None` if it was refused one.
    revoked: Option<Granted>,
}

impl Admits {
    /// Returns whether it promises anything.
    pub(crate) fn anybody(self) -> bool {
        self.lossless || self.pins
    }

    fn suits(self, qos: &Qos) -> bool {
        self.lossless && qos.lossless || self.pins && qos.max_samples > 0
    }

    /// Returns what a subscriber wants, and can have.
    fn want_of(self, qos: &Qos) -> Want {
        if self.lossless && qos.lossless {
            Want::Lossless
        } else {
            Want::Pins(usize::try_from(qos.max_samples).unwrap_or(usize::MAX))
        }
    }

    /// Returns how many entries of the table are reserved for others than a subscriber that wants
    /// this.
    fn reserved(self, want: Want) -> usize {
        match want {
            Want::Pins(_) if self.lossless => grant::RESERVED_FOR_LOSSLESS,
            Want::Pins(_) | Want::Lossless => 0,
        }
    }
}

impl Granted {
    pub(crate) fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Returns whether it has begun to read this publisher.
    pub(crate) fn has_begun(&self) -> bool {
        self.line.is_some()
    }

    /// Returns the first sequence from its start on that it had not read when it was last checked.
    pub(crate) fn position(&self) -> u64 {
        self.start.max(self.cursor)
    }

    /// Returns whether it was promised lossless delivery and has not read everything before
    /// `needed`.
    fn lags(&self, needed: u64) -> bool {
        self.is_lossless && self.position() < needed
    }

    /// Loads its cursor; `next` is the sequence that will be published next. Returns whether its
    /// line was found only now.
    fn update_cursor(&mut self, publisher: EndpointId, next: u64) -> bool {
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

impl Grants {
    /// Creates an empty table of grants.
    pub(crate) fn new(publisher: EndpointId, hash: SchemaHash, admits: Admits) -> Self {
        Self {
            publisher,
            hash,
            admits,
            table_state: TableState::new(),
            granted: Vec::new(),
            detached: Vec::new(),
            detached_so_far: 0,
            roster: Roster::new(Role::Subscriber),
            waiting_for_capacity: HashMap::new(),
            ungranted: HashMap::new(),
            may_lack_some: false,
        }
    }

    /// Returns the subscribers that have a grant.
    pub(crate) fn granted(&self) -> &[Granted] {
        &self.granted
    }

    /// Returns the first sequence that some subscriber with lossless delivery has not read; `next`
    /// is the sequence that will be published next. Detaches subscribers that report an impossible
    /// cursor.
    pub(crate) fn least(&mut self, segment: &Segment, next: u64) -> u64 {
        let mut least = u64::MAX;
        let mut is_any_wrong = false;
        self.update_cursors(segment, next, |granted| granted.is_lossless);
        for granted in self.granted.iter().filter(|granted| granted.is_lossless) {
            if granted.is_wrong {
                is_any_wrong = true;
            } else {
                least = least.min(granted.position());
            }
        }
        if is_any_wrong {
            self.detach(segment, |granted| granted.is_wrong);
        }
        least
    }

    /// Returns the first sequence that some subscriber may not have read, whatever it was promised;
    /// `next` is the sequence that will be published next. Returns `None` if that cannot be known,
    /// since not all subscribers have a grant.
    pub(crate) fn read_by_all(&mut self, segment: &Segment, next: u64) -> Option<u64> {
        let has_others = !self.detached.is_empty() || !self.ungranted.is_empty();
        if has_others || self.may_lack_some || self.roster.has_retry() {
            return None;
        }
        self.update_cursors(segment, next, |_| true);
        // Where it is, and not where its grant starts: it may have joined some messages before
        // that.
        let first_unread =
            |granted: &Granted| if granted.is_wrong || !granted.has_begun() { 0 } else { granted.cursor };
        Some(self.granted.iter().map(first_unread).min().unwrap_or(next))
    }

    fn update_cursors(&mut self, segment: &Segment, next: u64, among: impl Fn(&Granted) -> bool) {
        for granted in self.granted.iter_mut().filter(|granted| among(granted)) {
            if granted.update_cursor(self.publisher, next)
                && let Some(line) = granted.line
            {
                segment.grants(&mut self.table_state).set_line(granted.entry, line as u64);
            }
        }
    }

    /// Returns the subscribers with lossless delivery that have not read everything before
    /// `needed`.
    pub(crate) fn laggards(&self, needed: u64) -> impl Iterator<Item = &Granted> {
        self.granted().iter().filter(move |granted| granted.lags(needed))
    }

    /// Returns the live subscribers that were detached and do not know it, because they have not
    /// begun to read, each with the first sequence that it was promised. A system call for each.
    pub(crate) fn unaware(&self) -> impl Iterator<Item = (&Peer, u64)> {
        self.detached.iter().filter_map(|detached| {
            let Granted { control, start, .. } = detached.revoked.as_ref().filter(|revoked| !revoked.has_begun())?;
            let has_begun = control.find_line(self.publisher).is_some() || control.is_full();
            (!has_begun && !detached.peer.is_gone()).then_some((&*detached.peer, *start))
        })
    }

    /// Forgets the dead among the subscribers that have not read everything before `needed`. If
    /// there are any, also those among all that have not read everything before `next`: whatever
    /// ended one process may have ended more. Some system calls for each.
    pub(crate) fn forget_dead_laggards(&mut self, segment: &Segment, needed: u64, next: u64) {
        let mut table = segment.grants(&mut self.table_state);
        let mut forget = |before: u64| {
            let gone = self.granted.extract_if(.., |granted| granted.lags(before) && granted.peer.is_gone());
            gone.map(|gone| table.free(gone.entry)).count()
        };
        if forget(needed) > 0 {
            forget(next);
        }
    }

    /// Forgets the dead among the subscribers that have not read `kept`, or may not have. Returns
    /// whether there were any. Some system calls for each.
    pub(crate) fn forget_dead_readers(&mut self, segment: &Segment, kept: u64) -> bool {
        let mut table = segment.grants(&mut self.table_state);
        let gone = self.granted.extract_if(.., |granted| granted.cursor <= kept && granted.peer.is_gone());
        let count = gone.map(|gone| table.free(gone.entry)).count();
        count + self.ungranted.extract_if(|_, peer| peer.is_gone()).count() > 0
    }

    /// Revokes the grants of laggards, which tells them that they are detached.
    pub(crate) fn detach_laggards(&mut self, segment: &Segment, needed: u64) {
        self.detach(segment, |granted| granted.lags(needed));
    }

    fn detach(&mut self, segment: &Segment, is_over: impl Fn(&Granted) -> bool) {
        let mut table = segment.grants(&mut self.table_state);
        for granted in self.granted.extract_if(.., |granted| is_over(granted)) {
            table.revoke(granted.entry);
            let (peer, entry) = (Arc::clone(&granted.peer), granted.entry);
            let delivery = Delivery::Detached;
            self.detached.push(DetachedSubscriber { peer, entry, delivery, revoked: Some(granted) });
            self.detached_so_far += 1;
        }
    }

    /// Gives their grants back to subscribers that were detached and have caught up: all that they
    /// have not read is in the ring, and stays there from now on. Messages before `kept_from` were
    /// withdrawn. Returns whether there are others that may still catch up. A cache line of each is
    /// read.
    pub(crate) fn readmit(
        &mut self,
        segment: &Segment,
        next: u64,
        kept_from: u64,
        are_pins_honoured: impl Fn(EndpointId) -> bool,
    ) -> bool {
        let (publisher, depth) = (self.publisher, segment.geometry().depth());
        let has_caught_up = |detached: &mut DetachedSubscriber| {
            let Some(revoked) = detached.revoked.as_mut().filter(|revoked| !revoked.is_wrong) else { return false };
            revoked.update_cursor(publisher, next);
            // The entry in the table still says whether its pins are honoured.
            let are_pins_right = !revoked.has_pins || are_pins_honoured(revoked.peer.id) || revoked.control.pins() == 0;
            let unread = next.saturating_sub(revoked.position());
            let is_all_there = unread <= depth / 2 && revoked.position() >= kept_from;
            revoked.has_begun() && !revoked.is_wrong && is_all_there && are_pins_right
        };
        let mut table = segment.grants(&mut self.table_state);
        for granted in self.detached.extract_if(.., has_caught_up).filter_map(|detached| detached.revoked) {
            // In place of the mark that it was revoked. Its start is before its cursor, which
            // counts.
            table.set_line(granted.entry, granted.line.unwrap_or_default() as u64);
            self.granted.push(granted);
        }
        self.detached.iter().any(|detached| detached.revoked.as_ref().is_some_and(|revoked| !revoked.is_wrong))
    }
}

//! Requesting lossless delivery, and what becomes of the request.

use super::source::Source;
use super::sources::Sources;
use crate::endpoint::{Delivery, NotLossless};
use crate::protocol::grant::Found;
use crate::registry::{EndpointId, Role, TopicAccess};
use crate::shm::Line;

/// A subscriber's request that its publishers deliver without loss.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LosslessRequest {
    /// The identity under which it is granted.
    pub(crate) id: EndpointId,
    /// Whether this process is registered for `membarrier`, so that publishers that fall asleep issue
    /// the barrier for it.
    pub(crate) offers_barriers: bool,
}

/// What a subscriber knows of the grant that it has requested of a publisher.
#[derive(Debug)]
pub(super) struct GrantTracker {
    state: GrantState,
    /// How often the publisher had changed its grants when they were last inspected.
    changes: Option<u64>,
    /// From this cursor on there is something to [settle](Sources::settle).
    settle_at: u64,
    /// The cursor when publishers that wait for capacity were last notified.
    notified: u64,
    /// After how many messages they are notified again: a part of the depth, so that the two sides do
    /// not wake each other for each message.
    step: u64,
    /// Whether it was reported that there is no grant.
    is_reported: bool,
    /// From this cursor on the publisher must have noticed this subscriber. If it has not, it is asked
    /// to scan again.
    remind_at: u64,
    /// Why there is no grant, if it was requested.
    without: Option<NotLossless>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GrantState {
    /// There is none, and it is not or no longer requested.
    Without,
    /// There is none yet.
    Waiting,
    Granted,
}

impl GrantTracker {
    /// That of a publisher of which nothing is requested.
    pub(super) const NONE: Self = Self {
        state: GrantState::Without,
        changes: None,
        settle_at: u64::MAX,
        notified: u64::MAX,
        step: u64::MAX,
        is_reported: false,
        remind_at: u64::MAX,
        without: None,
    };

    fn new(cursor: u64, head: u64, depth: u64) -> Self {
        let step = (depth / 4).max(1);
        let settle_at = cursor.saturating_add(step);
        // A message that was being published when this subscriber joined is not covered; the next one is.
        let remind_at = head.max(cursor).saturating_add(2);
        let state = GrantState::Waiting;
        Self { state, settle_at, notified: cursor, step, remind_at, ..Self::NONE }
    }

    fn without(reason: NotLossless) -> Self {
        Self { without: Some(reason), ..Self::NONE }
    }

    /// Makes something to settle due at the next message, since something was lost.
    pub(super) fn hasten(&mut self) {
        if self.state != GrantState::Without {
            self.settle_at = 0;
        }
    }

    /// Notes that publishers are notified.
    fn note_notified(&mut self, cursor: u64) {
        self.notified = cursor;
        self.settle_at = cursor.saturating_add(self.step);
    }
}

impl<P: TopicAccess> Sources<P> {
    /// Settles what lossless delivery of a source requires when there is nothing to read, when much
    /// was read, or when something was lost: notifies its publisher, if that waits for capacity, and
    /// inspects its grant.
    #[inline(never)]
    pub(super) fn settle(&mut self, index: usize, has_lost: bool) {
        let (Some(request), Some(source)) = (self.request, self.attached.get_mut(index)) else { return };
        if source.owes_notification() {
            source.grant.note_notified(source.cursor.next());
            self.topic.notify_capacity(request.offers_barriers);
        }
        let must_inspect = has_lost || source.has_grant_changes();
        let reason = if must_inspect { source.inspect_grant(request.id, has_lost) } else { None };
        if source.must_remind() {
            self.topic.count_again();
        }
        if let Some(reason) = reason {
            let publisher = source.peer.name.clone();
            self.warn(publisher, reason);
        }
    }
}

impl Source {
    /// Begins to request lossless delivery of a source that was just attached. Returns what is to be
    /// reported if it cannot be granted.
    pub(super) fn request_grant(&mut self) -> Option<NotLossless> {
        if !self.segment.is_lossless() {
            return self.give_up_grant(NotLossless::Lossy);
        }
        if self.line == Line::NONE {
            return self.give_up_grant(NotLossless::NoLine);
        }
        let (head, depth) = (self.segment.reader().head(), self.segment.geometry().depth());
        self.grant = GrantTracker::new(self.cursor.next(), head, depth);
        self.cursor = self.cursor.patient(true);
        None
    }

    /// Returns whether something is to be settled after a message: publishers are to be notified, or
    /// something was lost.
    #[inline]
    pub(super) fn is_settling_due(&self) -> bool {
        self.cursor.next() >= self.grant.settle_at
    }

    /// Returns whether something is to be settled when there is nothing to read.
    #[inline]
    pub(super) fn must_settle(&self) -> bool {
        self.grant.state != GrantState::Without && (self.owes_notification() || self.has_grant_changes())
    }

    /// Returns whether the publisher has changed its grants since they were last inspected.
    #[inline]
    fn has_grant_changes(&self) -> bool {
        self.grant.changes != Some(self.segment.grants().changes())
    }

    /// Returns whether the cursor has moved since publishers were notified: one may wait for that.
    #[inline]
    fn owes_notification(&self) -> bool {
        self.cursor.next() > self.grant.notified
    }

    /// Returns, once, whether the publisher has published without having noticed this subscriber: it
    /// must be reminded to scan.
    fn must_remind(&mut self) -> bool {
        let must_remind = self.grant.state == GrantState::Waiting && self.cursor.next() >= self.grant.remind_at;
        if must_remind {
            self.grant.remind_at = u64::MAX;
        }
        must_remind
    }

    /// Inspects what the publisher grants. Returns what is to be reported, once.
    fn inspect_grant(&mut self, id: EndpointId, has_lost: bool) -> Option<NotLossless> {
        if self.grant.state == GrantState::Without {
            return None;
        }
        let table = self.segment.grants();
        self.grant.changes = Some(table.changes());
        // Before the search: this subscriber may be one of those that fill the table.
        let is_full = table.is_full();
        match (table.find(id.halves()), self.grant.state) {
            (Some(Found::Granted { .. }), _) => self.grant.state = GrantState::Granted,
            (Some(Found::Revoked), _) | (None, GrantState::Granted) => {
                return self.give_up_grant(NotLossless::Detached);
            }
            (Some(Found::Refused), _) => return self.give_up_grant(NotLossless::Refused),
            (None, _) if is_full && !self.grant.is_reported => {
                // It may be granted later, when others have left.
                self.grant.is_reported = true;
                return Some(NotLossless::Full);
            }
            (None, _) if has_lost && !self.grant.is_reported => {
                self.grant.is_reported = true;
                self.grant.remind_at = 0;
                return Some(NotLossless::Unnoticed);
            }
            (None, _) => {}
        }
        None
    }

    /// Requests lossless delivery no more. Returns what is to be reported: nothing of a publisher that
    /// has ended and was read to its end.
    fn give_up_grant(&mut self, reason: NotLossless) -> Option<NotLossless> {
        self.grant = GrantTracker::without(reason);
        self.cursor = self.cursor.patient(false);
        (self.has_unread() || !self.has_ended && !self.segment.is_closed()).then_some(reason)
    }

    /// Returns what the publisher promises now to the subscriber of this identity, if that requests
    /// lossless delivery.
    pub(super) fn delivery(&self, request: Option<EndpointId>) -> Delivery {
        if self.grant.state == GrantState::Without {
            return match self.grant.without {
                None | Some(NotLossless::Lossy) => Delivery::Lossy,
                Some(NotLossless::Detached) => Delivery::Detached,
                Some(_) => Delivery::Refused,
            };
        }
        match request.and_then(|id| self.segment.grants().find(id.halves())) {
            Some(Found::Granted { .. }) => Delivery::Lossless,
            Some(Found::Refused) => Delivery::Refused,
            Some(Found::Revoked) => Delivery::Detached,
            None if self.grant.state == GrantState::Granted => Delivery::Detached,
            None => Delivery::Pending,
        }
    }

    /// Returns whether the publisher delivers without loss, but already serves as many subscribers as
    /// it can: all of them alive, and none of them the subscriber of this identity.
    pub(super) fn is_full_of_others(&self, topic: &dyn TopicAccess, id: EndpointId) -> bool {
        let table = self.segment.grants();
        self.segment.is_lossless()
            && table.is_full()
            && table.ids().map(EndpointId::of_halves).all(|other| {
                // It can be granted while this walks the table, in the place of one that has died.
                other != id && topic.open(&other.entry_name(Role::Subscriber)).is_ok_and(|entry| entry.is_alive())
            })
    }
}

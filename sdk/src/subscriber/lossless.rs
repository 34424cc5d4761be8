use super::source::Source;
use crate::endpoint::{Delivery, NotLossless};
use crate::protocol::grant::Found;
use crate::registry::{EndpointId, Role, TopicAccess};

/// A subscriber that asks its publishers for lossless delivery.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LosslessRequest {
    /// Under which identity it is granted.
    pub(crate) id: EndpointId,
    /// Whether publishers that fall asleep have a barrier executed here.
    pub(crate) offers_barriers: bool,
}

/// What a subscriber has of a publisher that it asks for lossless delivery.
#[derive(Debug)]
pub(super) struct GrantTracker {
    standing: GrantState,
    /// Of the publisher's table, when it was last looked at.
    changes: Option<u64>,
    /// From which cursor on publishers are woken that wait for room.
    ring_at: u64,
    /// How far it was when they were last woken.
    rung: u64,
    /// After how many messages they are woken next: a part of the depth, so that the two do not wake each other for each message.
    step: u64,
    /// Whether it was told that it has no grant.
    is_told: bool,
    /// From which cursor on its publisher must have noticed this subscriber, and is asked to look again if not.
    remind_at: u64,
    /// Why it has none, of one that asked.
    without: Option<NotLossless>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GrantState {
    /// It does not ask, or no more.
    Without,
    /// It has no grant yet.
    Waiting,
    Granted,
}

impl GrantTracker {
    /// That of a subscriber that does not ask.
    pub(super) const NONE: Self = Self {
        standing: GrantState::Without,
        changes: None,
        ring_at: u64::MAX,
        rung: u64::MAX,
        step: u64::MAX,
        is_told: false,
        remind_at: u64::MAX,
        without: None,
    };

    pub(super) fn new(cursor: u64, head: u64, depth: u64) -> Self {
        let step = (depth / 4).max(1);
        let ring_at = cursor.saturating_add(step);
        // A message that was just being published when this subscriber came is not covered, the next one is.
        let remind_at = head.max(cursor).saturating_add(2);
        let standing = GrantState::Waiting;
        Self { standing, ring_at, rung: cursor, step, remind_at, ..Self::NONE }
    }

    /// Whether there is something to settle, now that all before `cursor` was read: publishers are to be woken, or something
    /// was lost.
    #[inline]
    pub(super) fn is_due(&self, cursor: u64) -> bool {
        cursor >= self.ring_at
    }

    /// Something was lost: that is to be looked at.
    pub(super) fn hurries(&mut self) {
        if self.standing != GrantState::Without {
            self.ring_at = 0;
        }
    }

    /// Publishers are woken.
    pub(super) fn rings(&mut self, cursor: u64) {
        self.rung = cursor;
        self.ring_at = cursor.saturating_add(self.step);
    }
}

impl Source {
    /// Whether there is something to do for lossless delivery, now that there is nothing to read: to say how far this is, or to
    /// look what the publisher says.
    #[inline]
    pub(super) fn has_to_settle(&self) -> bool {
        self.grant_tracker.standing != GrantState::Without && (self.owes_a_ring() || self.has_to_look())
    }

    /// Whether the publisher has changed its grants.
    #[inline]
    pub(super) fn has_to_look(&self) -> bool {
        self.grant_tracker.changes != Some(self.segment.grants().changes())
    }

    /// Whether somebody may wait for this subscriber's cursor who was not woken since it moved.
    #[inline]
    pub(super) fn owes_a_ring(&self) -> bool {
        self.cursor.next() > self.grant_tracker.rung
    }

    /// Whether its publisher has published, and has not noticed this subscriber: somebody has to count again who came. Once.
    pub(super) fn is_unnoticed(&mut self) -> bool {
        let is_unnoticed =
            self.grant_tracker.standing == GrantState::Waiting && self.cursor.next() >= self.grant_tracker.remind_at;
        if is_unnoticed {
            self.grant_tracker.remind_at = u64::MAX;
        }
        is_unnoticed
    }

    /// Looks what the publisher grants. What is to be told, once.
    pub(super) fn look_at_grant(&mut self, id: EndpointId, has_lost: bool) -> Option<NotLossless> {
        if self.grant_tracker.standing == GrantState::Without {
            return None;
        }
        let table = self.segment.grants();
        self.grant_tracker.changes = Some(table.changes());
        let is_full = table.is_full(); // before it is looked whether this is one of those who fill it
        match (table.find(id.halves()), self.grant_tracker.standing) {
            (Some(Found::Granted { .. }), _) => self.grant_tracker.standing = GrantState::Granted,
            (Some(Found::Revoked), _) | (None, GrantState::Granted) => return self.is_without(NotLossless::Detached),
            (Some(Found::Refused), _) => return self.is_without(NotLossless::Refused),
            (None, _) if is_full && !self.grant_tracker.is_told => {
                // It may come to it yet, when others go.
                self.grant_tracker.is_told = true;
                return Some(NotLossless::Full);
            }
            (None, _) if has_lost && !self.grant_tracker.is_told => {
                self.grant_tracker.is_told = true;
                self.grant_tracker.remind_at = 0;
                return Some(NotLossless::Unnoticed);
            }
            (None, _) => {}
        }
        None
    }

    pub(super) fn is_without(&mut self, reason: NotLossless) -> Option<NotLossless> {
        self.grant_tracker = GrantTracker { without: Some(reason), ..GrantTracker::NONE };
        self.cursor = self.cursor.patient(false);
        // Nothing is to be told of one that has ended and was read to its end.
        (self.has_news() || !self.over && !self.segment.is_closed()).then_some(reason)
    }

    /// What the publisher promises the subscriber that asks under this identity, if it asks, as it says now.
    pub(super) fn delivery(&self, request: Option<EndpointId>) -> Delivery {
        if self.grant_tracker.standing == GrantState::Without {
            return match self.grant_tracker.without {
                None | Some(NotLossless::Lossy) => Delivery::Lossy,
                Some(NotLossless::Detached) => Delivery::Detached,
                Some(_) => Delivery::Refused,
            };
        }
        match request.and_then(|id| self.segment.grants().find(id.halves())) {
            Some(Found::Granted { .. }) => Delivery::Lossless,
            Some(Found::Refused) => Delivery::Refused,
            Some(Found::Revoked) => Delivery::Detached,
            None if self.grant_tracker.standing == GrantState::Granted => Delivery::Detached,
            None => Delivery::Pending,
        }
    }

    /// Whether the publisher would promise lossless delivery, and has given its word to as many as it can, all of whom live and
    /// none of whom is the subscriber of this `id`.
    pub(super) fn is_full_of_others(&self, topic: &dyn TopicAccess, id: EndpointId) -> bool {
        let table = self.segment.grants();
        self.segment.is_lossless()
            && table.is_full()
            && table.ids().map(EndpointId::of_halves).all(|other| {
                // It can come into the table while this goes through it, in the place of one that is gone.
                other != id && topic.open(&other.entry_name(Role::Subscriber)).is_ok_and(|entry| entry.is_alive())
            })
    }
}

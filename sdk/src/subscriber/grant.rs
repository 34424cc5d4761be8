//! What a subscriber knows of a grant that it has requested.

use crate::endpoint::{Delivery, NotLossless};
use crate::protocol::grant::{Found, TableView};
use crate::registry::EndpointId;

/// A subscriber's request that its publishers deliver without loss.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LosslessRequest {
    /// The identity under which it is granted.
    pub(super) id: EndpointId,
    /// Whether this process is registered for `membarrier`, so that publishers that fall asleep
    /// issue the barrier for it.
    pub(super) offers_barriers: bool,
}

/// What a subscriber knows of the grant that it has requested of one publisher.
#[derive(Debug)]
pub(super) struct GrantTracker {
    state: GrantState,
    /// How often the publisher had changed its grants when they were last inspected.
    changes: Option<u64>,
    /// From this cursor on there is something to settle.
    settle_at: u64,
    /// The cursor when publishers that wait for capacity were last notified.
    notified: u64,
    /// After how many messages they are notified again: a part of the depth, so that the two sides
    /// do not wake each other for each message.
    step: u64,
    /// Whether it was reported that there is no grant.
    is_reported: bool,
    /// From this cursor on the publisher must have noticed this subscriber. If it has not, it is
    /// asked to scan again.
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
    /// It was revoked. The publisher may give it back.
    Revoked,
}

/// What inspecting a publisher's grants has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// Nothing to report.
    Fine,
    /// There is no grant yet. It may come.
    NotYet(NotLossless),
    /// The grant was revoked. It may be given back.
    Revoked,
    /// The grant was given back.
    GivenBack,
    /// There will be no grant, or no longer.
    Denied(NotLossless),
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

    /// That of a publisher of which a grant is requested: it is read from `cursor` on, and has
    /// published up to `head`.
    pub(super) fn requested(cursor: u64, head: u64, depth: u64) -> Self {
        let step = (depth / 4).max(1);
        let settle_at = cursor.saturating_add(step);
        // A message that was being published when this subscriber joined is not covered; the next
        // one is.
        let remind_at = head.max(cursor).saturating_add(2);
        let state = GrantState::Waiting;
        Self { state, settle_at, notified: cursor, step, remind_at, ..Self::NONE }
    }

    /// That of a publisher that gives no grant.
    pub(super) fn without(reason: NotLossless) -> Self {
        Self { without: Some(reason), ..Self::NONE }
    }

    /// Returns whether there is something to settle after a message, when all before `cursor` was
    /// read: publishers are to be notified, or something was lost.
    #[inline]
    pub(super) fn is_settling_due(&self, cursor: u64) -> bool {
        cursor >= self.settle_at
    }

    /// Makes something to settle due at the next message, since something was lost.
    pub(super) fn hasten(&mut self) {
        if self.state != GrantState::Without {
            self.settle_at = 0;
        }
    }

    /// Returns whether a grant exists or is still requested.
    #[inline]
    pub(super) fn is_requested(&self) -> bool {
        self.state != GrantState::Without
    }

    /// Returns whether the cursor has moved since publishers were notified: one may wait for that.
    #[inline]
    pub(super) fn owes_notification(&self, cursor: u64) -> bool {
        cursor > self.notified
    }

    /// Notes that publishers are notified.
    pub(super) fn note_notified(&mut self, cursor: u64) {
        self.notified = cursor;
        self.settle_at = cursor.saturating_add(self.step);
    }

    /// Returns whether the publisher has changed its grants since they were last inspected.
    #[inline]
    pub(super) fn has_changes(&self, table: TableView<'_>) -> bool {
        self.changes != Some(table.changes())
    }

    /// Returns, once, whether the publisher has published without having noticed this subscriber:
    /// it must be reminded to scan.
    pub(super) fn must_remind(&mut self, cursor: u64) -> bool {
        let must_remind = self.state == GrantState::Waiting && cursor >= self.remind_at;
        if must_remind {
            self.remind_at = u64::MAX;
        }
        must_remind
    }

    /// Inspects what the publisher grants to the subscriber of this identity.
    pub(super) fn inspect(&mut self, table: TableView<'_>, id: EndpointId, has_lost: bool) -> Finding {
        if self.state == GrantState::Without {
            return Finding::Fine;
        }
        self.changes = Some(table.changes());
        // Before the search: this subscriber may be one of those that fill the table.
        let is_full = table.is_full();
        match (table.find(id.halves()), self.state) {
            (Some(Found::Granted { .. }), before) => {
                self.state = GrantState::Granted;
                if before == GrantState::Revoked {
                    return Finding::GivenBack;
                }
            }
            (Some(Found::Revoked), GrantState::Revoked) | (None, GrantState::Revoked) => {}
            (Some(Found::Revoked), _) => {
                self.state = GrantState::Revoked;
                return Finding::Revoked;
            }
            (None, GrantState::Granted) => return Finding::Denied(NotLossless::Detached),
            (Some(Found::Refused), _) => return Finding::Denied(NotLossless::Refused),
            (None, _) if is_full && !self.is_reported => {
                // It may be granted later, when others have left.
                self.is_reported = true;
                return Finding::NotYet(NotLossless::Full);
            }
            (None, _) if has_lost && !self.is_reported => {
                self.is_reported = true;
                self.remind_at = 0;
                return Finding::NotYet(NotLossless::Unnoticed);
            }
            (None, _) => {}
        }
        Finding::Fine
    }

    /// Returns what the publisher promises now to the subscriber of this identity, if that requests
    /// lossless delivery.
    pub(super) fn delivery(&self, table: TableView<'_>, request: Option<EndpointId>) -> Delivery {
        if self.state == GrantState::Without {
            return match self.without {
                None | Some(NotLossless::Lossy) => Delivery::Lossy,
                Some(NotLossless::Detached) => Delivery::Detached,
                Some(_) => Delivery::Refused,
            };
        }
        match request.and_then(|id| table.find(id.halves())) {
            Some(Found::Granted { .. }) => Delivery::Lossless,
            Some(Found::Refused) => Delivery::Refused,
            Some(Found::Revoked) => Delivery::Detached,
            None if matches!(self.state, GrantState::Granted | GrantState::Revoked) => Delivery::Detached,
            None => Delivery::Pending,
        }
    }
}

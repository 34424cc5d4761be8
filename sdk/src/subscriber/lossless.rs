//! Requesting lossless delivery of publishers, and settling what it requires.

use super::grant::{Finding, GrantTracker};
use super::source::Source;
use super::sources::Sources;
use crate::endpoint::{Delivery, NotLossless};
use crate::registry::{EndpointId, Role, TopicAccess};
use crate::shm::Line;

impl<P: TopicAccess> Sources<P> {
    /// Settles what lossless delivery of a source requires when there is nothing to read, when much
    /// was read, or when something was lost: notifies its publisher, if that waits for capacity,
    /// and inspects its grant.
    #[cold]
    #[inline(never)]
    pub(super) fn settle(&mut self, index: usize, has_lost: bool) {
        let (Some(request), Some(source)) = (self.request, self.attached.get_mut(index)) else { return };
        let cursor = source.cursor.next();
        if source.grant.owes_notification(cursor) {
            source.grant.note_notified(cursor);
            self.topic.notify_capacity(request.offers_barriers);
        }
        let must_inspect = has_lost || source.grant.has_changes(source.segment.grants());
        let reason = if must_inspect { source.inspect_grant(request.id, has_lost) } else { None };
        if source.grant.must_remind(cursor) {
            self.topic.recount_subscribers();
        }
        if let Some(reason) = reason {
            let publisher = source.peer.name.clone();
            self.warn(publisher, reason);
        }
    }
}

impl Source {
    /// Begins to request lossless delivery of a source that was just attached. Returns what is to
    /// be reported if it cannot be granted.
    pub(super) fn request_grant(&mut self) -> Option<NotLossless> {
        if !self.segment.is_lossless() {
            return self.give_up_grant(NotLossless::Lossy);
        }
        if self.line == Line::NONE {
            return self.give_up_grant(NotLossless::NoLine);
        }
        let (head, depth) = (self.segment.reader().head(), self.segment.geometry().depth());
        self.grant = GrantTracker::requested(self.cursor.next(), head, depth);
        self.cursor = self.cursor.lossless(true);
        None
    }

    /// Inspects what the publisher grants. Returns what is to be reported, once.
    fn inspect_grant(&mut self, id: EndpointId, has_lost: bool) -> Option<NotLossless> {
        match self.grant.inspect(self.segment.grants(), id, has_lost) {
            Finding::Fine => None,
            Finding::NotYet(reason) => Some(reason),
            Finding::Revoked => {
                self.cursor = self.cursor.lossless(false);
                self.reported(NotLossless::Detached)
            }
            Finding::GivenBack => {
                self.cursor = self.cursor.lossless(true);
                None
            }
            Finding::Denied(reason) => self.give_up_grant(reason),
        }
    }

    /// Requests lossless delivery no more. Returns what is to be reported.
    fn give_up_grant(&mut self, reason: NotLossless) -> Option<NotLossless> {
        self.grant = GrantTracker::without(reason);
        self.cursor = self.cursor.lossless(false);
        self.reported(reason)
    }

    /// Returns the reason, unless nothing is to be reported: of a publisher that has ended and was
    /// read to its end.
    fn reported(&self, reason: NotLossless) -> Option<NotLossless> {
        (self.has_unread() || !self.has_ended && !self.segment.is_closed()).then_some(reason)
    }

    /// Returns what the publisher promises now to the subscriber of this identity, if that requests
    /// lossless delivery.
    pub(super) fn delivery(&self, request: Option<EndpointId>) -> Delivery {
        self.grant.delivery(self.segment.grants(), request)
    }

    /// Returns whether the publisher delivers without loss, but already serves as many subscribers
    /// as it can: all of them alive, and none of them the subscriber of this identity.
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

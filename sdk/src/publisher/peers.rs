//! Waiting for subscribers: asleep until one joins, checking now and then which have died.

use super::core::PublisherCore;
use crate::endpoint::{REFRESH, wait_slice};
use crate::membership::{Membership, MembershipError};
use crate::registry::{Announcement, Peer, RegistryError, Role};
use std::collections::HashMap;
use std::time::{Duration, Instant};

impl PublisherCore {
    /// Reports the subscribers of this publisher's layout.
    pub(crate) fn membership(&self) -> Result<Membership, MembershipError> {
        if self.is_forked_copy() {
            return Err(MembershipError::Forked { topic: self.topic().clone() });
        }
        Membership::new(self.domain(), self.topic(), Role::Subscriber, self.announcement())
    }

    /// Waits up to `time` until at least `count` subscribers of this layout live. Returns whether
    /// they do.
    pub(crate) fn wait_for_subscribers(&mut self, count: usize, time: Duration) -> Result<bool, RegistryError> {
        if self.is_forked_copy() {
            return Err(RegistryError::Forked { path: self.topic.path().into() });
        }
        let deadline = Instant::now().checked_add(time); // beyond all time: none
        let mut known = HashMap::new();
        let mut refreshed = Instant::now();
        loop {
            // Before the entries are read: a subscriber that joins after that changes it.
            let seen = self.topic.joins(Role::Subscriber);
            if self.count_subscribers(&mut known)? >= count {
                // A lossless subscriber announces itself before it looks where this publisher is.
                self.grant_now();
                return Ok(true);
            }
            let Some(slice) = wait_slice(deadline) else { return Ok(false) };
            self.topic.wait(Role::Subscriber, seen, slice)?;
            if refreshed.elapsed() >= REFRESH {
                refreshed = Instant::now();
                self.refresh_quietly();
            }
        }
    }

    /// Returns how many subscribers of this layout live. No entry is read twice: those in `known`
    /// are kept open.
    fn count_subscribers(&self, known: &mut HashMap<String, Peer>) -> Result<usize, RegistryError> {
        known.retain(|_, peer| peer.is_alive().unwrap_or(true) && !peer.has_left().unwrap_or(false));
        for name in self.topic.names(Role::Subscriber)? {
            if !known.contains_key(&name)
                && let Some(peer) = self.topic.open(&name)?.live()
            {
                known.insert(name, peer);
            }
        }
        Ok(known.values().filter(|peer| self.is_of_this_layout(peer)).count())
    }

    /// Returns whether a subscriber's messages have this publisher's layout.
    pub(super) fn is_of_this_layout(&self, peer: &Peer) -> bool {
        let Announcement { schema, hash, .. } = &self.announcement;
        peer.hash == *hash && peer.schema.same_layout(schema)
    }
}

//! Waiting until so many of the other side are there: asleep until one comes, and looking now and then who has died.

use super::core::PublisherCore;
use crate::endpoint::{REFRESH, wait_slice};
use crate::membership::{Membership, MembershipError};
use crate::registry::{Announcement, Peer, RegistryError, Role};
use std::collections::HashMap;
use std::time::{Duration, Instant};

impl PublisherCore {
    /// Those of the subscribers that this publisher is there for.
    pub(crate) fn membership(&self) -> Result<Membership, MembershipError> {
        if self.is_forked_copy() {
            return Err(MembershipError::Forked { topic: self.topic().clone() });
        }
        Membership::new(self.domain(), self.topic(), Role::Subscriber, self.announcement())
    }

    /// Waits until so many subscribers of this layout live, or the time is over. Whether they do.
    pub(crate) fn wait_for_subscribers(&mut self, count: usize, time: Duration) -> Result<bool, RegistryError> {
        if self.is_forked_copy() {
            return Err(RegistryError::Forked { path: self.topic.path().into() });
        }
        let deadline = Instant::now().checked_add(time); // beyond all time: none
        let mut known = HashMap::new();
        let mut looked_at = Instant::now();
        loop {
            // Before the look: who comes after that changes it.
            let seen = self.topic.joins(Role::Subscriber);
            if self.count_subscribers(&mut known)? >= count {
                // A lossless one makes itself known before it looks where the publisher is.
                self.grant_now();
                return Ok(true);
            }
            let Some(slice) = wait_slice(deadline) else { return Ok(false) };
            self.topic.wait(Role::Subscriber, seen, slice)?;
            if looked_at.elapsed() >= REFRESH {
                looked_at = Instant::now();
                // If the topic cannot be made anew now, the next time tries again.
                let _ = self.refresh();
            }
        }
    }

    /// How many subscribers of this layout live. No entry is read twice: those that were are kept open.
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

    /// Whether a subscriber's messages have this publisher's layout.
    pub(super) fn is_of_this_layout(&self, peer: &Peer) -> bool {
        let Announcement { schema, hash, .. } = &self.announcement;
        peer.hash == *hash && peer.schema.same_layout(schema)
    }
}

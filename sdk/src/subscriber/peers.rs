//! Waiting until so many publishers are there: asleep until one comes, and looking now and then who has died.

use super::core::SubscriberCore;
use super::failure::ReadFailure;
use crate::endpoint::{REFRESH, wait_slice};
use crate::membership::{Membership, MembershipError};
use crate::registry::Role;
use std::time::{Duration, Instant};

impl SubscriberCore {
    /// Those of the publishers that this subscriber is there for.
    pub(crate) fn membership(&self) -> Result<Membership, MembershipError> {
        if self.is_forked_copy() {
            return Err(MembershipError::Forked { topic: self.topic().clone() });
        }
        Membership::new(self.domain(), self.topic(), Role::Publisher, self.announcement())
    }

    /// Waits until so many publishers that live are read from, or the time is over. Whether they are.
    pub(crate) fn wait_for_publishers(&mut self, count: usize, time: Duration) -> Result<bool, Box<ReadFailure>> {
        let deadline = Instant::now().checked_add(time); // beyond all time: none
        loop {
            self.check_open()?;
            // Before the look: who comes after that changes it.
            let seen = self.topic.joins(Role::Publisher);
            if self.publishers()?.len() >= count {
                return Ok(true);
            }
            let Some(slice) = wait_slice(deadline) else { return Ok(false) };
            self.topic.wait(Role::Publisher, seen, slice)?;
            self.refresh_sometimes(REFRESH);
        }
    }
}

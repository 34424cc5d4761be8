//! What a publisher knows of its subscribers. Nothing changes by asking.

use super::{Granted, Grants};
use crate::endpoint::Delivery;
use crate::protocol::grant;
use crate::registry::{EndpointId, Peer};

impl Granted {
    /// Returns what it is promised.
    pub(in crate::publisher) fn delivery(&self) -> Delivery {
        if self.is_lossless { Delivery::Lossless } else { Delivery::Lossy }
    }

    /// Returns how many messages it has not read, as it reports now; `next` is the sequence that
    /// will be published next. For a subscriber with lossless delivery that has not begun, these
    /// are the messages since its start. Returns `None` if the number is not known or impossible.
    pub(in crate::publisher) fn unread(&self, publisher: EndpointId, next: u64) -> Option<u64> {
        let Some(line) = self.line.or_else(|| self.control.find_line(publisher)) else {
            return self.is_lossless.then(|| next.saturating_sub(self.start));
        };
        let cursor = self.control.cursor(line, publisher)?;
        grant::is_plausible(self.cursor, cursor, next).then(|| next - cursor)
    }
}

impl Grants {
    /// Returns the subscribers whose entry in the table tells them that they are promised nothing.
    pub(in crate::publisher) fn not_granted(&self) -> impl Iterator<Item = (&Peer, Delivery)> {
        self.detached.iter().map(|detached| (&*detached.peer, detached.delivery))
    }

    /// Returns how many subscribers were detached so far.
    pub(in crate::publisher) fn detached_count(&self) -> u64 {
        self.detached_so_far
    }
}

//! What a publisher knows of those who asked it for something, without changing anything.

use super::{Granted, Grants};
use crate::endpoint::Delivery;
use crate::protocol::grant;
use crate::registry::{EndpointId, Peer};

impl Granted {
    /// What it is promised.
    pub(in crate::publisher) fn delivery(&self) -> Delivery {
        if self.is_lossless { Delivery::Lossless } else { Delivery::Lossy }
    }

    /// How many messages it has not read, as it says now; `next` is what is published next. Of one that is promised all and has
    /// not begun, those since its start. Nothing if it is not known, or cannot be.
    pub(in crate::publisher) fn unread(&self, publisher: EndpointId, next: u64) -> Option<u64> {
        let Some(line) = self.line.or_else(|| self.control.find_line(publisher)) else {
            return self.is_lossless.then(|| next.saturating_sub(self.start));
        };
        let cursor = self.control.cursor(line, publisher)?;
        grant::is_plausible(self.cursor, cursor, next).then(|| next - cursor)
    }
}

impl Grants {
    /// Those who keep an entry in the table that says that they are promised nothing.
    pub(in crate::publisher) fn not_granted(&self) -> impl Iterator<Item = (&Peer, Delivery)> {
        self.detached.iter().map(|gone| (&*gone.peer, gone.delivery))
    }

    /// How many were let go so far.
    pub(in crate::publisher) fn detached_count(&self) -> u64 {
        self.detached_so_far
    }
}

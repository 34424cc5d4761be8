//! What a subscriber can tell of the publishers that it reads. Nothing changes by being asked.

use super::fetch::Fetcher;
use super::source::Source;
use super::sources::Sources;
use crate::endpoint::Delivery;
use crate::protocol::grant::Found;
use crate::protocol::ring::LAST_SEQUENCE;
use crate::registry::{PeerName, TopicAccess};
use crate::shm::ReadProgress;
use std::fmt;

/// A publisher, as one of its subscribers sees it: see [`Subscriber::sources`](crate::Subscriber::sources).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceStatus {
    /// Who.
    pub publisher: PeerName,
    /// What this subscriber is promised.
    pub delivery: Delivery,
    /// Whether samples of its large messages are held in place, as many at once as `max_samples` says. All others are copied.
    pub in_place: bool,
    /// Where this subscriber started, what it reads next, and what of this publisher it has lost and skipped so far.
    pub progress: ReadProgress,
    /// How many messages are published and not read. Beyond the publisher's depth they may be overwritten by now.
    pub unread: u64,
    /// It has ended or died: what is unread is the last, and when it is read the publisher is forgotten.
    pub is_gone: bool,
}

impl fmt::Display for SourceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { publisher, delivery, in_place, progress: ReadProgress { lost, skipped, .. }, unread, is_gone } =
            self;
        write!(f, "{publisher}: {delivery}, {unread} unread, {lost} lost, {skipped} skipped")?;
        if *in_place {
            f.write_str(", samples in place")?;
        }
        if *is_gone { f.write_str(", gone") } else { Ok(()) }
    }
}

impl<P: TopicAccess> Sources<P> {
    /// The publishers that are read, those that are gone and not read to their end among them. A system call for each.
    pub(crate) fn statuses(&self) -> Vec<SourceStatus> {
        self.attached.iter().map(|source| self.status(source)).collect()
    }

    fn status(&self, source: &Source) -> SourceStatus {
        let pinning = self.reading.as_ref().and_then(Fetcher::subscriber);
        let pins = pinning.and_then(|id| source.segment.grants().find(id.halves()));
        let next = source.cursor.next();
        SourceStatus {
            publisher: source.peer.name.clone(),
            delivery: source.delivery(self.request.map(|request| request.id)),
            in_place: matches!(pins, Some(Found::Granted { pins: true, .. })),
            progress: ReadProgress {
                start: next - source.taken(),
                cursor: next,
                lost: source.cursor.lost(),
                skipped: source.cursor.skipped(),
            },
            // The head is what the publisher says.
            unread: source.segment.reader().head().min(LAST_SEQUENCE + 1).saturating_sub(next),
            is_gone: source.over || source.is_over(),
        }
    }
}

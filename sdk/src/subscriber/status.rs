//! What a subscriber reports about the publishers that it reads. That changes nothing.

use super::fetch::Fetcher;
use super::source::Source;
use super::sources::Sources;
use crate::endpoint::Delivery;
use crate::protocol::grant::Found;
use crate::protocol::ring::LAST_SEQUENCE;
use crate::registry::PeerName;
use crate::shm::ReadProgress;
use std::fmt;

/// A publisher, as one of its subscribers sees it.
///
/// [`Subscriber::sources`](crate::Subscriber::sources) returns it.
///
/// # Examples
///
/// ```
/// # use slotcast::{Publisher, Subscriber};
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).name("clock").create()?;
/// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
/// publisher.publish(&1)?;
/// publisher.publish(&2)?;
/// subscriber.recv()?;
/// for source in subscriber.sources()? {
///     assert_eq!(source.publisher.name, "clock");
///     assert_eq!((source.unread, source.progress.lost), (1, 0));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceStatus {
    /// The publisher.
    pub publisher: PeerName,
    /// What it promises this subscriber.
    pub delivery: Delivery,
    /// Whether samples of its large messages are held in place, up to `max_samples` at once. All
    /// others are copied.
    pub in_place: bool,
    /// Where this subscriber started, what it reads next, and what of this publisher it has lost
    /// and skipped so far.
    pub progress: ReadProgress,
    /// How many messages are published and not read. Those beyond the publisher's depth may be
    /// overwritten by now.
    pub unread: u64,
    /// Whether it has left or died: nothing follows what is unread, and once that is read it is not
    /// listed any more.
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

impl<P> Sources<P> {
    /// Returns a number that grows with each message that is delivered, lost or skipped.
    pub(super) fn taken(&self) -> u64 {
        self.attached.iter().map(Source::taken).fold(self.past.taken, u64::wrapping_add)
    }

    /// Returns how many messages were overwritten before they were read, of all publishers so far.
    pub(crate) fn lost(&self) -> u64 {
        self.attached.iter().map(|source| source.cursor.lost()).fold(self.past.lost, u64::saturating_add)
    }

    /// Returns how many messages were skipped on request, of all publishers so far.
    pub(crate) fn skipped(&self) -> u64 {
        self.attached.iter().map(|source| source.cursor.skipped()).fold(self.past.skipped, u64::saturating_add)
    }

    /// Returns the state of each publisher that is read, also of those that have ended and were not
    /// read to their end. A system call for each.
    pub(crate) fn statuses(&self) -> Vec<SourceStatus> {
        self.attached.iter().map(|source| self.status(source)).collect()
    }

    fn status(&self, source: &Source) -> SourceStatus {
        let subscriber = self.fetcher.as_ref().and_then(Fetcher::subscriber);
        let grant = subscriber.and_then(|id| source.segment.grants().find(id.halves()));
        let next = source.cursor.next();
        SourceStatus {
            publisher: source.peer.name.clone(),
            delivery: source.delivery(self.request.map(|request| request.id)),
            in_place: matches!(grant, Some(Found::Granted { pins: true, .. })),
            progress: ReadProgress {
                start: next - source.taken(),
                cursor: next,
                lost: source.cursor.lost(),
                skipped: source.cursor.skipped(),
            },
            // The head is a claim of the publisher.
            unread: source.segment.reader().head().min(LAST_SEQUENCE + 1).saturating_sub(next),
            is_gone: source.has_ended || source.check_ended(),
        }
    }
}

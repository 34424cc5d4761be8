//! How a publisher ends after its messages were read.

use super::capacity::SLICE;
use super::core::PublisherCore;
use super::laggard::{Laggard, ProcessState};
use crate::error_debug::debug_is_display;
use crate::registry::TopicName;
use crate::sys::process;
use std::time::{Duration, Instant};

/// Why not all messages were read when a publisher closed. It is closed all the same.
///
/// # Examples
///
/// ```
/// use slotcast::{CloseError, Publisher, Subscriber};
/// use std::time::Duration;
///
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// # let builder = Publisher::<u64>::builder("counter").domain(&domain).lossless(Duration::ZERO);
/// # let mut publisher = builder.create()?;
/// # let subscriber = Subscriber::<u64>::builder("counter").domain(&domain).lossless().create()?;
/// publisher.publish(&1)?;
/// match publisher.close(Duration::from_millis(1)) {
///     Err(CloseError::Unread { laggards, .. }) => assert_eq!(laggards[0].unread, 1),
///     other => panic!("{other:?}"),
/// }
/// # drop(subscriber);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseError {
    /// The time to wait is over.
    #[error(
        "topic \"{topic}\": closed before all was read, after {waited:?}: {}; {}",
        each(laggards),
        advice(laggards)
    )]
    Unread {
        /// The topic.
        topic: TopicName,
        /// The subscribers that had not read all, the worst first.
        laggards: Vec<Laggard>,
        /// How long the publisher has waited.
        waited: Duration,
    },
    /// This process was forked from the one that created the publisher, which still publishes.
    #[error("topic \"{topic}\": this publisher belongs to the process that this one was forked from: close it there")]
    Forked {
        /// The topic.
        topic: TopicName,
    },
}

debug_is_display!(CloseError {
    Unread { topic, laggards, waited },
    Forked { topic },
});

fn each(laggards: &[Laggard]) -> String {
    laggards.iter().map(Laggard::to_string).collect::<Vec<_>>().join("; ")
}

/// Returns what helps next time.
fn advice(laggards: &[Laggard]) -> &'static str {
    if laggards.iter().any(|laggard| laggard.state == ProcessState::Stopped) {
        return "continue what is stopped (`kill -CONT`) before closing, or end it";
    }
    if laggards.iter().any(|laggard| !laggard.has_begun) {
        return "let each of them receive, or drop it before closing";
    }
    "close with a longer time"
}

impl PublisherCore {
    /// Waits up to `time` until every subscriber that was promised lossless delivery has read all
    /// that was published.
    pub(crate) fn linger(&mut self, time: Duration) -> Result<(), CloseError> {
        if self.is_forked_copy() {
            return Err(CloseError::Forked { topic: self.topic().clone() });
        }
        let start = Instant::now();
        let deadline = start.checked_add(time); // beyond all time: none
        if !self.is_lossless() || self.sleep_until_read(self.next, deadline) && self.sleep_until_noticed(deadline) {
            return Ok(());
        }
        Err(CloseError::Unread {
            topic: self.topic().clone(),
            laggards: self.describe_unread(),
            waited: start.elapsed(),
        })
    }

    /// Waits until all subscribers that were detached have begun to read: otherwise they would
    /// never learn of it, as this publisher is about to end. Returns whether they have, before the
    /// deadline.
    fn sleep_until_noticed(&mut self, deadline: Option<Instant>) -> bool {
        let is_over = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        while self.grants.as_ref().is_some_and(|grants| grants.unaware().next().is_some()) {
            if is_over() {
                return false;
            }
            self.recheck_while_waiting();
            process::sleep(SLICE);
        }
        true
    }

    /// Describes those that have not read all: first those that were detached and do not know it
    /// yet.
    fn describe_unread(&self) -> Vec<Laggard> {
        let Some(grants) = &self.grants else { return Vec::new() };
        let unaware = grants.unaware().map(|(peer, start)| Laggard {
            subscriber: peer.name.clone(),
            unread: self.next - start,
            has_begun: false,
            state: ProcessState::of(peer),
        });
        unaware.chain(grants.describe_laggards(self.next, self.next)).collect()
    }
}

use super::Distribution;
use serde::Serialize;

/// From what the intervals between messages are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum IntervalSource {
    /// From the times of publishing, which the messages carry. Exact.
    #[default]
    Timestamps,
    /// From when a poll has seen them. Where several messages have come between two polls, it is
    /// their mean.
    Polls,
}

/// What has happened on a topic since some time. All of it only grows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Period {
    /// Messages that were published. Exact.
    pub(crate) messages: u64,
    /// Their size in bytes. Exact, as long as `sized` is `messages`.
    pub(crate) bytes: u64,
    /// Messages whose size is known. The size of the others is the mean of those that were read
    /// together with them.
    pub(crate) sized: u64,
    /// The size of the smallest and of the largest message whose size is known, in bytes.
    pub(crate) sizes: Option<(u64, u64)>,
    /// What subscribers have lost: each message counts once for each subscriber that lost it.
    pub(crate) lost: u64,
    /// What was delivered to subscribers; each message counts once for each of them.
    pub(crate) received: u64,
    /// Nanoseconds between messages of the same publisher that follow each other.
    pub(crate) intervals: Distribution,
    /// From what these are known, of the publisher of which least is known.
    pub(crate) interval_source: IntervalSource,
    /// Nanoseconds from publishing to when a poll has seen the message.
    pub(crate) seen: Distribution,
}

impl Period {
    /// Adds another period.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.messages += other.messages;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.sized += other.sized;
        self.sizes = match (self.sizes, other.sizes) {
            (Some(ours), Some(theirs)) => Some((ours.0.min(theirs.0), ours.1.max(theirs.1))),
            (ours, theirs) => ours.or(theirs),
        };
        self.lost += other.lost;
        self.received += other.received;
        self.intervals.extend(&other.intervals);
        self.interval_source = self.interval_source.max(other.interval_source);
        self.seen.extend(&other.seen);
    }

    /// Adds messages of a known size.
    pub(super) fn add_size(&mut self, bytes: u64, messages: u64) {
        self.bytes = self.bytes.saturating_add(bytes.saturating_mul(messages));
        self.sized += messages;
        let (least, most) = self.sizes.unwrap_or((bytes, bytes));
        self.sizes = Some((least.min(bytes), most.max(bytes)));
    }

    /// Returns whether the size of some messages is estimated.
    pub(crate) fn is_size_estimated(&self) -> bool {
        self.sized < self.messages
    }

    /// Forgets the distributions: what is left needs no memory of its own.
    pub(super) fn without_distributions(&self) -> Self {
        Self { intervals: Distribution::default(), seen: Distribution::default(), ..*self }
    }
}

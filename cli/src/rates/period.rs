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

/// What has happened on a topic since some time. All of it only grows, and stays at the largest
/// number, because endpoints can claim any.
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
        self.messages = self.messages.saturating_add(other.messages);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.sized = self.sized.saturating_add(other.sized);
        self.sizes = match (self.sizes, other.sizes) {
            (Some(ours), Some(theirs)) => Some((ours.0.min(theirs.0), ours.1.max(theirs.1))),
            (ours, theirs) => ours.or(theirs),
        };
        self.lost = self.lost.saturating_add(other.lost);
        self.received = self.received.saturating_add(other.received);
        self.intervals.extend(&other.intervals);
        self.interval_source = self.interval_source.max(other.interval_source);
        self.seen.extend(&other.seen);
    }

    /// Adds messages of a known size.
    pub(super) fn add_size(&mut self, bytes: u64, messages: u64) {
        self.bytes = self.bytes.saturating_add(bytes.saturating_mul(messages));
        self.sized = self.sized.saturating_add(messages);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_at_the_largest() {
        let most = u64::MAX;
        let mut period = Period { messages: most, lost: most, received: most, ..Period::default() };
        period.add_size(most, most);
        period.intervals.add(7, most);
        period.intervals.add(7, most);
        let other = period.clone();
        period.extend(&other);
        assert_eq!([period.messages, period.bytes, period.sized, period.lost, period.received], [most; 5]);
        let quantiles = period.intervals.quantiles().expect("there are values");
        assert_eq!((quantiles.count, quantiles.p50, quantiles.max), (most, 7, 7));
    }
}

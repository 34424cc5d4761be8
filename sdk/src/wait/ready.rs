use crate::sync::Word;
use std::fmt;
use std::time::Duration;

/// Something in a [`WaitSet`](crate::WaitSet). No other thing in this process ever gets the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u64);

impl Key {
    /// The number that no key has.
    pub(super) const NONE: u64 = 0;

    /// The next one: higher than all before.
    pub(super) fn next() -> Self {
        static NEXT: Word = Word::new(Key::NONE + 1);
        Self(NEXT.next_number())
    }

    pub(super) fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What a wait reports of one thing in the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ready {
    /// What it is about.
    pub key: Key,
    /// What has happened.
    pub kind: ReadyKind,
}

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadyKind {
    /// A subscriber may have messages, or something else to tell, such as an error: call `try_recv` until it returns
    /// nothing. Reported by each wait until then.
    Messages,
    /// A subscriber has had no message for as long as its [`deadline`](crate::WaitSet::deadline) allows. Reported once, and
    /// again only when a message has come and the deadline is missed after it.
    Missed {
        /// The time since the set saw the last message, or since the deadline was set.
        silence: Duration,
    },
    /// A foreign descriptor is ready. Reported by each wait as long as that is so.
    Descriptor {
        /// Fetcher would not wait: something is there, or the end, or an error.
        readable: bool,
        /// The same for writing.
        writable: bool,
        /// The other side is gone or sends nothing more, or the descriptor has failed. What was sent before can still be
        /// read; then it should be removed, or each wait reports it.
        closed: bool,
    },
    /// So many periods of an [`interval`](crate::WaitSet::interval) have ended since its last report: 1, or more if
    /// nobody waited for it in time. Reported once.
    Interval {
        /// At least 1.
        periods: u64,
    },
    /// A [`Trigger`](crate::Trigger) was fired, once or more often, since its last report. Reported once.
    Triggered,
}

use std::fmt;

/// What a publisher has promised a subscriber, seen from either side: that nothing is lost, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// Nothing: the subscriber has not asked, or the publisher is not lossless. What is overwritten before it was read is
    /// lost.
    Lossy,
    /// The subscriber has asked a lossless publisher, which has not answered yet. It does before its next message, unless it
    /// has given its word to as many as it can: then when others go.
    Pending,
    /// Nothing is lost: the publisher waits for the subscriber.
    Lossless,
    /// The same, until the subscriber did not read in time, or said what cannot be. The publisher waits for it no more.
    Detached,
    /// The subscriber has asked, and cannot have it: see [`NotLossless::Refused`](crate::NotLossless::Refused) and
    /// [`NotLossless::NoLine`](crate::NotLossless::NoLine).
    Refused,
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lossy => "lossy",
            Self::Pending => "lossless requested",
            Self::Lossless => "lossless",
            Self::Detached => "detached",
            Self::Refused => "lossless refused",
        })
    }
}

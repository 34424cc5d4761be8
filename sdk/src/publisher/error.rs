use super::backpressure::LagTimeout;
use super::core::NotPublished;
use super::large::NotLent;
use crate::endpoint::error_debug::debug_is_display;
use crate::publisher::pool::{NoSlot, PoolExhausted};
use crate::shm::MAX_POOL;

/// Why nothing was lent.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoanError {
    /// All memory for large messages is held by somebody.
    #[error(transparent)]
    PoolExhausted(Box<PoolExhausted>),
    /// The message has more elements than [`max_len`](crate::PublisherBuilder::max_len) says.
    #[error("a message of {len} elements is longer than `max_len`, {max}: raise that where the publisher is made")]
    TooLong {
        /// How many it was to have.
        len: u64,
        /// The most.
        max: u64,
    },
    /// The message is larger than the pool.
    #[error(
        "a message of {of} bytes is larger than all memory for messages, {pool} bytes: {advice}",
        of = of(*bytes), advice = advice(*bytes)
    )]
    TooLarge {
        /// Its size; `u64::MAX` if it is that or more.
        bytes: u64,
        /// The size of the pool.
        pool: u64,
    },
    /// The kernel gives no memory.
    #[error("cannot get {bytes} bytes more of shared memory: {reason}")]
    Memory {
        /// How many.
        bytes: u64,
        /// What the kernel answered.
        reason: Box<str>,
    },
    /// This process was forked off the one that made the publisher, which still publishes. Make a new one.
    #[error("this publisher belongs to the process that this one was forked from: make a new one")]
    Forked,
}

debug_is_display!(LoanError {
    PoolExhausted(value),
    TooLong { len, max },
    TooLarge { bytes, pool },
    Memory { bytes, reason },
    Forked,
});

fn of(bytes: u64) -> String {
    if bytes == u64::MAX { format!("more than {}", bytes - 1) } else { bytes.to_string() }
}

fn advice(bytes: u64) -> String {
    if bytes > MAX_POOL {
        return format!("split it, since `max_memory` can be at most {MAX_POOL}");
    }
    "raise `max_memory` where the publisher is made".into()
}

impl LoanError {
    #[cold]
    pub(crate) fn new(reason: NotLent, len: u64) -> Self {
        match reason {
            NotLent::Forked => Self::Forked,
            NotLent::TooLong { max } => Self::TooLong { len, max },
            NotLent::Pool(NoSlot::TooLarge { bytes, pool }) => Self::TooLarge { bytes, pool },
            NotLent::Pool(NoSlot::PoolExhausted(exhausted)) => Self::PoolExhausted(exhausted),
            NotLent::Pool(NoSlot::Memory { bytes, reason }) => {
                Self::Memory { bytes, reason: reason.to_string().into() }
            }
        }
    }
}

/// Why a message was not published. Nothing of it is seen by anybody.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// There is no memory for the message.
    #[error(transparent)]
    NoMemory(#[from] LoanError),
    /// All 2^62 sequences of this publisher are used. Make a new one.
    #[error("this publisher has used all its sequences: make a new one")]
    SequencesExhausted,
    /// This process was forked off the one that made the publisher, which still publishes. Make a new one.
    #[error("this publisher belongs to the process that this one was forked from: make a new one")]
    Forked,
    /// There is no room now: a subscriber that was promised lossless delivery has as many messages unread as the
    /// publisher's depth. From [`Publisher::try_publish`](crate::Publisher::try_publish).
    #[error("there is no room for a message until its subscribers have read: publish later, or wait with `publish`")]
    Full,
    /// There was no room within the publisher's timeout: subscribers that were promised lossless delivery are behind.
    #[error("nothing was published: {0}; raise `depth` or the timeout, or let laggards go (`LaggardPolicy::Detach`)")]
    LagTimeout(Box<LagTimeout>),
}

debug_is_display!(PublishError {
    NoMemory(value),
    SequencesExhausted,
    Forked,
    Full,
    LagTimeout(value),
});

impl From<NotPublished> for PublishError {
    #[cold]
    fn from(reason: NotPublished) -> Self {
        match reason {
            NotPublished::SequencesExhausted => Self::SequencesExhausted,
            NotPublished::Forked => Self::Forked,
            NotPublished::Full => Self::Full,
            NotPublished::LagTimeout(behind) => Self::LagTimeout(behind),
        }
    }
}

/// Why a loan was not sent. It is handed back.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum SendError<L> {
    /// The loan is of another publisher.
    #[error("this loan is of another publisher: send it with the one that lent it")]
    Foreign(L),
    /// All 2^62 sequences of this publisher are used. Make a new one.
    #[error("this publisher has used all its sequences: make a new one")]
    SequencesExhausted(L),
    /// This process was forked off the one that made the publisher, which still publishes. Make a new one.
    #[error("this publisher belongs to the process that this one was forked from: make a new one")]
    Forked(L),
    /// There is no room now; see [`PublishError::Full`]. From [`Publisher::try_send`](crate::Publisher::try_send).
    #[error("there is no room for this loan until its subscribers have read: send it later, or wait with `send`")]
    Full(L),
    /// There was no room within the publisher's timeout; see [`PublishError::LagTimeout`].
    #[error("the loan was not sent: {1}; raise `depth` or the timeout, or let laggards go (`LaggardPolicy::Detach`)")]
    LagTimeout(L, Box<LagTimeout>),
}

impl<L> SendError<L> {
    #[cold]
    pub(super) fn new(reason: NotPublished, loan: L) -> Self {
        match reason {
            NotPublished::SequencesExhausted => Self::SequencesExhausted(loan),
            NotPublished::Forked => Self::Forked(loan),
            NotPublished::Full => Self::Full(loan),
            NotPublished::LagTimeout(behind) => Self::LagTimeout(loan, behind),
        }
    }

    /// The loan.
    pub fn into_inner(self) -> L {
        match self {
            Self::Foreign(loan)
            | Self::SequencesExhausted(loan)
            | Self::Forked(loan)
            | Self::Full(loan)
            | Self::LagTimeout(loan, _) => loan,
        }
    }
}

debug_is_display!(SendError<L> {
    Foreign,
    SequencesExhausted,
    Forked,
    Full,
    LagTimeout,
});

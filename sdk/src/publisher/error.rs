//! What publishing can fail with.
//!
//! | operation | error |
//! | --- | --- |
//! | `new`, `create`, `refresh` | [`CreateError`](crate::CreateError) |
//! | `loan…` | [`LoanError`] |
//! | `publish…` | [`PublishError`] |
//! | `send`, `publish_partial`, `finish` and their `try_…` | [`SendError`]: a [`PublishError`] and the loan |
//! | `PartialLoan::advance` | [`BeyondEnd`](crate::BeyondEnd) |
//! | `close` | [`CloseError`](crate::CloseError) |

use super::laggard::LagTimeout;
use crate::error_debug::debug_is_display;
use crate::publisher::pool::PoolExhausted;
use crate::registry::TopicName;
use crate::shm::MAX_POOL;
use std::fmt;

/// Why no memory was lent.
///
/// # Examples
///
/// ```
/// use slotcast::{LoanError, Publisher};
///
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// let mut publisher = Publisher::<[u8]>::builder("text").domain(&domain).max_len(100).create()?;
/// match publisher.loan_slice(101) {
///     Err(LoanError::TooLong { len, max, .. }) => assert_eq!((len, max), (101, 100)),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoanError {
    /// All memory for large messages is in use.
    #[error(transparent)]
    PoolExhausted(Box<PoolExhausted>),
    /// The message has more elements than [`max_len`](crate::PublisherBuilder::max_len) allows.
    #[error(
        "topic \"{topic}\": a message of {len} elements is longer than `max_len`, {max}: raise that where \
         the publisher is \
         created"
    )]
    TooLong {
        /// The topic.
        topic: TopicName,
        /// How many elements the message has.
        len: u64,
        /// How many are allowed.
        max: u64,
    },
    /// The message is larger than the pool.
    #[error(
        "topic \"{topic}\": a message of {of} bytes is larger than all memory for messages, {pool} bytes: {advice}",
        of = of(*bytes), advice = advice(*bytes)
    )]
    TooLarge {
        /// The topic.
        topic: TopicName,
        /// The size of the message; `u64::MAX` if it is that or more.
        bytes: u64,
        /// The size of the pool.
        pool: u64,
    },
    /// The kernel gives no memory.
    #[error("topic \"{topic}\": no memory for a slot of {bytes} bytes, in which a message is written: {reason}")]
    Memory {
        /// The topic.
        topic: TopicName,
        /// The size of the slot: that of the message, rounded up.
        bytes: u64,
        /// What the kernel answered, and what to do.
        reason: Box<str>,
    },
    /// This process was forked from the one that created the publisher, which still publishes.
    /// Create a new one.
    #[error("topic \"{topic}\": this publisher belongs to the process that this one was forked from: create a new one")]
    Forked {
        /// The topic.
        topic: TopicName,
    },
}

debug_is_display!(LoanError {
    PoolExhausted(value),
    TooLong { topic, len, max },
    TooLarge { topic, bytes, pool },
    Memory { topic, bytes, reason },
    Forked { topic },
});

fn of(bytes: u64) -> String {
    if bytes == u64::MAX { format!("more than {}", bytes - 1) } else { bytes.to_string() }
}

fn advice(bytes: u64) -> String {
    if bytes > MAX_POOL {
        return format!("split it, since `max_memory` can be at most {MAX_POOL}");
    }
    "raise `max_memory` where the publisher is created".into()
}

/// Why a message was not published. No subscriber sees anything of it.
///
/// # Examples
///
/// ```
/// use slotcast::{PublishError, Publisher, Subscriber};
/// use std::time::Duration;
///
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// let mut publisher =
///     Publisher::<u64>::builder("counter").domain(&domain).depth(2).lossless(Duration::ZERO).create()?;
/// let mut slow = Subscriber::<u64>::builder("counter").domain(&domain).lossless().create()?;
/// publisher.publish(&1)?;
/// publisher.publish(&2)?;
/// match publisher.try_publish(&3) {
///     Err(PublishError::Full { topic }) => println!("{topic}: later"),
///     other => panic!("{other:?}"),
/// }
/// # assert_eq!(*slow.recv()?, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// There is no memory for the message.
    #[error(transparent)]
    NoMemory(#[from] LoanError),
    /// All 2^62 sequences of this publisher are used. Create a new one.
    #[error("topic \"{topic}\": this publisher has used all its sequences: create a new one")]
    SequencesExhausted {
        /// The topic.
        topic: TopicName,
    },
    /// This process was forked from the one that created the publisher, which still publishes.
    /// Create a new one.
    #[error("topic \"{topic}\": this publisher belongs to the process that this one was forked from: create a new one")]
    Forked {
        /// The topic.
        topic: TopicName,
    },
    /// A lossless subscriber has as many messages unread as the publisher's depth. Only from calls
    /// that never wait, such as [`Publisher::try_publish`](crate::Publisher::try_publish).
    #[error(
        "topic \"{topic}\": a lossless subscriber has not read the oldest message yet: publish later, or \
         wait with the call that has no `try_`; `Publisher::readers` shows which one lags, and whether it is stopped"
    )]
    Full {
        /// The topic.
        topic: TopicName,
    },
    /// Lossless subscribers did not read within the publisher's timeout.
    #[error(transparent)]
    LagTimeout(Box<LagTimeout>),
    /// The loan is of another publisher.
    #[error("topic \"{topic}\": this loan is of another publisher: send it with the one that lent it")]
    ForeignLoan {
        /// The topic of the publisher that was to publish it.
        topic: TopicName,
    },
    /// The publisher has another partial message.
    #[error("topic \"{topic}\": this publisher has another partial message already: finish or drop that one first")]
    PartialOpen {
        /// The topic.
        topic: TopicName,
    },
}

debug_is_display!(PublishError {
    NoMemory(value),
    SequencesExhausted { topic },
    Forked { topic },
    Full { topic },
    LagTimeout(value),
    ForeignLoan { topic },
    PartialOpen { topic },
});

/// Why a loan was not sent. It is handed back.
///
/// # Examples
///
/// ```
/// use slotcast::{PublishError, Publisher, SendError};
///
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// let mut left = Publisher::<u64>::builder("left").domain(&domain).create()?;
/// let mut right = Publisher::<u64>::builder("right").domain(&domain).create()?;
/// let loan = left.loan()?;
/// let Err(SendError { loan, reason }) = right.send(loan) else { panic!("sent") };
/// assert!(matches!(reason, PublishError::ForeignLoan { .. }));
/// left.send(loan)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SendError<L, R = PublishError> {
    /// The loan.
    pub loan: L,
    /// Why it was not sent.
    pub reason: R,
}

impl<L, R> SendError<L, R> {
    #[cold]
    pub(crate) fn new(reason: R, loan: L) -> Self {
        Self { loan, reason }
    }

    /// Returns the loan.
    pub fn into_inner(self) -> L {
        self.loan
    }
}

impl<L> From<SendError<L>> for PublishError {
    fn from(error: SendError<L>) -> Self {
        error.reason
    }
}

impl<L, R: fmt::Display> std::error::Error for SendError<L, R> {}

impl<L, R: fmt::Display> fmt::Display for SendError<L, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl<L, R: fmt::Display> fmt::Debug for SendError<L, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.reason, f)
    }
}

//! Why a durable subscriber cannot go on.

use slotcast::dynamic::OpenError;
use slotcast::{CallError, CreateError, RecvError, TopicName};

/// Why a durable subscriber cannot be created, or what it cannot receive.
///
/// # Examples
///
/// ```
/// use slotcast_record::{DurableError, DurableSubscriber};
/// use std::time::Duration;
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut late = DurableSubscriber::of::<u64>("counter", &domain)?;
/// let error = late.next_timeout(Duration::ZERO).unwrap_err();
/// assert!(matches!(error, DurableError::NoLog { .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DurableError {
    /// The topic cannot be subscribed to.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The log cannot be called.
    #[error("the log of the topic cannot be called: {0}")]
    Create(#[from] CreateError),
    /// Nobody keeps a log of the topic.
    #[error(
        "topic \"{topic}\" has no log, in which what was published before would be: start `slotcast record --serve`"
    )]
    NoLog {
        /// The topic.
        topic: TopicName,
    },
    /// The log has ended, or refuses.
    #[error("topic \"{topic}\": what is missing cannot be had from its log: {reason}")]
    Log {
        /// The topic.
        topic: TopicName,
        /// Why.
        reason: CallError,
    },
    /// What the log has sent is no message of the topic.
    #[error("topic \"{topic}\": its log has sent what is no message of the topic: {found}")]
    Malformed {
        /// The topic.
        topic: TopicName,
        /// What it is.
        found: String,
    },
    /// What is published cannot be received.
    #[error(transparent)]
    Receive(#[from] RecvError),
}

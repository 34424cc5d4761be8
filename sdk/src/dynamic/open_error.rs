use crate::endpoint::CreateError;
use crate::error_debug::debug_is_display;
use crate::registry::{PeerName, TopicName, TopicNameError};
use crate::schema::SchemaError;

/// Why a subscriber or reader without a type cannot be created.
///
/// # Examples
///
/// ```
/// use slotcast::dynamic::{OpenError, Subscriber};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// match Subscriber::builder("counter").domain(&domain).create() {
///     Err(OpenError::NoPublisher { topic }) => println!("nobody publishes on {topic} yet"),
///     Err(error) => return Err(error.into()),
///     Ok(_) => unreachable!(),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// No publisher is present, so the layout of the topic's messages is not known.
    #[error(
        "topic \"{topic}\" has no publisher, so the layout of its messages is not known: start a publisher first, or \
         set the layout where this is created"
    )]
    NoPublisher {
        /// The topic.
        topic: TopicName,
    },
    /// The layout that a publisher claims for its messages is invalid.
    #[error("topic \"{topic}\": the layout that its publisher ({publisher}) claims is invalid: {reason}")]
    Schema {
        /// The topic.
        topic: TopicName,
        /// The publisher.
        publisher: Box<PeerName>,
        /// What is wrong with it.
        reason: SchemaError,
    },
    /// As for typed subscribers.
    #[error(transparent)]
    Create(#[from] CreateError),
}

debug_is_display!(OpenError {
    NoPublisher { topic },
    Schema { topic, publisher, reason },
    Create(value),
});

impl From<TopicNameError> for OpenError {
    fn from(error: TopicNameError) -> Self {
        CreateError::from(error).into()
    }
}

use crate::endpoint::{AttachError, Mismatch};
use crate::error_debug::debug_is_display;
use crate::registry::{PeerName, RegistryError, TopicName};
use std::sync::Arc;

/// Why an event was not counted.
///
/// # Examples
///
/// ```
/// use slotcast::{Notifier, NotifyError};
///
/// fn stop(button: &mut Notifier) -> Result<(), NotifyError> {
///     button.notify(1) // fails only in a process that was forked from the button's
/// }
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum NotifyError {
    /// This process was forked from the one that created the notifier. Create a new one.
    #[error("events \"{topic}\": this notifier belongs to the process that this one was forked from: create a new one")]
    Forked {
        /// The topic of the notifier and its listeners.
        topic: TopicName,
    },
}

debug_is_display!(NotifyError { Forked { topic } });

/// Why listening failed. The listener stays usable: each error is reported once, and other notifiers
/// are heard as before.
///
/// # Examples
///
/// ```
/// use slotcast::{ListenError, Listener};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut listener: Listener = Listener::builder("estop").domain(&domain).create()?;
/// listener.closer().close();
/// loop {
///     match listener.recv() {
///         Ok(notice) => println!("{notice}"),
///         Err(ListenError::Closed { .. }) => break, // nothing will be heard by waiting
///         Err(error) => eprintln!("{error}"),       // the next call goes on
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// A notifier has joined whose ids have other names or numbers. It is not heard.
    #[error(transparent)]
    Mismatch(Box<Mismatch>),
    /// A notifier has joined whose memory or entry cannot be used. It is not heard.
    #[error(transparent)]
    Attach(Box<AttachError>),
    /// An event has happened whose number is none of this listener's ids.
    #[error(
        "events \"{topic}\": the notifier ({notifier}) has told of event {id} ({count} times), which is no id here"
    )]
    UnknownId {
        /// The topic of the notifier and its listeners.
        topic: TopicName,
        /// Who has told.
        notifier: Arc<PeerName>,
        /// The number.
        id: u8,
        /// How often.
        count: u64,
    },
    /// A counter of a notifier has become less, which no notifier does that keeps the protocol. It
    /// is heard no further.
    #[error(
        "events \"{topic}\": the memory of the notifier ({notifier}) is corrupt: event {id} had happened {seen} times, \
         and now only {found} times; detached from it, restart it"
    )]
    Corrupt {
        /// The topic of the notifier and its listeners.
        topic: TopicName,
        /// The owner of the memory.
        notifier: Arc<PeerName>,
        /// The event's number.
        id: u8,
        /// How often it had happened.
        seen: u64,
        /// How often it has now.
        found: u64,
    },
    /// The registry cannot be read, or this process is short of something.
    #[error("events \"{topic}\": {reason}")]
    Registry {
        /// The topic of the notifier and its listeners.
        topic: TopicName,
        /// Why.
        reason: RegistryError,
    },
    /// The listener was [closed](crate::Closer::close), so nothing is waited for.
    #[error("events \"{topic}\": the listener was closed")]
    Closed {
        /// The topic of the notifier and its listeners.
        topic: TopicName,
    },
    /// This process was forked from the one that created the listener. Create a new one.
    #[error("events \"{topic}\": this listener belongs to the process that this one was forked from: create a new one")]
    Forked {
        /// The topic of the notifier and its listeners.
        topic: TopicName,
    },
}

debug_is_display!(ListenError {
    Mismatch(value),
    Attach(value),
    UnknownId { topic, notifier, id, count },
    Corrupt { topic, notifier, id, seen, found },
    Registry { topic, reason },
    Closed { topic },
    Forked { topic },
});

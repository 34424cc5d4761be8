//! Events: something happened, and how often. No message, no queue.
//!
//! A notifier counts in its own memory, and a listener compares with what it has seen. So nothing is
//! ever lost, and nobody waits. Both meet in the part `~events` of the event's name, as publishers
//! and subscribers do in a topic.

mod core;
mod create;
mod error;
mod id;
mod listener;
mod listener_builder;
mod notice;
mod notifier;
mod notifier_builder;
mod sources;
mod waiting;

pub use error::{ListenError, NotifyError};
pub use id::EventId;
pub use listener::Listener;
pub use listener_builder::ListenerBuilder;
pub use notice::Notice;
pub use notifier::Notifier;
pub use notifier_builder::NotifierBuilder;

use crate::endpoint::CreateError;
use crate::registry::{Part, TopicName, TopicNameError};

/// Returns the topic in which the notifiers and listeners of a name meet.
fn part_of(name: &Result<TopicName, TopicNameError>) -> Result<TopicName, CreateError> {
    let name = name.clone()?;
    match name.split().1 {
        None => Ok(name.part(Part::Events)),
        Some(part) => {
            let reason = format!("it is a part, `{part}`, of something: events need a name of their own");
            Err(CreateError::Setting { topic: name, reason })
        }
    }
}

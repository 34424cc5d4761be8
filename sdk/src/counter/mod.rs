//! Counters and errors of a process, for people and monitoring to see: numbers in the process's own
//! memory, which nobody has to ask it for.
//!
//! A set of counters is announced in the part `~counters` of its name, as a publisher is in a topic.

mod builder;
mod counters;
mod create;
mod error;
mod handle;
mod view;

pub use builder::CountersBuilder;
pub use counters::Counters;
pub use error::CounterError;
pub use handle::Counter;
pub use view::{CounterSet, CounterValue, ReportedError};

use crate::endpoint::CreateError;
use crate::registry::{Part, TopicName, TopicNameError};

/// Returns the topic in which the sets of a name are announced.
fn part_of(name: &Result<TopicName, TopicNameError>) -> Result<TopicName, CreateError> {
    let name = name.clone()?;
    match name.split().1 {
        None => Ok(name.part(Part::Counters)),
        Some(part) => {
            let reason = format!("it is a part, `{part}`, of something: counters need a name of their own");
            Err(CreateError::Setting { topic: name, reason })
        }
    }
}

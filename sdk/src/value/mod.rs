//! The latest value: one writer, any number of readers, nobody waits.
//!
//! A value is a topic, the part `~value` of its name, with one exclusive publisher and a small ring. So
//! what is written last is whole in one of its cells, whatever becomes of the writer while it writes
//! another. A reader skips to the newest one, and keeps it.
//!
//! A value that survives its writer is in a file. See `registry::kept`.

mod create;
mod error;
pub(crate) mod newest;
mod reader;
mod reader_builder;
mod version;
mod view;
mod writer;
mod writer_builder;

pub use error::SetError;
pub use reader::ValueReader;
pub use reader_builder::ValueReaderBuilder;
pub use version::Version;
pub use view::Value;
pub use writer::ValueWriter;
pub use writer_builder::ValueWriterBuilder;

use crate::endpoint::CreateError;
use crate::registry::{Part, TopicName, TopicNameError};
use crate::shm::LARGEST_INLINE;

/// How many values are whole in a ring at least. With one, a reader could be overtaken for long by a
/// writer in a loop: it has as long as the writer needs for this many to copy a value. Large ones take
/// longer to write, and each of them takes a place in the pool.
pub(crate) const fn depth(size: u64) -> u64 {
    if size <= LARGEST_INLINE { 6 } else { 1 }
}

/// Returns the topic in which the writer and the readers of a name meet.
pub(crate) fn part_of(name: Result<TopicName, TopicNameError>) -> Result<TopicName, CreateError> {
    let name = name?;
    match name.split().1 {
        None => Ok(name.part(Part::Value)),
        Some(Part::Value) => Ok(name), // a tool was pointed at it
        Some(part) => {
            let reason = format!("it is a part, `{part}`, of something: a value needs a name of its own");
            Err(CreateError::Setting { topic: name, reason })
        }
    }
}

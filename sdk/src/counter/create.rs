//! How sets of counters are created: their memory is made, and they are announced.

use super::{Counters, CountersBuilder, part_of};
use crate::endpoint::{Announced, CreateError, Retry, announce_memory};
use crate::registry::{Announcement, Registration, TopicDirectory};
use crate::schema::ShmMessage;
use crate::shm::CounterSegment;

impl CountersBuilder {
    /// Creates the set. Its memory has nine pages. Several processes can have sets of the same name.
    ///
    /// # Errors
    /// When the name is not valid, the registry cannot be used, or there is no memory.
    pub fn create(self) -> Result<Counters, CreateError> {
        let topic = part_of(&self.counters)?;
        let retry = Retry::new();
        loop {
            let registry = |reason| CreateError::Registry { topic: topic.clone(), reason };
            let directory = TopicDirectory::enter(&self.domain, &topic).map_err(registry)?;
            match self.announce(&directory) {
                Ok((segment, announcement, registration)) => {
                    return Ok(Counters::of(directory, segment, announcement, registration));
                }
                Err(_) if retry.is_worthwhile(&directory) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn announce(
        &self,
        directory: &TopicDirectory,
    ) -> Result<(CounterSegment, Announcement, Registration), CreateError> {
        let (schema, hash) = (i64::SCHEMA, i64::HASH);
        let announced = Announced { name: &self.name, schema, hash, bytes: CounterSegment::BYTES };
        let create = |id| CounterSegment::create(directory, self.placement, id, hash);
        announce_memory(directory, &announced, create, CounterSegment::entry)
    }
}

//! How sets of counters are created: their memory is made, and they are announced.

use super::{Counters, CountersBuilder, part_of};
use crate::endpoint::{CreateError, Retry};
use crate::registry::{Announcement, EndpointId, Qos, Registration, Role, TopicDirectory};
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
        let topic = directory.name();
        let bytes = CounterSegment::BYTES as u64;
        let memory = |reason| CreateError::Memory { topic: topic.clone(), bytes, reason };
        let id = EndpointId::random().map_err(memory)?;
        let segment = CounterSegment::create(directory, self.placement, id, i64::HASH).map_err(memory)?;
        let announced: Result<_, CreateError> = (|| {
            let announcement = Announcement {
                role: Role::Publisher,
                id,
                name: self.name.clone(),
                schema: i64::SCHEMA.clone(),
                hash: i64::HASH,
                qos: Qos::default(),
                memory: Some(segment.entry().map_err(memory)?),
            };
            let registration = directory
                .announce(&announcement)
                .map_err(|reason| CreateError::Registry { topic: topic.clone(), reason })?;
            Ok((announcement, registration))
        })();
        let (announcement, registration) = announced.inspect_err(|_| directory.forget_memory(id))?;
        Ok((segment, announcement, registration))
    }
}

//! How notifiers and listeners are created: their memory is made, and they are announced.

use super::core::Core;
use super::sources::{Ids, Sources};
use super::{EventId, Listener, ListenerBuilder, Notifier, NotifierBuilder, part_of};
use crate::endpoint::{Announced, CreateError, Retry, announce_memory};
use crate::registry::{Announcement, EndpointId, Qos, Registration, Role, TopicDirectory};
use crate::shm::EventSegment;
use crate::sys::fork::Origin;
use crate::sys::process;
use crate::wait::Closer;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Instant;

impl<E: EventId> NotifierBuilder<E> {
    /// Creates the notifier. Its memory has one page.
    ///
    /// # Errors
    /// When the name is not valid, the registry cannot be used, or there is no memory.
    pub fn create(self) -> Result<Notifier<E>, CreateError> {
        let topic = part_of(&self.events)?;
        let retry = Retry::new();
        loop {
            let registry = |reason| CreateError::Registry { topic: topic.clone(), reason };
            let directory = TopicDirectory::enter(&self.domain, &topic).map_err(registry)?;
            match self.announce(&directory) {
                Ok((segment, announcement, registration)) => {
                    return Ok(Notifier::of(directory, segment, announcement, registration));
                }
                Err(_) if retry.is_worthwhile(&directory) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn announce(&self, directory: &TopicDirectory) -> Result<(EventSegment, Announcement, Registration), CreateError> {
        let (schema, hash) = (E::SCHEMA, E::HASH);
        let announced = Announced { name: &self.name, schema, hash, bytes: EventSegment::BYTES };
        let create = |id| EventSegment::create(directory, self.placement, id, hash);
        announce_memory(directory, &announced, create, EventSegment::entry)
    }
}

impl<E: EventId> ListenerBuilder<E> {
    /// Creates the listener.
    ///
    /// # Errors
    /// When the name is not valid, the registry cannot be used, or a notifier that is present cannot
    /// be heard.
    pub fn create(self) -> Result<Listener<E>, CreateError> {
        let topic = part_of(&self.events)?;
        let retry = Retry::new();
        loop {
            let registry = |reason| CreateError::Registry { topic: topic.clone(), reason };
            let directory = Arc::new(TopicDirectory::enter(&self.domain, &topic).map_err(registry)?);
            match self.join(&directory) {
                Ok(core) => return Ok(Listener { core, ids: PhantomData }),
                Err(_) if retry.is_worthwhile(&directory) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Hears the notifiers that are present, and then announces the listener: a notifier that has
    /// waited for it knows that what it tells next is heard.
    fn join(&self, directory: &Arc<TopicDirectory>) -> Result<Core, CreateError> {
        let failed = |reason| CreateError::Registry { topic: directory.name().clone(), reason };
        let memory = |reason| CreateError::Memory { topic: directory.name().clone(), bytes: 0, reason };
        let ids = Ids { schema: E::SCHEMA.clone(), hash: E::HASH };
        let mut sources = Sources::new(Arc::clone(directory), ids, self.filter);
        sources.join(self.since)?;
        let announcement = Announcement {
            role: Role::Subscriber,
            id: EndpointId::random().map_err(memory)?,
            name: self.name.clone(),
            schema: E::SCHEMA.clone(),
            hash: E::HASH,
            qos: Qos::default(),
            memory: None,
        };
        let registration = directory.announce(&announcement).map_err(failed)?;
        Ok(Core {
            topic: Arc::clone(directory),
            registrations: vec![registration],
            announcement,
            sources,
            wait: self.wait,
            closer: Closer::new(directory),
            readiness: None,
            taken: 0,
            checked_at: process::monotonic_ns(),
            refreshed_at: Instant::now(),
            polls: 0,
            origin: Origin::here(),
        })
    }
}

use super::notifier::Notifier;
use super::{EventId, part_of};
use crate::endpoint::{CreateError, Retry};
use crate::registry::{
    Announcement, Domain, EndpointId, Placement, Qos, Registration, Role, TopicDirectory, TopicName, TopicNameError,
};
use crate::shm::EventSegment;
use std::fmt;
use std::marker::PhantomData;

/// Sets up a [`Notifier`]. [`Notifier::builder`] creates it.
///
/// # Examples
///
/// ```
/// use slotcast::Notifier;
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let notifier: Notifier = Notifier::builder("estop")
///     .domain(&domain) // without this, the default domain of this user
///     .name("button at gate 3")
///     .create()?;
/// # drop(notifier);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "`create` creates the notifier"]
pub struct NotifierBuilder<E = u8> {
    events: Result<TopicName, TopicNameError>,
    domain: Domain,
    name: String,
    placement: Placement,
    ids: PhantomData<fn() -> E>,
}

impl<E: EventId> NotifierBuilder<E> {
    pub(super) fn new(events: Result<TopicName, TopicNameError>) -> Self {
        let (domain, placement) = (Domain::default(), Placement::default());
        Self { events, domain, name: String::new(), placement, ids: PhantomData }
    }

    /// Sets the domain. By default [`Domain::default`](crate::Domain).
    pub fn domain(mut self, domain: &Domain) -> Self {
        self.domain = domain.clone();
        self
    }

    /// Sets a name for people, which listeners and errors show. By default empty.
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// Sets where its memory is: see [`Placement`].
    pub fn placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }

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
        let topic = directory.name();
        let bytes = EventSegment::BYTES as u64;
        let memory = |reason| CreateError::Memory { topic: topic.clone(), bytes, reason };
        let id = EndpointId::random().map_err(memory)?;
        let segment = EventSegment::create(directory, self.placement, id, E::HASH).map_err(memory)?;
        let announced: Result<_, CreateError> = (|| {
            let announcement = Announcement {
                role: Role::Publisher,
                id,
                name: self.name.clone(),
                schema: E::SCHEMA.clone(),
                hash: E::HASH,
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

impl<E> fmt::Debug for NotifierBuilder<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotifierBuilder").field("events", &self.events).finish_non_exhaustive()
    }
}

use super::listener::{Core, Listener};
use super::sources::{Ids, Since, Sources};
use super::{EventId, part_of};
use crate::endpoint::{CreateError, Retry};
use crate::protocol::event::Filter;
use crate::registry::{Announcement, Domain, EndpointId, Qos, Role, TopicDirectory, TopicName, TopicNameError};
use crate::subscriber::Wait;
use crate::sys::fork::Origin;
use crate::sys::process;
use crate::wait::Closer;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Instant;

/// Sets up a [`Listener`]. [`Listener::builder`] creates it.
///
/// # Examples
///
/// ```
/// use slotcast::{Listener, Notifier};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut notifier: Notifier = Notifier::builder("door").domain(&domain).create()?;
/// notifier.notify(1)?;
/// notifier.notify(2)?;
/// let mut listener: Listener = Listener::builder("door")
///     .domain(&domain) // without this, the default domain of this user
///     .ids([2])        // only these
///     .from_start()    // also what was told before
///     .create()?;
/// listener.recv()?; // the notifier has joined
/// assert_eq!(listener.recv()?.event(), Some((2, 1)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "`create` creates the listener"]
pub struct ListenerBuilder<E = u8> {
    events: Result<TopicName, TopicNameError>,
    domain: Domain,
    name: String,
    wait: Wait,
    filter: Filter,
    since: Since,
    ids: PhantomData<fn() -> E>,
}

impl<E: EventId> ListenerBuilder<E> {
    pub(super) fn new(events: Result<TopicName, TopicNameError>) -> Self {
        Self {
            events,
            domain: Domain::default(),
            name: String::new(),
            wait: Wait::default(),
            filter: Filter::ALL,
            since: Since::Now,
            ids: PhantomData,
        }
    }

    /// Sets the domain. By default [`Domain::default`](crate::Domain).
    pub fn domain(mut self, domain: &Domain) -> Self {
        self.domain = domain.clone();
        self
    }

    /// Sets a name for people, which notifiers and tools show. By default empty.
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// Sets how it waits. By default as subscribers do.
    pub fn wait(mut self, wait: Wait) -> Self {
        self.wait = wait;
        self
    }

    /// Hears only these ids. By default all. That notifiers join and leave is heard in any case.
    pub fn ids(mut self, ids: impl IntoIterator<Item = E>) -> Self {
        self.filter = Filter::NONE;
        ids.into_iter().for_each(|id| self.filter.add(id.to_id()));
        self
    }

    /// Hears what notifiers have told before, too: those that are present when the listener is
    /// created. By default they are heard from then on.
    pub fn from_start(mut self) -> Self {
        self.since = Since::Ever;
        self
    }

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

impl<E> fmt::Debug for ListenerBuilder<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListenerBuilder").field("events", &self.events).finish_non_exhaustive()
    }
}

use super::EventId;
use super::sources::Since;
use crate::protocol::event::Filter;
use crate::registry::{Domain, TopicName, TopicNameError};
use crate::subscriber::Wait;
use std::fmt;
use std::marker::PhantomData;

/// Sets up a [`Listener`](crate::Listener). [`Listener::builder`](crate::Listener::builder) creates it.
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
    pub(super) events: Result<TopicName, TopicNameError>,
    pub(super) domain: Domain,
    pub(super) name: String,
    pub(super) wait: Wait,
    pub(super) filter: Filter,
    pub(super) since: Since,
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
}

impl<E> fmt::Debug for ListenerBuilder<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListenerBuilder").field("events", &self.events).finish_non_exhaustive()
    }
}

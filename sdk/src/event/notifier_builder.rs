use super::EventId;
use crate::registry::{Domain, Placement, TopicName, TopicNameError};
use std::fmt;
use std::marker::PhantomData;

/// Sets up a [`Notifier`](crate::Notifier). [`Notifier::builder`](crate::Notifier::builder) creates it.
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
    pub(super) events: Result<TopicName, TopicNameError>,
    pub(super) domain: Domain,
    pub(super) name: String,
    pub(super) placement: Placement,
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
}

impl<E> fmt::Debug for NotifierBuilder<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotifierBuilder").field("events", &self.events).finish_non_exhaustive()
    }
}

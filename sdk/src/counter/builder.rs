use crate::registry::{Domain, Placement, TopicName, TopicNameError};
use std::fmt;

/// Sets up [`Counters`](crate::Counters). [`Counters::builder`](crate::Counters::builder) creates it.
///
/// # Examples
///
/// ```
/// use slotcast::Counters;
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let counters = Counters::builder("camera")
///     .domain(&domain) // without this, the default domain of this user
///     .name("left")
///     .create()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "`create` creates the counters"]
pub struct CountersBuilder {
    pub(super) counters: Result<TopicName, TopicNameError>,
    pub(super) domain: Domain,
    pub(super) name: String,
    pub(super) placement: Placement,
}

impl CountersBuilder {
    pub(super) fn new(counters: Result<TopicName, TopicNameError>) -> Self {
        Self { counters, domain: Domain::default(), name: String::new(), placement: Placement::default() }
    }

    /// Sets the domain. By default [`Domain::default`](crate::Domain).
    pub fn domain(mut self, domain: &Domain) -> Self {
        self.domain = domain.clone();
        self
    }

    /// Sets a name for people, to tell several sets of one name apart. By default empty.
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// Sets where the memory is: see [`Placement`].
    pub fn placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }
}

impl fmt::Debug for CountersBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CountersBuilder").field("counters", &self.counters).finish_non_exhaustive()
    }
}

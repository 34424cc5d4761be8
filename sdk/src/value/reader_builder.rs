use crate::registry::{Domain, Placement, TopicName, TopicNameError};
use crate::subscriber::Wait;
use std::fmt;
use std::marker::PhantomData;

/// Sets up a [`ValueReader`](crate::ValueReader). [`ValueReader::builder`](crate::ValueReader::builder)
/// creates it.
///
/// # Examples
///
/// ```
/// use slotcast::ValueReader;
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let reader = ValueReader::<f64>::builder("robot/limit")
///     .domain(&domain) // without this, the default domain of this user
///     .name("arm")
///     .create()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "`create` creates the reader"]
pub struct ValueReaderBuilder<T, L = ()> {
    pub(crate) value: Result<TopicName, TopicNameError>,
    pub(crate) layout: L,
    pub(crate) domain: Domain,
    pub(crate) name: String,
    pub(crate) wait: Wait,
    pub(crate) placement: Placement,
    message: PhantomData<fn() -> T>,
}

impl<T, L> ValueReaderBuilder<T, L> {
    pub(crate) fn new(value: Result<TopicName, TopicNameError>, layout: L) -> Self {
        let (domain, placement) = (Domain::default(), Placement::Auto);
        Self { value, layout, domain, name: String::new(), wait: Wait::default(), placement, message: PhantomData }
    }

    /// Sets the domain. By default [`Domain::default`].
    pub fn domain(mut self, domain: &Domain) -> Self {
        self.domain = domain.clone();
        self
    }

    /// Sets a name for people, which the writer and tools show. By default empty.
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// Sets how it waits for a change. By default as subscribers do.
    pub fn wait(mut self, wait: Wait) -> Self {
        self.wait = wait;
        self
    }

    /// Sets where the reader's memory is, in which it says which large value it is using. By default
    /// [`Placement::Auto`].
    pub fn placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }
}

impl<T, L> fmt::Debug for ValueReaderBuilder<T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValueReaderBuilder").field("value", &self.value).finish_non_exhaustive()
    }
}

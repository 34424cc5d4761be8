use crate::registry::{Domain, Placement, TopicName, TopicNameError};
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// Sets up a [`ValueWriter`](crate::ValueWriter). [`ValueWriter::builder`](crate::ValueWriter::builder)
/// creates it.
///
/// # Examples
///
/// ```
/// use slotcast::ValueWriter;
/// use std::time::Duration;
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let writer = ValueWriter::<f64>::builder("robot/limit")
///     .domain(&domain) // without this, the default domain of this user
///     .name("planner")
///     .survives_writer(true)
///     .standby(Duration::from_secs(1))
///     .create()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "`create` creates the writer"]
pub struct ValueWriterBuilder<T, L = ()> {
    pub(crate) value: Result<TopicName, TopicNameError>,
    pub(crate) layout: L,
    pub(crate) domain: Domain,
    pub(crate) name: String,
    pub(crate) standby: Option<Duration>,
    pub(crate) survives: bool,
    pub(crate) timestamps: bool,
    pub(crate) placement: Placement,
    message: PhantomData<fn(&T)>,
}

impl<T, L> ValueWriterBuilder<T, L> {
    pub(crate) fn new(value: Result<TopicName, TopicNameError>, layout: L) -> Self {
        Self {
            value,
            layout,
            domain: Domain::default(),
            name: String::new(),
            standby: None,
            survives: false,
            timestamps: true,
            placement: Placement::Auto,
            message: PhantomData,
        }
    }

    /// Sets the domain. By default [`Domain::default`].
    pub fn domain(mut self, domain: &Domain) -> Self {
        self.domain = domain.clone();
        self
    }

    /// Sets a name for people, which readers and errors show. By default empty.
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// Waits while another writer lives: as a hot standby, which takes over when that one leaves or
    /// dies. By default creation fails at once, as it does after `timeout`: any time from zero;
    /// `Duration::MAX` is for ever. See [`PublisherBuilder::standby`](crate::PublisherBuilder::standby).
    pub fn standby(mut self, timeout: Duration) -> Self {
        self.standby = Some(timeout);
        self
    }

    /// Sets whether the value outlives this writer, and its process. By default readers that have
    /// found the writer keep what it has set, and those that come later find nothing.
    ///
    /// It is then [orphaned](crate::Value::is_orphaned) until another writer sets a value. It is in a
    /// file of the topic's directory, which neither the end of all endpoints nor
    /// [`Domain::clean`] removes. [`Domain::forget_value`] does, and so does `slotcast clean
    /// --values`; and the next writer, when it sets its first value, if it was created without this.
    ///
    /// What [`set`](crate::ValueWriter::set) has returned for survives, also if this process is killed.
    pub fn survives_writer(mut self, on: bool) -> Self {
        self.survives = on;
        self
    }

    /// Sets whether each value carries the time when it was set, which costs about 20 ns. By default
    /// on.
    pub fn timestamps(mut self, on: bool) -> Self {
        self.timestamps = on;
        self
    }

    /// Sets where the value is. By default [`Placement::Auto`]. One that survives its writer is in a
    /// file in any case.
    pub fn placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }
}

impl<T, L> fmt::Debug for ValueWriterBuilder<T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValueWriterBuilder").field("value", &self.value).finish_non_exhaustive()
    }
}

use super::{Layout, PublishError, Publisher, Value};
use crate::endpoint::CreateError;
use crate::error_debug::debug_is_display;
use crate::registry::{EndpointId, IntoTopic, PeerName, Placement, RegistryError, TopicName};
use crate::value::{self, Version, depth, part_of};
use std::fmt;

/// Sets a value of a layout that is known when the program runs.
///
/// For other processes it is a writer like [`ValueWriter<T>`](crate::ValueWriter): typed readers of the
/// same layout read what it sets. That is checked against its layout first.
///
/// # Examples
///
/// ```
/// use slotcast::dynamic::{Layout, Value, ValueWriter};
/// use slotcast::ValueReader;
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let layout = Layout::of::<f64>()?; // or from a file, or of another writer
/// let mut writer = ValueWriter::builder("robot/limit", &layout).domain(&domain).create()?;
/// writer.set(&Value::F64(1.5))?;
///
/// let mut reader = ValueReader::<f64>::builder("robot/limit").domain(&domain).create()?;
/// assert_eq!(*reader.get()?.expect("it was set"), 1.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ValueWriter {
    publisher: Publisher,
    survives: bool,
    /// Whether what is kept beyond the end of writers is what it should be.
    is_settled: bool,
    /// The sequence of what it has set last, if it has set anything.
    last: Option<u64>,
}

/// Sets up a [`ValueWriter`]; see [`ValueWriter::builder`].
///
/// It has the settings of a typed [`ValueWriterBuilder`](crate::ValueWriterBuilder).
pub type ValueWriterBuilder = value::ValueWriterBuilder<Value, Layout>;

/// Why a value without a type was not set.
///
/// # Examples
///
/// ```
/// use slotcast::dynamic::{Layout, SetError, Value, ValueWriter};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut writer = ValueWriter::builder("level", &Layout::of::<u8>()?).domain(&domain).create()?;
/// match writer.set(&Value::Int(256)) {
///     Err(SetError::Write(error)) => println!("{error}"), // 256 does not fit
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum SetError {
    /// It was not written: it is not one of the layout, or as for typed writers.
    #[error(transparent)]
    Write(#[from] PublishError),
    /// Readers have it, but it would not survive its writer yet, or what was kept before is still
    /// there. The next call tries again.
    #[error("the value was written, but {0}")]
    Keep(RegistryError),
}

debug_is_display!(SetError { Write(error), Keep(error) });

impl ValueWriter {
    /// Returns a builder that sets up the writer of a name.
    pub fn builder(name: impl IntoTopic<Value>, layout: &Layout) -> ValueWriterBuilder {
        ValueWriterBuilder::new(name.into_topic(), layout.clone())
    }

    /// Encodes and sets a value. Never waits. See [`ValueWriter::set`](crate::ValueWriter::set).
    ///
    /// # Errors
    /// See [`SetError`]. What is not one of the layout changes nothing.
    pub fn set(&mut self, value: &Value) -> Result<(), SetError> {
        let sequence = self.publisher.publish(value)?;
        self.note(sequence)
    }

    /// Sets a value as its bytes, as they lie in memory. Never waits.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::dynamic::{Layout, ValueWriter};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// let mut writer = ValueWriter::builder("gear", &Layout::of::<u32>()?).domain(&domain).create()?;
    /// writer.set_bytes(&3_u32.to_le_bytes())?;
    /// assert_eq!(writer.version().map(|version| version.number()), Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_bytes(&mut self, value: &[u8]) -> Result<(), SetError> {
        let sequence = self.publisher.publish_bytes(value)?;
        self.note(sequence)
    }

    /// Has the first value survive this writer, or removes what an earlier writer has left.
    fn note(&mut self, sequence: u64) -> Result<(), SetError> {
        self.last = Some(sequence);
        if !self.is_settled {
            self.publisher.core.keep(self.survives).map_err(SetError::Keep)?;
            self.is_settled = true;
        }
        Ok(())
    }

    /// Returns the version of the value that it has set last. Returns `None` before that.
    pub fn version(&self) -> Option<Version> {
        self.last.map(|sequence| Version::new(self.publisher.id(), sequence))
    }

    /// Returns its id, by which versions name it.
    pub fn id(&self) -> EndpointId {
        self.publisher.id()
    }

    /// Returns the layout of the value.
    pub fn layout(&self) -> &Layout {
        self.publisher.layout()
    }

    /// Returns the topic in which it and its readers meet: its name, and the part `~value`.
    pub fn topic(&self) -> &TopicName {
        self.publisher.topic()
    }

    /// Returns the readers that live.
    ///
    /// # Errors
    /// When the registry cannot be read.
    pub fn readers(&self) -> Result<Vec<PeerName>, RegistryError> {
        self.publisher.subscribers()
    }
}

impl ValueWriterBuilder {
    /// Creates the writer. Readers find what was set before until it sets a value.
    ///
    /// # Errors
    /// As for [typed writers](crate::ValueWriterBuilder); also when values of the layout vary in size.
    pub fn create(self) -> Result<ValueWriter, CreateError> {
        let topic = fixed(part_of(self.value)?, &self.layout)?;
        let placement = if self.survives { Placement::File } else { self.placement };
        let publisher = Publisher::builder(topic, &self.layout).domain(&self.domain).name(&self.name).exclusive();
        let depth = depth(self.layout.size() as u64);
        let publisher = publisher.depth(depth).history(1).timestamps(self.timestamps).placement(placement);
        let publisher = if let Some(timeout) = self.standby { publisher.standby(timeout) } else { publisher };
        let (publisher, survives) = (publisher.create()?, self.survives);
        Ok(ValueWriter { publisher, survives, is_settled: false, last: None })
    }
}

/// Returns the topic if its values have a fixed size.
pub(super) fn fixed(topic: TopicName, layout: &Layout) -> Result<TopicName, CreateError> {
    if layout.is_variable() {
        let reason = format!("a value has a fixed size, and {} varies in size", layout.schema().type_name());
        return Err(CreateError::Setting { topic, reason });
    }
    Ok(topic)
}

impl fmt::Debug for ValueWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id();
        f.debug_struct("ValueWriter").field("topic", self.topic()).field("id", &format_args!("{id}")).finish()
    }
}

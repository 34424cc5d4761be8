use super::{SetError, ValueWriterBuilder, Version};
use crate::endpoint::CreateError;
use crate::publisher::{Loan, LoanError, LoanUninit, Publisher, SendError};
use crate::registry::{EndpointId, IntoTopic, PeerName, RegistryError, TopicName};
use crate::schema::ShmMessage;
use std::fmt;

/// Sets a value, which any number of [`ValueReader`](super::ValueReader)s read. It is the only writer
/// of that name.
///
/// Setting a value waits for nobody. Readers get the newest one, whole: fields of a struct change
/// together. A value of up to 1024 bytes is copied; a larger one is written and read in place.
///
/// # Examples
///
/// ```
/// use slotcast::{CreateError, ShmMessage, ValueReader, ValueWriter};
///
/// #[derive(ShmMessage, Clone, Copy)]
/// #[repr(C)]
/// struct Limits {
///     speed: f64,
///     force: f64,
/// }
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut writer = ValueWriter::<Limits>::builder("robot/limits").domain(&domain).create()?;
/// writer.set(&Limits { speed: 0.5, force: 20.0 })?;
///
/// let second = ValueWriter::<Limits>::builder("robot/limits").domain(&domain).create();
/// assert!(matches!(second, Err(CreateError::Exclusive { .. })));
///
/// let mut reader = ValueReader::<Limits>::builder("robot/limits").domain(&domain).create()?;
/// assert_eq!(reader.get()?.expect("it was set").force, 20.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ValueWriter<T: ShmMessage> {
    publisher: Publisher<T>,
    survives: bool,
    /// Whether what is kept beyond the end of writers is what it should be.
    is_settled: bool,
    /// The sequence of what it has set last, if it has set anything.
    last: Option<u64>,
}

impl<T: ShmMessage> ValueWriter<T> {
    /// Creates the writer of a name in the default domain.
    ///
    /// # Errors
    /// As [`ValueWriterBuilder::create`].
    pub fn new(name: impl IntoTopic<T>) -> Result<Self, CreateError> {
        Self::builder(name).create()
    }

    /// Sets up the writer of a name.
    pub fn builder(name: impl IntoTopic<T>) -> ValueWriterBuilder<T> {
        ValueWriterBuilder::new(name.into_topic(), ())
    }

    pub(super) fn of(publisher: Publisher<T>, survives: bool) -> Self {
        Self { publisher, survives, is_settled: false, last: None }
    }

    /// Sets the value. Never waits.
    ///
    /// The first call of a writer makes some system calls: for what is to survive it, or what an
    /// earlier one has left.
    ///
    /// # Errors
    /// See [`SetError`].
    #[inline]
    pub fn set(&mut self, value: &T) -> Result<(), SetError> {
        let sequence = self.publisher.publish(value)?;
        self.note(sequence)
    }

    /// Lends memory for a large value, with contents that mean nothing. [`set_loan`](Self::set_loan)
    /// makes it the value.
    ///
    /// # Errors
    /// As [`Publisher::loan_uninit`].
    pub fn loan_uninit(&mut self) -> Result<LoanUninit<T>, LoanError> {
        self.publisher.loan_uninit()
    }

    /// Makes a loan the value, without a copy. Never waits.
    ///
    /// # Errors
    /// See [`SetError`]. The loan is given up.
    ///
    /// # Examples
    ///
    /// ```
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut reader = slotcast::ValueReader::<[f32; 10_000]>::builder("map").domain(&domain).create()?;
    /// let mut map = slotcast::ValueWriter::<[f32; 10_000]>::builder("map").domain(&domain).create()?;
    /// let mut loan = map.loan_uninit()?.write([0.0; 10_000]);
    /// loan[7] = 1.0;
    /// map.set_loan(loan)?;
    /// assert_eq!(reader.get()?.expect("it was set")[7], 1.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_loan(&mut self, loan: Loan<T>) -> Result<(), SetError> {
        let sequence = self.publisher.send(loan).map_err(|SendError { reason, .. }| reason)?;
        self.note(sequence)
    }

    #[inline]
    fn note(&mut self, sequence: u64) -> Result<(), SetError> {
        self.last = Some(sequence);
        if self.is_settled { Ok(()) } else { self.settle() }
    }

    /// Has the value survive this writer, or removes what an earlier writer has left.
    #[cold]
    #[inline(never)]
    fn settle(&mut self) -> Result<(), SetError> {
        self.publisher.keep(self.survives).map_err(SetError::Keep)?;
        self.is_settled = true;
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

impl<T: ShmMessage> fmt::Debug for ValueWriter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id();
        f.debug_struct("ValueWriter").field("topic", self.topic()).field("id", &format_args!("{id}")).finish()
    }
}

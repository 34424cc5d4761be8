use super::{Apply, ParameterBuilder, ParameterError, REFUSED, Validate};
use crate::endpoint::CreateError;
use crate::registry::{RegistryError, TopicName};
use crate::schema::ShmMessage;
use crate::service::{Reason, ServeError, Server, ServerCall};
use crate::value::{SetError, ValueWriter, Version};
use crate::wait::{EventFd, Waitable};
use std::fmt;
use std::time::{Duration, Instant};

/// A value of which this process is the owner, and that others ask it to change: tuning of a program
/// while it runs.
///
/// Anybody reads it, with a [`ValueReader`](crate::ValueReader) of the same name. A
/// [`ParameterClient`](crate::ParameterClient) or `slotcast param set` asks for another value. The owner
/// validates that when it calls [`poll`](Self::poll) or [`wait`](Self::wait), and takes it or refuses it
/// with a reason.
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// use slotcast::{Parameter, ShmMessage, ValueReader};
///
/// #[derive(ShmMessage, Clone, Copy)]
/// #[repr(C)]
/// struct Limits {
///     speed: f64,
///     force: f64,
/// }
///
/// let mut limits = Parameter::builder("robot/limits", Limits { speed: 0.5, force: 20.0 })
///     .domain(&domain)
///     .validate(|limits| if limits.speed <= 2.0 { Ok(()) } else { Err("at most 2 m/s".into()) })
///     .create()?;
///
/// for _ in 0..10 {
///     limits.poll()?; // what others have asked for since
///     println!("driving at {} m/s", limits.get().speed);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Parameter<T: ShmMessage> {
    pub(super) writer: ValueWriter<T>,
    pub(super) server: Server<T, u64>,
    pub(super) validate: Validate<T>,
    pub(super) apply: Apply<T>,
    pub(super) value: T,
}

impl<T: ShmMessage + Copy> Parameter<T> {
    /// Creates a parameter in the default domain, which takes each value that others want.
    ///
    /// # Errors
    /// As [`ParameterBuilder::create`].
    pub fn new(name: &str, initial: T) -> Result<Self, CreateError> {
        Self::builder(name, initial).create()
    }

    /// Sets up a parameter.
    pub fn builder(name: &str, initial: T) -> ParameterBuilder<T> {
        ParameterBuilder::new(name, initial)
    }

    /// Returns the value.
    pub fn get(&self) -> &T {
        &self.value
    }

    /// Returns the version of the value, as readers see it.
    pub fn version(&self) -> Version {
        self.writer.version().expect("its first value was set when it was created")
    }

    /// Sets the value, after validating it. Never waits.
    ///
    /// # Errors
    /// See [`ParameterError`]. If it was refused, or could not be written, the value stays what it was.
    pub fn set(&mut self, value: &T) -> Result<Version, ParameterError> {
        let parameter = || self.writer.topic().clone();
        (self.validate)(value).map_err(|reason| ParameterError::Refused { parameter: parameter(), reason })?;
        self.take(value)?;
        Ok(self.version())
    }

    /// Answers what others want, if anything has come. Returns whether it has taken another value.
    /// Never waits.
    ///
    /// # Errors
    /// See [`ParameterError`]. The next call goes on.
    pub fn poll(&mut self) -> Result<bool, ParameterError> {
        let mut has_changed = false;
        while let Some(call) = self.server.try_next()? {
            has_changed |= self.answer(call)?;
        }
        Ok(has_changed)
    }

    /// The same as [`poll`](Self::poll), but waits up to `timeout` until it has taken another value.
    ///
    /// # Errors
    /// As [`poll`](Self::poll).
    pub fn wait(&mut self, timeout: Duration) -> Result<bool, ParameterError> {
        let deadline = Instant::now().checked_add(timeout); // none if that is beyond all time
        loop {
            let left = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
            let Some(call) = self.server.next_timeout(left)? else { return Ok(false) };
            if self.answer(call)? {
                self.poll()?;
                return Ok(true);
            }
        }
    }

    /// Returns whether the value was taken.
    fn answer(&mut self, call: ServerCall<T, u64>) -> Result<bool, ParameterError> {
        let value = *call.request();
        if let Err(reason) = (self.validate)(&value) {
            is_of_use(call.refuse(&Reason::new(REFUSED, &reason)))?;
            return Ok(false);
        }
        if let Err(error) = self.take(&value) {
            is_of_use(call.refuse(&Reason::new(REFUSED, "the owner cannot set it")))?;
            return Err(error.into());
        }
        is_of_use(call.respond(&self.version().number()))?;
        Ok(true)
    }

    /// Applies a value that is valid, and lets others read it.
    pub(super) fn take(&mut self, value: &T) -> Result<(), SetError> {
        (self.apply)(value);
        self.value = *value;
        self.writer.set(value)
    }
}

impl<T: ShmMessage> Parameter<T> {
    /// Returns a descriptor to wait for, with `poll`, `epoll` or a [`WaitSet`](crate::WaitSet). It is
    /// readable when others want another value, until [`poll`](Self::poll) has answered.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn event_fd(&self) -> Result<EventFd, RegistryError> {
        self.server.event_fd()
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn cannot_wait(&self, reason: std::io::Error) -> ParameterError {
        ServeError::from(self.server.cannot_wait(reason)).into()
    }

    /// Returns the topic in which the owner and the readers meet: the name, and the part `~value`.
    pub fn topic(&self) -> &TopicName {
        self.writer.topic()
    }
}

/// A client that does not want the answer any more is not this owner's failure.
fn is_of_use(answered: Result<(), ServeError>) -> Result<(), ServeError> {
    match answered {
        Err(ServeError::Cancelled | ServeError::Expired) => Ok(()),
        answered => answered,
    }
}

impl<T: ShmMessage> Waitable for Parameter<T> {
    fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        Parameter::event_fd(self)
    }
}

impl<T: ShmMessage> fmt::Debug for Parameter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parameter").field("topic", self.topic()).finish_non_exhaustive()
    }
}

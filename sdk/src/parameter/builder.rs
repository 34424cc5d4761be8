use super::{Apply, Validate};
use crate::registry::Domain;
use crate::schema::ShmMessage;
use crate::subscriber::Wait;
use std::fmt;
use std::time::Duration;

/// Sets up a [`Parameter`](crate::Parameter). [`Parameter::builder`](crate::Parameter::builder) creates
/// it.
///
/// # Examples
///
/// ```
/// use slotcast::Parameter;
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let rate = Parameter::builder("robot/rate", 100.0_f64)
///     .domain(&domain) // without this, the default domain of this user
///     .name("planner")
///     .validate(|rate| match rate {
///         1.0..=1000.0 => Ok(()),
///         _ => Err("it must be from 1 to 1000 Hz".into()),
///     })
///     .apply(|rate| println!("now {rate} Hz"))
///     .create()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "`create` creates the parameter"]
pub struct ParameterBuilder<T> {
    pub(super) parameter: String,
    pub(super) initial: T,
    pub(super) domain: Domain,
    pub(super) name: String,
    pub(super) wait: Wait,
    pub(super) standby: Option<Duration>,
    pub(super) survives: bool,
    pub(super) validate: Validate<T>,
    pub(super) apply: Apply<T>,
}

impl<T: ShmMessage + Copy> ParameterBuilder<T> {
    pub(super) fn new(parameter: &str, initial: T) -> Self {
        Self {
            parameter: parameter.into(),
            initial,
            domain: Domain::default(),
            name: String::new(),
            wait: Wait::default(),
            standby: None,
            survives: false,
            validate: Box::new(|_| Ok(())),
            apply: Box::new(|_| {}),
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

    /// Sets how [`wait`](crate::Parameter::wait) waits. By default it polls for 20 µs, then it sleeps.
    pub fn wait(mut self, wait: Wait) -> Self {
        self.wait = wait;
        self
    }

    /// Sets what is asked before a value is taken. The error is told to whoever wants the value: the
    /// first 64 bytes of it. By default each value is taken.
    pub fn validate(mut self, validate: impl FnMut(&T) -> Result<(), String> + Send + 'static) -> Self {
        self.validate = Box::new(validate);
        self
    }

    /// Sets what is done with a value that is taken, before others can read it: the first one, too.
    pub fn apply(mut self, apply: impl FnMut(&T) + Send + 'static) -> Self {
        self.apply = Box::new(apply);
        self
    }

    /// Stands by while another owner lives, and takes over when that one leaves or dies. By default
    /// creation fails at once. See [`ValueWriterBuilder::standby`](crate::ValueWriterBuilder::standby).
    pub fn standby(mut self, timeout: Duration) -> Self {
        self.standby = Some(timeout);
        self
    }

    /// Sets whether the value outlives this owner. By default it does not. See
    /// [`ValueWriterBuilder::survives_writer`](crate::ValueWriterBuilder::survives_writer).
    pub fn survives_owner(mut self, on: bool) -> Self {
        self.survives = on;
        self
    }
}

impl<T: fmt::Debug> fmt::Debug for ParameterBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { parameter, initial, .. } = self;
        f.debug_struct("ParameterBuilder")
            .field("parameter", parameter)
            .field("initial", initial)
            .finish_non_exhaustive()
    }
}

use super::state::{ClockState, is_rate};
use super::{ClockError, TOPIC};
use crate::endpoint::CreateError;
use crate::registry::{Domain, PeerName, RegistryError};
use crate::sys::process;
use crate::value::ValueWriter;
use std::fmt;

/// Says what time it is in a domain, to every [`Clock`](crate::Clock): for simulators, and for what
/// plays recordings.
///
/// A domain has one source at a time. It never waits for clocks, and does not know which programs ask
/// them. When it is dropped, clocks return to real time at once.
///
/// # Examples
///
/// ```
/// use slotcast::{Clock, ClockSource};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut source = ClockSource::in_domain(&domain, 1_700_000_000_000_000_000)?;
/// let mut clock = Clock::in_domain(&domain);
/// for step in 1..=10 {
///     // … simulate a millisecond …
///     source.set(1_700_000_000_000_000_000 + step * 1_000_000)?;
/// }
/// assert_eq!(clock.now()?, 1_700_000_000_010_000_000);
/// source.run(0.5)?; // from here on, half as fast as real time
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ClockSource {
    writer: ValueWriter<ClockState>,
    state: ClockState,
}

impl ClockSource {
    /// Creates the source of the default domain. The time stands still at `start`, in nanoseconds since
    /// 1970.
    ///
    /// # Errors
    /// As [`in_domain`](Self::in_domain).
    pub fn new(start: u64) -> Result<Self, CreateError> {
        Self::in_domain(&Domain::default(), start)
    }

    /// Creates the source of a domain. The time stands still at `start`, in nanoseconds since 1970.
    ///
    /// # Errors
    /// When another source lives ([`CreateError::Exclusive`] names it), or the registry or memory
    /// cannot be used.
    pub fn in_domain(domain: &Domain, start: u64) -> Result<Self, CreateError> {
        let mut writer = ValueWriter::builder(TOPIC).domain(domain).name("clock source").create()?;
        let since = process::monotonic_ns();
        let state = ClockState { time: start, since, limit: start, rate: 0.0, jumps: 0, ended: 0 };
        writer.set(&state).map_err(|error| CreateError::Setting {
            topic: writer.topic().clone(),
            reason: format!("the time cannot be set: {error}"),
        })?;
        Ok(Self { writer, state })
    }

    /// Sets the time. It stands still until more is said.
    ///
    /// Clocks see whether it was set back: [`ClockChange::Jumped`](crate::ClockChange::Jumped).
    ///
    /// # Errors
    /// When it cannot be written: see [`SetError`](crate::SetError).
    pub fn set(&mut self, time: u64) -> Result<(), ClockError> {
        self.run_until(time, 0.0, time)
    }

    /// Lets the time pass on from where it is, at `rate`: 1.0 is as fast as real time.
    ///
    /// # Errors
    /// As [`run_until`](Self::run_until).
    pub fn run(&mut self, rate: f64) -> Result<(), ClockError> {
        self.run_until(self.now(), rate, u64::MAX)
    }

    /// Sets the time and lets it pass at `rate`, up to `limit`, where it stands still until more is
    /// said. A limit before `time` counts as `time`.
    ///
    /// So what is done at a time, such as publishing a message, is never seen after it: the limit is
    /// the time of the next thing to be done.
    ///
    /// # Errors
    /// [`ClockError::Rate`] if the rate is negative, not a number, or above a million. Also as
    /// [`set`](Self::set).
    pub fn run_until(&mut self, time: u64, rate: f64, limit: u64) -> Result<(), ClockError> {
        if !is_rate(rate) {
            return Err(ClockError::Rate { rate });
        }
        let since = process::monotonic_ns();
        let jumps = self.state.jumps + u64::from(time < self.state.at(since));
        let state = ClockState { time, since, limit: limit.max(time), rate, jumps, ended: 0 };
        self.writer.set(&state)?;
        self.state = state;
        Ok(())
    }

    /// Stops the time where it is.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn pause(&mut self) -> Result<(), ClockError> {
        self.set(self.now())
    }

    /// Returns the time.
    pub fn now(&self) -> u64 {
        self.state.at(process::monotonic_ns())
    }

    /// Returns the clocks that follow it now.
    ///
    /// # Errors
    /// When the registry cannot be read.
    pub fn clocks(&self) -> Result<Vec<PeerName>, RegistryError> {
        self.writer.readers()
    }
}

impl Drop for ClockSource {
    fn drop(&mut self) {
        // Should it fail, clocks find that it is gone.
        let _ = self.writer.set(&ClockState { ended: 1, ..self.state });
    }
}

impl fmt::Debug for ClockSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClockSource").field("topic", self.writer.topic()).field("state", &self.state).finish()
    }
}

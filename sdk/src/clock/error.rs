use crate::endpoint::CreateError;
use crate::error_debug::debug_is_display;
use crate::registry::RegistryError;
use crate::subscriber::RecvError;
use crate::value::SetError;

/// Why a clock does not say what time it is, or a source cannot say it. The next call tries again.
///
/// # Examples
///
/// ```
/// use slotcast::{ClockError, ClockSource};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut source = ClockSource::in_domain(&domain, 0)?;
/// let error = source.run(f64::NAN).unwrap_err();
/// assert!(matches!(error, ClockError::Rate { .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ClockError {
    /// There is a source, and it cannot be followed.
    #[error(transparent)]
    Follow(CreateError),
    /// It cannot be seen whether there is a source.
    #[error("it cannot be seen whether this domain has a clock of its own: {0}")]
    Registry(RegistryError),
    /// What the source says cannot be read.
    #[error(transparent)]
    Read(#[from] RecvError),
    /// What the source says cannot be.
    #[error("the clock's source ({source_name}) says {problem}, which is invalid: restart it")]
    Invalid {
        /// The source, for people.
        source_name: String,
        /// What it says.
        problem: String,
    },
    /// Time cannot pass at this rate.
    #[error("time cannot pass at the rate {rate}: it must be from 0 to 1000000")]
    Rate {
        /// The rate.
        rate: f64,
    },
    /// The time was not set.
    #[error(transparent)]
    Set(#[from] SetError),
}

debug_is_display!(ClockError {
    Follow(value),
    Registry(value),
    Read(value),
    Invalid { source_name, problem },
    Rate { rate },
    Set(value),
});

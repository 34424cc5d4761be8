//! How a subscriber waits.

use std::time::Duration;

/// How a subscriber waits for a message in [`recv`](crate::Subscriber::recv) and the like.
///
/// # Examples
///
/// ```
/// use slotcast::{Subscriber, Wait};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let builder = Subscriber::<u64>::builder("control/setpoint").domain(&domain);
/// let subscriber = builder.wait(Wait::Spin).create()?;
/// # drop(subscriber);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wait {
    /// Poll without a pause: the lowest latency, with one processor busy all the time.
    Spin,
    /// Poll for this time, then sleep. The default, with 20 µs: about what it costs to be woken.
    Hybrid(Duration),
    /// Sleep at once: the lowest use of processors. Each message that is waited for costs some
    /// system calls.
    Sleep,
}

impl Default for Wait {
    fn default() -> Self {
        Self::Hybrid(Duration::from_micros(20))
    }
}

impl Wait {
    /// Returns how long to poll before sleeping.
    pub(crate) fn polling_time(self) -> Duration {
        match self {
            Self::Spin => Duration::MAX,
            Self::Hybrid(time) => time,
            Self::Sleep => Duration::ZERO,
        }
    }
}

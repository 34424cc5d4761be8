//! What a program is told when the time is no longer the one that it was.

use std::fmt;
use std::time::Duration;

/// A change of a [`Clock`](crate::Clock) that is not the passing of time.
///
/// # Examples
///
/// ```
/// use slotcast::{Clock, ClockChange, ClockSource};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut source = ClockSource::in_domain(&domain, 5_000)?;
/// let mut clock = Clock::in_domain(&domain);
/// assert_eq!(clock.now()?, 5_000);
/// assert_eq!(clock.last_change(), Some(ClockChange::Started));
/// source.set(2_000)?;
/// assert_eq!(clock.now()?, 2_000);
/// assert_eq!(clock.last_change(), Some(ClockChange::Jumped { from: 5_000, to: 2_000 }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClockChange {
    /// A source has come, or has taken the place of another: the time is what it says.
    Started,
    /// The source has set the time back, as a recording that is played in a loop does.
    Jumped {
        /// The last time that this clock has returned.
        from: u64,
        /// The time to which it was set back, or a little later.
        to: u64,
    },
    /// The source has left in order: the time is real again.
    Left,
    /// The source's process was killed, or has crashed: the time is real again.
    Died,
}

impl fmt::Display for ClockChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started => f.write_str("the time is what a source says"),
            Self::Jumped { from, to } => {
                write!(f, "the time was set back by {:?}", Duration::from_nanos(from.saturating_sub(*to)))
            }
            Self::Left => f.write_str("the clock's source has left: the time is real again"),
            Self::Died => f.write_str("the clock's source has died: the time is real again"),
        }
    }
}

/// Why a sleep has ended; see [`Clock::sleep_until`](crate::Clock::sleep_until).
///
/// # Examples
///
/// ```
/// use slotcast::{Clock, SleepEnd};
/// use std::time::Duration;
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut clock = Clock::in_domain(&domain);
/// match clock.sleep(Duration::from_millis(1))? {
///     SleepEnd::Reached => {}
///     SleepEnd::Changed(change) => println!("plan anew: {change}"),
///     other => unreachable!("{other:?}"),
/// }
/// # Ok::<(), slotcast::ClockError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SleepEnd {
    /// It is time.
    Reached,
    /// The time is another one than when the sleep began. What was waited for may never come.
    Changed(ClockChange),
    /// It was not time before the timeout, which counts real time.
    TimedOut,
}

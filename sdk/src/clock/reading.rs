use super::ClockError;
use super::change::ClockChange;
use super::following::{Following, Said};
use crate::registry::{Domain, PeerName};
use crate::sys::process;
use std::fmt;
use std::time::Duration;

/// How old the answer may be to whether there is a source.
const NOTICED_WITHIN_NS: u64 = 20_000_000;

/// Says what time it is in a domain: real time, unless a [`ClockSource`](crate::ClockSource) says
/// another one, because it plays a recording or simulates.
///
/// A program that asks a clock, instead of the machine, can follow a replay without being changed:
/// faster, slower, standing still. Times are nanoseconds since 1970, as in recordings.
///
/// As long as no source is there, a clock costs no memory and is not announced. [`now`](Self::now) is
/// the machine's `CLOCK_REALTIME`, which steps if the machine's time is set. Each 20 ms of use a clock looks
/// for a source, with some system calls. So a source is noticed [within that time](Self::NOTICED_WITHIN).
///
/// When the source leaves or dies, the time is real again: a dead one is noticed within the same time.
/// [`last_change`](Self::last_change) and [`sleep_until`](Self::sleep_until) say what has happened, also when a source
/// sets the time back.
///
/// It can move between threads; one thread at a time uses it.
///
/// # Examples
///
/// ```
/// use slotcast::{Clock, ClockSource};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut clock = Clock::in_domain(&domain); // or `Clock::new()`, for this user's domain
/// let real = clock.now()?;
///
/// // In another process: a simulation that has just begun.
/// let mut source = ClockSource::in_domain(&domain, 1_000)?;
/// std::thread::sleep(Clock::NOTICED_WITHIN);
/// assert_eq!(clock.now()?, 1_000);
/// source.set(2_000)?;
/// assert_eq!(clock.now()?, 2_000);
///
/// drop(source);
/// assert!(clock.now()? >= real);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Clock {
    domain: Domain,
    pub(super) following: Option<Following>,
    /// When it has looked for a source: of the machine's clock, or if one is followed, of
    /// `CLOCK_MONOTONIC`.
    looked_at: u64,
    changes: u64,
    last_change: Option<ClockChange>,
}

impl Default for Clock {
    fn default() -> Self {
        Self::in_domain(&Domain::default())
    }
}

impl Clock {
    /// The time within which a clock that is asked notices that a source has come or has died.
    pub const NOTICED_WITHIN: Duration = Duration::from_nanos(NOTICED_WITHIN_NS);

    /// Creates a clock of the default domain. Costs nothing, and cannot fail.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a clock of a domain. Costs nothing, and cannot fail.
    pub fn in_domain(domain: &Domain) -> Self {
        Self { domain: domain.clone(), following: None, looked_at: 0, changes: 0, last_change: None }
    }

    /// Returns the time in nanoseconds since 1970. Never waits.
    ///
    /// Without a source it costs as much as to read the machine's clock; with one, as much as to read a
    /// value and `CLOCK_MONOTONIC`.
    ///
    /// # Errors
    /// When there is a source that cannot be followed, or it cannot be seen whether there is one.
    /// It never falls back to real time then: the next call tries again.
    #[inline]
    pub fn now(&mut self) -> Result<u64, ClockError> {
        if self.following.is_none() {
            let now = process::realtime_ns();
            // If the machine's time was set back, the difference is large.
            if now.wrapping_sub(self.looked_at) < NOTICED_WITHIN_NS {
                return Ok(now);
            }
            self.look()?;
            self.looked_at = now;
        }
        self.followed()
    }

    #[inline(never)]
    fn followed(&mut self) -> Result<u64, ClockError> {
        let monotonic = process::monotonic_ns();
        if self.following.is_some() && monotonic.wrapping_sub(self.looked_at) >= NOTICED_WITHIN_NS {
            self.look()?;
            self.looked_at = monotonic;
        }
        match self.update(monotonic)? {
            Some(time) => Ok(time),
            None => Ok(process::realtime_ns()),
        }
    }

    /// Returns the source that says what time it is. Returns `None` if the time is real. Some system
    /// calls.
    ///
    /// # Errors
    /// As [`now`](Self::now).
    pub fn source(&mut self) -> Result<Option<PeerName>, ClockError> {
        self.look()?;
        self.update(process::monotonic_ns())?;
        Ok(self.following.as_ref().and_then(Following::source).cloned())
    }

    /// Returns how often the time has changed otherwise than by passing, as far as this clock has
    /// noticed: a source has come or gone, or has set the time back.
    ///
    /// A program that has computed something from two times, and finds the same number at both, knows
    /// that they are times of one clock that did not go back.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Returns what the last of these [changes](Self::changes) was.
    pub fn last_change(&self) -> Option<ClockChange> {
        self.last_change
    }

    /// Begins to follow a source if there is one, or ends if there is none any more.
    fn look(&mut self) -> Result<(), ClockError> {
        match &mut self.following {
            None => self.following = Following::find(&self.domain)?,
            Some(following) => {
                if let Some(change) = following.ended()? {
                    self.end(change);
                }
            }
        }
        Ok(())
    }

    /// Returns to real time.
    fn end(&mut self, change: ClockChange) {
        let Some(following) = self.following.take() else { return };
        self.looked_at = 0; // the other clock's
        if following.source().is_some() {
            self.note(change);
        }
    }

    /// Returns the time of the source at a time of `CLOCK_MONOTONIC`. Returns `None` if there is no
    /// source.
    fn update(&mut self, monotonic: u64) -> Result<Option<u64>, ClockError> {
        let Some(following) = &mut self.following else { return Ok(None) };
        match following.said(monotonic)? {
            Said::Nothing => Ok(None),
            Said::Leaves => {
                self.end(ClockChange::Left);
                Ok(None)
            }
            Said::Time(time, change) => {
                if let Some(change) = change {
                    self.note(change);
                }
                Ok(Some(time))
            }
        }
    }

    fn note(&mut self, change: ClockChange) {
        self.changes += 1;
        self.last_change = Some(change);
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.following.as_ref().and_then(Following::source);
        f.debug_struct("Clock").field("domain", &self.domain).field("source", &source).finish_non_exhaustive()
    }
}

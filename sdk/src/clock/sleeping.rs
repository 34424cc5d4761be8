//! How a clock waits for a time.

use super::{Clock, ClockError, SleepEnd};
use crate::sys::process;
use std::time::{Duration, Instant};

impl Clock {
    /// Sleeps until it is `time`, in nanoseconds since 1970, by this clock.
    ///
    /// It follows what the source says: faster, slower, and not at all while the time stands still. It
    /// ends early, and says so, when the time becomes another one: when a source comes, leaves, dies or
    /// sets the time back. A killed source ends it within [`Clock::NOTICED_WITHIN`].
    ///
    /// # Errors
    /// As [`now`](Self::now).
    ///
    /// # Examples
    ///
    /// ```
    /// use slotcast::{Clock, ClockSource, SleepEnd};
    ///
    /// # let domain = slotcast::testing::TempDomain::new();
    /// let mut source = ClockSource::in_domain(&domain, 0)?;
    /// source.run(1000.0)?; // each second lasts one millisecond
    /// let mut clock = Clock::in_domain(&domain);
    /// clock.now()?;
    /// assert_eq!(clock.sleep_until(5_000_000_000)?, SleepEnd::Reached);
    /// assert!(clock.now()? >= 5_000_000_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sleep_until(&mut self, time: u64) -> Result<SleepEnd, ClockError> {
        self.sleep_until_timeout(time, Duration::MAX)
    }

    /// Sleeps for a duration of this clock's time: see [`sleep_until`](Self::sleep_until).
    ///
    /// # Errors
    /// As [`now`](Self::now).
    pub fn sleep(&mut self, duration: Duration) -> Result<SleepEnd, ClockError> {
        let time = self.now()?.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
        self.sleep_until(time)
    }

    /// Sleeps like [`sleep_until`](Self::sleep_until), up to a real time of `timeout`: the source may
    /// stand still for ever.
    ///
    /// # Errors
    /// As [`now`](Self::now).
    pub fn sleep_until_timeout(&mut self, time: u64, timeout: Duration) -> Result<SleepEnd, ClockError> {
        let (deadline, changes) = (Instant::now().checked_add(timeout), self.changes());
        loop {
            let now = self.now()?;
            if let Some(change) = self.last_change().filter(|_| self.changes() != changes) {
                return Ok(SleepEnd::Changed(change));
            }
            if now >= time {
                return Ok(SleepEnd::Reached);
            }
            let left = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Ok(SleepEnd::TimedOut);
            }
            self.doze(now, time, left.min(Self::NOTICED_WITHIN))?;
        }
    }

    /// Sleeps up to `slice`: until it is `time`, or the source says something.
    fn doze(&mut self, now: u64, time: u64, slice: Duration) -> Result<(), ClockError> {
        match &mut self.following {
            None => process::sleep(slice.min(Duration::from_nanos(time - now))),
            Some(following) => {
                let until = following.state().and_then(|state| state.until(time, process::monotonic_ns()));
                let version = following.reader.version();
                following.reader.wait_for_change(version, until.unwrap_or(slice).min(slice))?;
            }
        }
        Ok(())
    }
}

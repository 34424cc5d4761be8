//! What a source says.

use slotcast_macros::ShmMessage;
use std::time::Duration;

/// The fastest that time can pass.
pub(super) const MAX_RATE: f64 = 1e6;

/// The time, and how it goes on.
#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub(super) struct ClockState {
    /// The time at `since`, in nanoseconds since 1970.
    pub(super) time: u64,
    /// When that was, by `CLOCK_MONOTONIC`.
    pub(super) since: u64,
    /// Where the time stops until more is said.
    pub(super) limit: u64,
    /// How fast the time passes: 0 if it stands still.
    pub(super) rate: f64,
    /// How often it was set back.
    pub(super) jumps: u64,
    /// 1 if the source leaves, otherwise 0.
    pub(super) ended: u64,
}

impl ClockState {
    /// Returns what cannot be, if something of it cannot.
    pub(super) fn problem(&self) -> Option<String> {
        if !is_rate(self.rate) {
            return Some(format!("that time passes at the rate {}", self.rate));
        }
        if self.limit < self.time {
            return Some(format!("that the time is {} and stops before, at {}", self.time, self.limit));
        }
        (self.ended > 1).then(|| format!("{} for whether it leaves", self.ended))
    }

    /// Returns the time at a time of `CLOCK_MONOTONIC`.
    pub(super) fn at(&self, monotonic: u64) -> u64 {
        let passed = monotonic.saturating_sub(self.since);
        self.time.saturating_add(scaled(passed, self.rate)).min(self.limit)
    }

    /// Returns after which real time it will be `time`. Returns `None` if more has to be said first.
    pub(super) fn until(&self, time: u64, monotonic: u64) -> Option<Duration> {
        if time > self.limit || self.rate <= 0.0 {
            return None;
        }
        // Rounded up, as a sleep that ends too early is begun again.
        Some(Duration::from_nanos(scaled(time.saturating_sub(self.at(monotonic)), 1.0 / self.rate).saturating_add(1)))
    }
}

pub(super) fn is_rate(rate: f64) -> bool {
    (0.0..=MAX_RATE).contains(&rate)
}

/// Returns a time multiplied by a rate that is not negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "saturated, and 52 bits of nanoseconds are 52 days"
)]
fn scaled(time: u64, rate: f64) -> u64 {
    // The usual case is exact.
    if (rate - 1.0).abs() < f64::EPSILON { time } else { (time as f64 * rate) as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNNING: ClockState = ClockState { time: 1000, since: 50, limit: u64::MAX, rate: 2.0, jumps: 0, ended: 0 };

    #[test]
    fn time_passes_at_its_rate_up_to_its_limit() {
        assert_eq!((RUNNING.at(50), RUNNING.at(60), RUNNING.at(0)), (1000, 1020, 1000));
        let limited = ClockState { limit: 1010, ..RUNNING };
        assert_eq!((limited.at(54), limited.at(55), limited.at(u64::MAX)), (1008, 1010, 1010));
        let real = ClockState { rate: 1.0, ..RUNNING };
        assert_eq!(real.at(u64::MAX / 2 + 50), u64::MAX / 2 + 1000);
        assert_eq!(RUNNING.at(u64::MAX), u64::MAX);
    }

    #[test]
    fn a_sleep_is_as_long_as_the_time_needs() {
        assert_eq!(RUNNING.until(1020, 50), Some(Duration::from_nanos(11)));
        assert_eq!(ClockState { rate: 0.0, ..RUNNING }.until(1020, 50), None);
        assert_eq!(ClockState { limit: 1010, ..RUNNING }.until(1020, 50), None);
    }

    #[test]
    fn what_cannot_be_is_found() {
        assert_eq!(RUNNING.problem(), None);
        for rate in [f64::NAN, f64::INFINITY, -1.0, 1e7] {
            assert!(ClockState { rate, ..RUNNING }.problem().unwrap().contains("rate"));
        }
        assert!(ClockState { limit: 999, ..RUNNING }.problem().is_some());
        assert!(ClockState { ended: 2, ..RUNNING }.problem().is_some());
    }
}

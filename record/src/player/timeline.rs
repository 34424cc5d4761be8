//! Which time of the recording is which time now.

use super::{Flow, PlayError};
use slotcast::{Clock, ClockSource, Domain};
use std::thread;
use std::time::{Duration, Instant};

/// How long a player that is paused waits before it asks again, in one piece.
const LONG: Duration = Duration::from_secs(24 * 3600);

pub(super) struct Timeline {
    /// The first time that is played, in nanoseconds since 1970.
    pub(super) first: u64,
    /// The latest time of a message.
    pub(super) last: u64,
    /// This time of the recording was at that time.
    base: u64,
    at: Instant,
    rate: f64,
    is_paused: bool,
}

impl Timeline {
    pub(super) fn new(first: u64, rate: f64, is_paused: bool) -> Self {
        Self { first, last: first, base: first, at: Instant::now(), rate, is_paused }
    }

    /// Returns when a time of the recording is due.
    pub(super) fn due(&self, time: u64) -> Instant {
        if self.is_paused {
            return Instant::now() + LONG;
        }
        let passed = Duration::from_nanos(time.saturating_sub(self.base));
        self.at + if self.rate.is_finite() { passed.div_f64(self.rate.max(1e-6)) } else { Duration::ZERO }
    }

    /// Returns the time of the recording now, while `next` is not played yet.
    fn position(&self, next: u64) -> u64 {
        if self.is_paused {
            return self.base;
        }
        if !self.rate.is_finite() {
            return self.last.min(next);
        }
        self.base.saturating_add(super::nanoseconds(self.at.elapsed().mul_f64(self.rate))).min(next)
    }

    /// Returns the rate, and whether it is paused.
    pub(super) fn pace(&self) -> (f64, bool) {
        (self.rate, self.is_paused)
    }

    /// Does as it was told, while `next` is not played yet.
    pub(super) fn follow(&mut self, flow: Flow, next: u64) {
        if let Flow::Later(time) = flow {
            self.at += time;
            return;
        }
        (self.base, self.at) = (self.position(next), Instant::now());
        match flow {
            Flow::Rate(rate) => self.rate = rate,
            Flow::Pause => self.is_paused = true,
            Flow::Resume => self.is_paused = false,
            Flow::Later(_) | Flow::GoOn | Flow::Stop => {}
        }
    }

    /// Notes that a message is played, which may be before it is due.
    pub(super) fn played(&mut self, time: u64) {
        if self.is_paused {
            self.base = self.base.max(time);
        }
    }
}

/// What a player says of the time to the programs of the domain.
pub(super) struct PlayedClock {
    source: ClockSource,
    /// Whether the time stands still at each message, and does not pass in between.
    steps: bool,
}

impl PlayedClock {
    /// Begins at a time, and waits until every program notices that when it asks.
    pub(super) fn start(domain: &Domain, time: u64, steps: bool) -> Result<Self, PlayError> {
        let source = ClockSource::in_domain(domain, time)?;
        thread::sleep(Clock::NOTICED_WITHIN + Duration::from_millis(1));
        Ok(Self { source, steps })
    }

    /// Lets the time pass up to that of the next message.
    pub(super) fn run(&mut self, timeline: &Timeline, next: u64) -> Result<(), PlayError> {
        let now = timeline.position(next);
        if self.steps || now >= next {
            return Ok(());
        }
        let rate = if timeline.is_paused || !timeline.rate.is_finite() { 0.0 } else { timeline.rate };
        self.source.run_until(now, rate, next)?;
        Ok(())
    }

    /// Sets the time to that of a message. Returns whether it was another one.
    pub(super) fn set(&mut self, time: u64) -> Result<bool, PlayError> {
        let changes = self.source.now() != time;
        self.source.set(time)?;
        Ok(changes)
    }
}

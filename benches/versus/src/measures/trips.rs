//! Trips there and back, timed.

use super::pause::{self, Pause};
use crate::pair::Round;
use crate::peers::Failure;
use std::time::{Duration, Instant};

/// The most trips of a round that are timed together, and as many that are timed one by one.
const MOST: u64 = 1000;
/// The least.
const LEAST: u64 = 2;
/// The most trips before, which warm the caches and tell how many are to follow. At least 2.
const WARM_UP: u64 = 8;

/// What the trips of a round took, in nanoseconds.
pub(super) struct Trips {
    /// The mean, without a look at the clock in between.
    pub(super) mean: f64,
    /// The single times.
    pub(super) each: Vec<f64>,
    /// How many trips were made, with those that were not timed.
    pub(super) made: u64,
}

impl Trips {
    /// Makes trips for a round: first many that are timed together, then as many one by one.
    #[inline]
    pub(super) fn make(round: Round, mut trip: impl FnMut() -> Result<(), Failure>) -> Result<Self, Failure> {
        let begin = Instant::now();
        trip()?;
        let mut shortest = Duration::MAX;
        let mut warm_up = 1;
        while warm_up < 2 || (warm_up < WARM_UP && begin.elapsed() < round.time() / 4) {
            let begin = Instant::now();
            trip()?;
            shortest = shortest.min(begin.elapsed());
            warm_up += 1;
        }
        let trips = number_of_trips(round.time(), shortest);
        let begin = Instant::now();
        for _ in 0..trips {
            trip()?;
        }
        let together = begin.elapsed();
        let mut each = Vec::with_capacity(usize::try_from(trips)?);
        let mut before = Instant::now();
        for _ in 0..trips {
            trip()?;
            let now = Instant::now();
            each.push((now - before).as_nanos() as f64);
            before = now;
        }
        Ok(Self { mean: together.as_nanos() as f64 / trips as f64, each, made: warm_up + 2 * trips })
    }

    /// Makes trips for a round, in each of which the other side pauses as this one does before. Its
    /// pause does not count.
    pub(super) fn make_asleep(
        round: Round,
        pause: Pause,
        mut trip: impl FnMut() -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        if pause == Pause::None {
            return Self::make(round, trip);
        }
        let begin = Instant::now();
        let mut each = Vec::new();
        while each.is_empty() || begin.elapsed() < round.time() {
            pause.take();
            let begin = Instant::now();
            trip()?;
            each.push(begin.elapsed().saturating_sub(pause::LENGTH).as_nanos() as f64);
        }
        let mean = each.iter().sum::<f64>() / each.len() as f64;
        Ok(Self { mean, made: each.len() as u64, each })
    }

    /// Returns half of all times: those of one way.
    pub(super) fn halved(mut self) -> Self {
        self.mean /= 2.0;
        self.each.iter_mut().for_each(|time| *time /= 2.0);
        self
    }
}

/// Returns how many trips fill half of the time.
fn number_of_trips(time: Duration, trip: Duration) -> u64 {
    let trips = time.as_nanos() / 2 / trip.as_nanos().max(1);
    u64::try_from(trips).unwrap_or(MOST).clamp(LEAST, MOST)
}

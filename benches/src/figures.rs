//! The numbers of many rounds, summarised: medians and quartiles, because rounds in which a
//! processor was taken away take many times as long as all others.

use serde::{Deserialize, Serialize};

/// How near the two processors were in a round. Virtual processors move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Placement {
    /// A cache line passes quickly: the processors are neighbours.
    Near,
    /// It takes some times as long.
    Far,
}

impl Placement {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Near, Self::Far];

    /// Returns the placement that the time of a bare hand-over reveals: of one way or of a round
    /// trip, as `near_below` is.
    pub fn of(time: f64, near_below: f64) -> Self {
        if time < near_below { Self::Near } else { Self::Far }
    }
}

/// The quartiles and the median of all rounds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Spread {
    /// The lower quartile.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The upper quartile.
    pub high: f64,
}

impl Spread {
    /// Summarises the numbers of all rounds.
    ///
    /// # Panics
    /// If there are none.
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Self {
        let mut numbers: Vec<f64> = numbers.into_iter().collect();
        numbers.sort_unstable_by(f64::total_cmp);
        let at = |quarter: usize| numbers[(numbers.len() - 1) * quarter / 4];
        Self { low: at(1), median: at(2), high: at(3) }
    }

    /// Summarises ratios of numbers that were measured one after the other in the same round.
    pub fn of_ratios(pairs: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self::of(pairs.into_iter().map(|(number, beside)| number / beside))
    }
}

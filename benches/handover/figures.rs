//! The numbers of many rounds, summarised: medians and quartiles, because rounds in which a
//! processor was taken away take many times as long as all others.

use serde::Serialize;

/// How near the two processors were in a round. Virtual processors move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Placement {
    Near,
    Far,
}

impl Placement {
    pub(crate) const ALL: [Self; 2] = [Self::Near, Self::Far];

    /// Returns the placement that a bare round trip reveals.
    pub(crate) fn of(round_trip: f64, near_below: f64) -> Self {
        if round_trip < near_below { Self::Near } else { Self::Far }
    }
}

/// The quartiles and the median of all rounds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
}

impl Spread {
    /// Summarises the numbers of all rounds.
    ///
    /// # Panics
    /// If there are none.
    pub(crate) fn of(numbers: impl IntoIterator<Item = f64>) -> Self {
        let mut numbers: Vec<f64> = numbers.into_iter().collect();
        numbers.sort_unstable_by(f64::total_cmp);
        let at = |quarter: usize| numbers[(numbers.len() - 1) * quarter / 4];
        Self { low: at(1), median: at(2), high: at(3) }
    }

    /// Summarises ratios of numbers that were measured one after the other in the same round.
    pub(crate) fn of_ratios(pairs: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self::of(pairs.into_iter().map(|(number, beside)| number / beside))
    }
}

//! The numbers of many rounds, summarised for each placement.

use crate::measures::Measure;
use crate::pair::Answer;
use crate::peers::Name;
use serde::Serialize;
use slotcast_benches::figures::{Placement, Spread};

/// What both sides have found in a round.
pub(crate) struct Sampled {
    pub(crate) leader: Answer,
    pub(crate) follower: Answer,
}

impl Sampled {
    /// Returns how far apart the processors were, or `None` if they have moved meanwhile.
    fn placement(&self, near_below: f64) -> Option<Placement> {
        let (before, after) = self.leader.line?;
        let before = Placement::of(before, near_below);
        (before == Placement::of(after, near_below)).then_some(before)
    }

    fn value(&self) -> Option<f64> {
        self.leader.value.or(self.follower.value)
    }

    fn each(&self) -> impl Iterator<Item = f64> {
        self.leader.each.iter().chain(&self.follower.each).copied()
    }
}

/// One measure of one peer with one placement.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Cell {
    pub(crate) measure: Measure,
    pub(crate) peer: Name,
    #[serde(flatten)]
    pub(crate) result: Result,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Result {
    Measured(Measured),
    /// Why there is no number.
    Failed(String),
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Measured {
    pub(crate) placement: Placement,
    pub(crate) unit: &'static str,
    pub(crate) rounds: usize,
    /// The least of the rounds.
    pub(crate) least: f64,
    pub(crate) spread: Spread,
    /// Of single messages.
    pub(crate) percentiles: Option<Percentiles>,
    /// The time of a cache line, the median of the rounds, in nanoseconds.
    pub(crate) line: f64,
}

/// Of single messages, in nanoseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Percentiles {
    pub(crate) count: usize,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) p99_9: f64,
}

impl Percentiles {
    fn of(numbers: impl Iterator<Item = f64>) -> Option<Self> {
        let mut numbers: Vec<f64> = numbers.collect();
        numbers.sort_unstable_by(f64::total_cmp);
        let last = numbers.len().checked_sub(1)?;
        let at = |thousandth: usize| numbers[last * thousandth / 1000];
        Some(Self { count: numbers.len(), p50: at(500), p99: at(990), p99_9: at(999) })
    }
}

impl Cell {
    /// Summarises the rounds of one measure and peer. If it has failed, that is all that is said.
    pub(crate) fn of(
        measure: Measure,
        peer: Name,
        rounds: &[Sampled],
        failure: Option<String>,
        near_below: f64,
    ) -> Vec<Self> {
        if let Some(failure) = failure {
            return vec![Self { measure, peer, result: Result::Failed(failure) }];
        }
        let of = |placement| {
            let rounds: Vec<&Sampled> =
                rounds.iter().filter(|round| round.placement(near_below) == Some(placement)).collect();
            let measured = Measured::of(measure, placement, &rounds)?;
            Some(Self { measure, peer, result: Result::Measured(measured) })
        };
        Placement::ALL.into_iter().filter_map(of).collect()
    }
}

impl Measured {
    fn of(measure: Measure, placement: Placement, rounds: &[&Sampled]) -> Option<Self> {
        let values: Vec<f64> = rounds.iter().filter_map(|round| round.value()).collect();
        let least = values.iter().copied().min_by(f64::total_cmp)?;
        let lines = rounds.iter().filter_map(|round| round.leader.line);
        Some(Self {
            placement,
            unit: measure.unit(),
            rounds: values.len(),
            least,
            spread: Spread::of(values),
            percentiles: Percentiles::of(rounds.iter().flat_map(|round| round.each())),
            line: Spread::of(lines.flat_map(|(before, after)| [before, after])).median,
        })
    }
}

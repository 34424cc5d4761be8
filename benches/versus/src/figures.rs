//! The numbers of many rounds, summarised for each placement.

use crate::case::Case;
use crate::pair::{Answer, Memory};
use crate::peers::Name;
use serde::{Deserialize, Serialize};
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
}

/// One measurement of one peer, with one placement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cell {
    #[serde(flatten)]
    pub(crate) case: Case,
    pub(crate) peer: Name,
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Measured(Measured),
    Trouble(Trouble),
}

/// Why there is no number.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Trouble {
    /// The peer does not offer what is measured.
    Unsupported(String),
    /// It should have worked.
    Failed(String),
}

/// All times are in nanoseconds for one message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) placement: Placement,
    pub(crate) rounds: usize,
    /// The least of the rounds.
    pub(crate) least: f64,
    /// The quartiles of the rounds.
    pub(crate) spread: Spread,
    /// The same for receiving, where that is measured too.
    pub(crate) received: Option<Spread>,
    /// Of single messages.
    pub(crate) percentiles: Option<Percentiles>,
    /// The lost part of all messages.
    pub(crate) lost: f64,
    /// How long both processes took to open all their channels.
    pub(crate) leader_open: f64,
    pub(crate) follower_open: f64,
    /// The processor time of both processes, with all their threads: the lower quartile.
    pub(crate) leader_cpu: f64,
    pub(crate) follower_cpu: f64,
    /// What both processes have more in memory than before they opened the channels.
    pub(crate) leader_memory: Memory,
    pub(crate) follower_memory: Memory,
    /// The time of a cache line: the median of the rounds.
    pub(crate) line: f64,
}

/// Of single messages, in nanoseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
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
    /// Summarises the rounds of one measurement and peer. If it had trouble, that is all that is
    /// said.
    pub(crate) fn of(
        case: Case,
        peer: Name,
        rounds: &[Sampled],
        trouble: Option<Trouble>,
        near_below: f64,
    ) -> Vec<Self> {
        if let Some(trouble) = trouble {
            return vec![Self { case, peer, outcome: Outcome::Trouble(trouble) }];
        }
        let of = |placement| {
            let rounds: Vec<&Sampled> =
                rounds.iter().filter(|round| round.placement(near_below) == Some(placement)).collect();
            Some(Self { case, peer, outcome: Outcome::Measured(Measured::of(placement, &rounds)?) })
        };
        Placement::ALL.into_iter().filter_map(of).collect()
    }

    /// Returns what was measured with this placement.
    pub(crate) fn measured(&self, placement: Placement) -> Option<&Measured> {
        match &self.outcome {
            Outcome::Measured(measured) if measured.placement == placement => Some(measured),
            _ => None,
        }
    }
}

impl Measured {
    /// Summarises rounds of one placement; `None` if there are none.
    fn of(placement: Placement, rounds: &[&Sampled]) -> Option<Self> {
        let values: Vec<f64> = rounds.iter().filter_map(|round| round.value()).collect();
        let least = values.iter().copied().min_by(f64::total_cmp)?;
        let last = rounds.last()?;
        let sum = |of: fn(&Answer) -> u64| rounds.iter().map(|round| of(&round.leader) + of(&round.follower)).sum();
        let lost: u64 = sum(|answer| answer.lost);
        let arrived: u64 = rounds.iter().map(|round| round.follower.messages).sum();
        let both = rounds.iter().filter(|round| round.leader.value.is_some());
        let received: Vec<f64> = both.filter_map(|round| round.follower.value).collect();
        let lines = rounds.iter().filter_map(|round| round.leader.line);
        let singles = rounds.iter().flat_map(|round| &round.leader.each).copied();
        Some(Self {
            placement,
            rounds: values.len(),
            least,
            spread: Spread::of(values),
            received: (!received.is_empty()).then(|| Spread::of(received)),
            percentiles: Percentiles::of(singles),
            lost: lost as f64 / (lost + arrived).max(1) as f64,
            leader_open: last.leader.open,
            follower_open: last.follower.open,
            leader_cpu: cpu(rounds.iter().map(|round| &round.leader)),
            follower_cpu: cpu(rounds.iter().map(|round| &round.follower)),
            leader_memory: last.leader.memory,
            follower_memory: last.follower.memory,
            line: Spread::of(lines.flat_map(|(before, after)| [before, after])).median,
        })
    }
}

/// Returns the processor time for one message: the lower quartile of the rounds.
fn cpu<'a>(answers: impl Iterator<Item = &'a Answer>) -> f64 {
    Spread::of(answers.map(|answer| answer.cpu / answer.messages.max(1) as f64)).low
}

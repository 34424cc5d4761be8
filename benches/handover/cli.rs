use clap::{Parser, ValueEnum};
use slotcast_benches::cpus;

/// Measure what a hand-over costs between two pinned processes, compared with the least that they
/// could do by hand.
#[derive(Parser)]
#[command(name = "handover")]
pub(crate) struct Arguments {
    /// What to measure [default: everything]
    measures: Vec<Measure>,
    /// A few short rounds: shows that everything works, but not how fast
    #[arg(long)]
    quick: bool,
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    /// How many rounds to measure
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rounds: u32,
    /// The two processors, as `0,1` [default: the first two that this process may use]
    #[arg(long, value_parser = cpus::parse_pair)]
    pub(crate) cpus: Option<(usize, usize)>,
    /// A round counts as near if the bare round trip takes less than this many nanoseconds
    #[arg(long, default_value_t = 200.0)]
    pub(crate) near_below: f64,
    /// Passed by `cargo bench`, and not by `cargo test`, for which a quick run is enough.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Measure {
    /// One-way latency of 48 bytes, by ping-pong
    Latency,
    /// Large messages: one way, in full, and with many subscribers
    Large,
    /// One publish call, alone and with many subscribers
    Publish,
    /// A stream of 48 bytes and of 1 KiB from one process to the other
    Stream,
    /// Waking a sleeping receiver, in each way that it can wait; and what it costs while asleep
    Wakeup,
    /// A call of 64 bytes and its response, while both sides poll, and while both sleep
    Services,
    /// Memory of an idle topic
    Memory,
    /// From a process's `main` to its first message
    Startup,
    /// Joining a topic of 500 endpoints
    Join,
    /// Setting and getting a latest value, in one process
    Values,
}

impl Measure {
    pub(crate) fn needs_two_processes(self) -> bool {
        !matches!(self, Self::Startup | Self::Join | Self::Values)
    }
}

impl Arguments {
    pub(crate) fn is_quick(&self) -> bool {
        self.quick || !self.bench
    }

    pub(crate) fn measures(&self) -> Vec<Measure> {
        let all = Measure::value_variants();
        all.iter().copied().filter(|measure| self.measures.is_empty() || self.measures.contains(measure)).collect()
    }

    /// Returns the number of rounds: the requested number divided by `per`, or a few in a quick
    /// run.
    pub(crate) fn rounds(&self, per: u32) -> u32 {
        if self.is_quick() { 3 } else { (self.rounds / per).max(1) }
    }
}

use crate::peers::Name;
use clap::Parser;
use slotcast_benches::cpus;

/// The first argument of the processes that this one starts.
pub(crate) const CHILD: &str = "child";

/// Measure Slotcast beside other ways to send messages between two processes of one machine.
#[derive(Parser)]
#[command(name = "versus")]
pub(crate) struct Arguments {
    /// How many rounds to measure
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) rounds: u32,
    /// How long a round of one peer takes, in milliseconds
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub(crate) milliseconds: u64,
    /// Which peers to measure, separated by commas [default: all]
    #[arg(long, value_delimiter = ',')]
    pub(crate) peers: Vec<Name>,
    /// The two processors, as `0,1` [default: the first two that this process may use]
    #[arg(long, value_parser = cpus::parse_pair)]
    pub(crate) cpus: Option<(usize, usize)>,
    /// A round counts as near if a cache line takes less than this many nanoseconds one way
    #[arg(long, default_value_t = 100.0)]
    pub(crate) near_below: f64,
}

use crate::peers::Name;
use clap::{Parser, ValueEnum};
use slotcast_benches::cpus;
use std::path::PathBuf;

/// The first argument of a process that measures.
pub(crate) const CHILD: &str = "child";
/// The first argument of a process that only keeps a processor busy.
pub(crate) const BUSY: &str = "busy";

/// Measure Slotcast beside other ways to send messages between two processes of one machine.
#[derive(Parser)]
#[command(name = "versus")]
pub(crate) struct Arguments {
    /// What to measure [default: everything]
    groups: Vec<Group>,
    /// A few short rounds: shows that everything works, but not how fast
    #[arg(long)]
    pub(crate) quick: bool,
    /// Write the results to this folder: as JSON, as tables for Markdown, and as plots
    #[arg(long, value_name = "FOLDER")]
    pub(crate) output: Option<PathBuf>,
    /// Measure nothing, but show the results in this JSON file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["groups", "quick", "rounds", "milliseconds", "peers", "cpus"])]
    pub(crate) from: Option<PathBuf>,
    /// How many rounds to measure
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rounds: u32,
    /// How long a round of one peer takes, in milliseconds
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    milliseconds: u64,
    /// How many seconds a peer may take to open its channels, and for a round beyond its time
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) patience: u64,
    /// Which peers to measure, separated by commas [default: all]
    #[arg(long, value_delimiter = ',')]
    peers: Vec<Name>,
    /// The two processors, as `0,1` [default: the first two that this process may use]
    #[arg(long, value_parser = cpus::parse_pair)]
    pub(crate) cpus: Option<(usize, usize)>,
    /// A round counts as near if a cache line takes less than this many nanoseconds one way
    #[arg(long, default_value_t = 100.0)]
    pub(crate) near_below: f64,
}

/// Measures that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Group {
    /// One way, by ping-pong: 8 bytes to 4 MiB
    Latency,
    /// As many messages as possible, with and without loss
    Stream,
    /// Sending while receivers do nothing
    Publish,
    /// Sending a few messages after receivers have received all others
    Burst,
    /// From a receiver's `main` to its first message
    Startup,
    /// Some of these while both processors are busy with something else
    Loaded,
    /// Slotcast alone: with more topics, publishers and subscribers
    Scale,
    /// Telling another process that something has happened
    Events,
    /// Request and response
    Services,
    /// The latest value
    Values,
}

impl Arguments {
    pub(crate) fn groups(&self) -> Vec<Group> {
        if self.groups.is_empty() { Group::value_variants().to_vec() } else { self.groups.clone() }
    }

    pub(crate) fn peers(&self) -> Vec<Name> {
        if self.peers.is_empty() { Name::value_variants().to_vec() } else { self.peers.clone() }
    }

    pub(crate) fn rounds(&self) -> u32 {
        if self.quick { 2 } else { self.rounds }
    }

    pub(crate) fn milliseconds(&self) -> u64 {
        if self.quick { 1 } else { self.milliseconds }
    }
}

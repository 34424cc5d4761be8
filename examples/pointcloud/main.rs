//! Scans of 1000 to 100 000 points: messages of variable size, of which none is lost, in memory that does not grow on.
//!
//! ```text
//! cargo run --release --example pointcloud             scans of a room that are computed here
//! cargo run --release --example pointcloud -- FILE     the points of a file: `x y z` a line, or little-endian f32 triples
//! ```
//!
//! One process publishes. A second surveys all scans and is waited for; each scan comes with a hash of all points so far, so
//! that none can be missing. A third shows the newest scan and skips the others. It takes a thousand scans, or until
//! Ctrl-C.

mod messages;
mod publish;
mod scans;
mod watch;

use clap::{Parser, Subcommand};
use std::error::Error;
use std::path::PathBuf;
use watch::Role;

/// Publish scans of many points, and survey them in other processes.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// Text with `x y z` a line, whatever follows, or binary: three little-endian f32 a point [default: a computed room]
    file: Option<PathBuf>,
    /// How many scans to publish
    #[arg(long, default_value_t = 1000)]
    scans: u64,
}

#[derive(Subcommand)]
enum Part {
    /// Read what is published
    Watch { role: Role },
}

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { part, file, scans } = Arguments::parse();
    match part {
        Some(Part::Watch { role }) => watch::run(role),
        None => publish::run(file, scans),
    }
}

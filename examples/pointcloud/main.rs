//! Scans of 1000 to 100 000 points: messages of variable size, none of which is lost, in bounded
//! memory.
//!
//! ```text
//! cargo run --release --example pointcloud                    scans of a computed room
//! cargo run --release --example pointcloud -- FILE            the points of a file: `x y z` a
//!                                                             line, or three little-endian f32
//! cargo run --release --example pointcloud -- watch display   one more, in another terminal
//! ```
//!
//! One process publishes. A second surveys all scans, and the publisher waits for it. Each scan
//! contains a hash of all points so far, so that no scan can be missing. A third displays the
//! newest scan and skips the others.
//!
//! It takes a thousand scans, or until Ctrl-C. A subscriber that is killed is no longer waited for:
//! the others continue, and the publisher reports at its end which one has failed.

mod messages;
mod publish;
mod scans;
mod watch;

use clap::{Parser, Subcommand};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use watch::Role;

/// Publish scans of many points, and survey them in other processes.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// Text with `x y z` at the start of each line, or binary: three little-endian f32 a point
    /// [default: a computed room]
    file: Option<PathBuf>,
    /// How many scans to publish
    #[arg(long, default_value_t = 1000)]
    scans: u64,
}

#[derive(Subcommand)]
enum Part {
    /// Read what is published
    Watch {
        role: Role,
        /// Was started by the publisher: ends if the publisher has already ended
        #[arg(long, hide = true)]
        child: bool,
    },
}

fn main() -> ExitCode {
    slotcast_examples::report("pointcloud", run(Arguments::parse()))
}

fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let Arguments { part, file, scans } = arguments;
    match part {
        Some(Part::Watch { role, child }) => watch::run(role, child),
        None => publish::run(file, scans),
    }
}

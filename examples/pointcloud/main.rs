//! Scans of 1000 to 100 000 points: messages of variable size, of which none is lost, in memory that does not grow on.
//!
//! ```text
//! cargo run --release --example pointcloud                    scans of a room that are computed here
//! cargo run --release --example pointcloud -- FILE            the points of a file: `x y z` a line, or little-endian f32 triples
//! cargo run --release --example pointcloud -- watch display   one more, in another terminal, before or after
//! ```
//!
//! One process publishes. A second surveys all scans and is waited for; each scan comes with a hash of all points so far, so
//! that none can be missing. A third shows the newest scan and skips the others. It takes a thousand scans, or until
//! Ctrl-C. One that is killed is waited for no more: the others go on, and the publisher says at its end who has failed.

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
    /// Text with `x y z` a line, whatever follows, or binary: three little-endian f32 a point [default: a computed room]
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
        /// Was started by the publisher: ends if that has gone already
        #[arg(long, hide = true)]
        child: bool,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pointcloud: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let Arguments { part, file, scans } = arguments;
    match part {
        Some(Part::Watch { role, child }) => watch::run(role, child),
        None => publish::run(file, scans),
    }
}

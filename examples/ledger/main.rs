//! A million entries from one process to four, of which two get every one, whatever becomes of the others.
//!
//! ```text
//! cargo run --release --example ledger                  a million entries that are made up
//! cargo run --release --example ledger -- FILE          the lines of a file, best of 100 000 or more
//! cargo run --release --example ledger -- audit guest   one more auditor, in another terminal, before
//!                                                       or after
//! ```
//!
//! The keeper publishes entries and waits for auditors that are behind. After a quarter of them it kills the auditor carl, which
//! is not waited for any more. After half of them it stops dora, as a debugger would: that costs as long as the keeper said
//! that it waits, once, then dora is let go. After three quarters dora goes on, and is told how much was lost.
//!
//! Each auditor says what it has read: how many entries, and their hash, which is that of the file (`xxhsum -H3 FILE`).

mod audit;
mod entries;
mod keep;
mod messages;

use clap::{Parser, Subcommand};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// Publish entries without loss, and audit them in other processes.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// Each line is an entry, and one of more than 96 bytes is several [default: entries that are made up]
    ///
    /// Who is waited for and let go is seen if there are more than 32768: auditors can be 8192 behind before one is waited for.
    file: Option<PathBuf>,
    /// How many entries to make up
    #[arg(long, default_value_t = 1_000_000, conflicts_with = "file", value_parser = clap::value_parser!(u64).range(1..))]
    entries: u64,
}

#[derive(Subcommand)]
enum Part {
    /// Read what is published
    Audit {
        name: String,
        /// Was started by the keeper: ends if that has gone already
        #[arg(long, hide = true)]
        child: bool,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ledger: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let Arguments { part, file, entries } = arguments;
    match part {
        Some(Part::Audit { name, child }) => audit::run(&name, child),
        None => keep::run(file.as_deref(), entries),
    }
}

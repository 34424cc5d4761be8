//! A million entries from one process to four. Two of them receive every entry, whatever happens to
//! the others.
//!
//! ```text
//! cargo run --release --example ledger                  a million invented entries
//! cargo run --release --example ledger -- FILE          the lines of a file, best 100 000 or more
//! cargo run --release --example ledger -- audit guest   one more auditor, in another terminal
//! ```
//!
//! The keeper publishes entries, and waits for auditors that are behind. After a quarter of the
//! entries it kills the auditor carl, and no longer waits for it. After half of them it stops dora,
//! as a debugger would. That costs the keeper its timeout, once; then it detaches dora. After three
//! quarters dora continues, and learns how many entries it has lost.
//!
//! Each auditor reports what it has read: the number of entries and their hash, which is that of
//! the file (`xxhsum -H3 FILE`).

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
    /// A file whose lines are the entries; one of more than 96 bytes is several [default: invented
    /// entries]
    ///
    /// More than 32768 entries show how an auditor is waited for and detached: it can be 8192
    /// behind before the keeper waits.
    file: Option<PathBuf>,
    /// How many entries to invent
    #[arg(long, default_value_t = 1_000_000, conflicts_with = "file", value_parser = clap::value_parser!(u64).range(1..))]
    entries: u64,
}

#[derive(Subcommand)]
enum Part {
    /// Read what is published
    Audit {
        name: String,
        /// Was started by the keeper: ends if the keeper has already ended
        #[arg(long, hide = true)]
        child: bool,
    },
}

fn main() -> ExitCode {
    slotcast_examples::report("ledger", run(Arguments::parse()))
}

fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let Arguments { part, file, entries } = arguments;
    match part {
        Some(Part::Audit { name, child }) => audit::run(&name, child),
        None => keep::run(file.as_deref(), entries),
    }
}

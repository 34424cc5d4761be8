//! A million entries from one process to four, of which two get every one, whatever becomes of the others.
//!
//! ```text
//! cargo run --release --example ledger                  a million entries that are made up
//! cargo run --release --example ledger -- FILE          the lines of a file
//! cargo run --release --example ledger -- audit guest   one more auditor, in another terminal
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

/// Publish entries without loss, and audit them in other processes.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// Each line is an entry [default: entries that are made up]
    file: Option<PathBuf>,
    /// How many entries to make up
    #[arg(long, default_value_t = 1_000_000, conflicts_with = "file")]
    entries: u64,
}

#[derive(Subcommand)]
enum Part {
    /// Read what is published
    Audit { name: String },
}

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { part, file, entries } = Arguments::parse();
    match part {
        Some(Part::Audit { name }) => audit::run(&name),
        None => keep::run(file.as_deref(), entries),
    }
}

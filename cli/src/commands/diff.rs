//! `diff`: whether two recordings differ.

use crate::exit::Outcome;
use crate::output::{self, Format, PROBLEM};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use slotcast_record::{TopicComparison, compare};
use std::io::Write;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  slotcast diff before.mcap after.mcap

Code 0 says that they are the same, code 1 that they differ.";

/// Compare two files that were recorded: do they differ, and where first
///
/// Of each topic, the types and bytes of all messages are compared in their order. When they were
/// received does not matter.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Diff {
    /// A file
    first: PathBuf,
    /// The file to compare it with
    second: PathBuf,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Row<'a> {
    topic: &'a str,
    same: bool,
    messages: (u64, u64),
    first_difference: Option<u64>,
    times_ns: Option<(u64, u64)>,
}

impl Diff {
    /// Prints each topic.
    pub(crate) fn run(self) -> Result<Outcome> {
        let topics = compare(&self.first, &self.second)?;
        let mut out = output::stdout();
        if self.format == Format::Json {
            let rows: Vec<Row<'_>> = topics.iter().map(|(topic, comparison)| row(topic, comparison)).collect();
            writeln!(out, "{}", serde_json::to_string(&rows)?)?;
        } else {
            for (topic, comparison) in &topics {
                print(&mut out, topic, comparison)?;
            }
        }
        let is_same = topics.values().all(TopicComparison::is_same);
        Ok(if is_same { Outcome::Done } else { Outcome::No })
    }
}

fn row<'a>(topic: &'a str, comparison: &TopicComparison) -> Row<'a> {
    let difference = comparison.first_difference;
    Row {
        topic,
        same: comparison.is_same(),
        messages: comparison.messages,
        first_difference: difference.map(|difference| difference.message),
        times_ns: difference.map(|difference| difference.times),
    }
}

fn print(out: &mut impl Write, topic: &str, comparison: &TopicComparison) -> Result<()> {
    let (first, second) = comparison.messages;
    if comparison.is_same() {
        return Ok(writeln!(out, "{topic}: {}, the same", output::count_u64(first, "message"))?);
    }
    write!(out, "{PROBLEM}{topic}: {first} and {}", output::count_u64(second, "message"))?;
    match comparison.first_difference {
        Some(difference) => {
            #[expect(clippy::cast_precision_loss, reason = "for people")]
            let seconds = |time: u64| time as f64 / 1e9;
            let (a, b) = (seconds(difference.times.0), seconds(difference.times.1));
            write!(out, "; the first that differs is number {}, after {a:.6} s and {b:.6} s", difference.message)?;
        }
        None => write!(out, "; the first {} are the same", first.min(second))?,
    }
    Ok(writeln!(out, "{PROBLEM:#}")?)
}

//! `bench`: what a message costs on this machine.

use crate::bench::{self, Measure, Peer};
use crate::exit::Outcome;
use crate::output::Format;
use crate::processors::{self, Distance, Processors};
use crate::signals::Signals;
use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

/// Measure what a message costs on this machine, beside bare shared memory
///
/// Two processes, pinned to two processors, exchange messages with Slotcast and by hand (a slot and
/// a flag in memory that both map), in turn. They spin, so they need two processors that have
/// nothing else to do. Large messages are written and read in full, by hand in as many
/// buffers as a publisher has. The stream is lossless; by hand
/// it is a ring whose reader reports how far it is. Everything is in a directory of its own in
/// /dev/shm, which is removed at the end.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  slotcast bench\n  slotcast bench --seconds 10 --format json\n  taskset -c 2,3 slotcast bench"
)]
pub(crate) struct Bench {
    /// How long to measure
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = seconds)]
    seconds: f64,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Be the other process
    #[arg(long, hide = true)]
    peer: Option<PathBuf>,
    /// Its processor
    #[arg(long, hide = true)]
    cpu: Option<usize>,
}

#[derive(Serialize)]
struct Measured {
    /// The processors of the two processes, if they could be pinned.
    processors: Option<(usize, usize)>,
    placement: String,
    measures: Vec<Row>,
}

/// Nanoseconds; the ratio of Slotcast to bare memory, of which less is better.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    slotcast_ns: f64,
    bare_ns: f64,
    ratio: f64,
    /// How many rounds these are medians of.
    rounds: usize,
    /// Whether something else ran on the processors in each of them.
    disturbed: bool,
}

impl Bench {
    /// Measures, and prints a table.
    pub(crate) fn run(self) -> Result<Outcome> {
        if let Some(directory) = &self.peer {
            bench::be_peer(directory, self.cpu)?;
            return Ok(Outcome::Done);
        }
        let signals = Signals::handle()?;
        let Some((ours, theirs)) = Processors::of_this_process().near_pair() else {
            bail!("two processes that spin need two processors, and this one may use only one");
        };
        let is_pinned = processors::pin(ours).is_ok();
        let peer = Peer::start(is_pinned.then_some(theirs))?;
        let measured = bench::measure(&peer, Duration::from_secs_f64(self.seconds), || signals.is_stopped());
        drop(peer);
        let measures = match measured {
            Err(_) if signals.is_stopped() => Vec::new(),
            measured => measured?,
        };
        let placement = match is_pinned {
            true => described(ours, theirs),
            false => "processors that the kernel chose".to_owned(),
        };
        let row = |measure: Measure| {
            let Measure { name, slotcast, bare, ratio, rounds, disturbed } = measure;
            Row { name, slotcast_ns: slotcast, bare_ns: bare, ratio, rounds, disturbed }
        };
        let measures: Vec<Row> = measures.into_iter().map(row).collect();
        let outcome = if measures.is_empty() { Outcome::No } else { Outcome::Done };
        let measured = Measured { processors: is_pinned.then_some((ours, theirs)), placement, measures };
        self.print(&measured)?;
        Ok(outcome)
    }

    fn print(&self, measured: &Measured) -> Result<()> {
        let mut out = io::stdout().lock();
        if self.format == Format::Json {
            writeln!(out, "{}", serde_json::to_string(measured)?)?;
            return Ok(());
        }
        writeln!(out, "{}", measured.placement)?;
        if cfg!(debug_assertions) {
            writeln!(out, "this tool was built without optimization: the figures mean nothing")?;
        }
        for Row { name, slotcast_ns, bare_ns, ratio, rounds, disturbed } in &measured.measures {
            let [slotcast, bare] =
                [slotcast_ns, bare_ns].map(|ns| if name.starts_with("stream") { rate(*ns) } else { time(*ns) });
            let disturbed = if *disturbed { ", all disturbed by other processes" } else { "" };
            writeln!(out, "{name:18} {slotcast:>10}, bare {bare:>10}, ratio {ratio:.2} (rounds: {rounds}{disturbed})")?;
        }
        Ok(())
    }
}

/// Describes how near two processors are.
fn described(ours: usize, theirs: usize) -> String {
    let distance = match processors::distance(ours, theirs) {
        Distance::Core => "threads of one core".to_owned(),
        Distance::Cache(level) => format!("which share a cache of level {level}"),
        Distance::Far => "which share no cache".to_owned(),
    };
    format!("processors {ours} and {theirs}, {distance}")
}

fn time(ns: f64) -> String {
    if ns < 10_000.0 { format!("{ns:.0} ns") } else { format!("{:.1} µs", ns / 1e3) }
}

fn rate(ns: f64) -> String {
    format!("{:.1} M/s", 1e3 / ns)
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().map_err(|_| format!("`{text}` is not a number of seconds"))?;
    if (0.0..=3600.0).contains(&seconds) { Ok(seconds) } else { Err("between 0 and 3600".to_owned()) }
}

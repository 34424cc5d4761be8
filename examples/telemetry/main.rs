//! Publishes what this machine is doing, and displays what is published, in two processes.
//!
//! ```text
//! cargo run --release --example telemetry              both, for some seconds
//! cargo run --release --example telemetry -- publish   one half
//! cargo run --release --example telemetry -- watch     the other
//! ```

mod both;
mod ending;
mod feed;
mod messages;
mod publish;
mod sampler;
mod text;
mod watch;

use clap::{Parser, Subcommand};
use ending::Ending;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

/// How long both halves run together.
const TOGETHER: Duration = Duration::from_secs(5);

/// Publish what this machine is doing, and watch it.
///
/// Without a command, does both for some seconds, in two processes.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    half: Option<Half>,
    /// End after this time [default: 5 for both halves together, never for one]
    #[arg(long, global = true, value_parser = seconds)]
    seconds: Option<f64>,
    /// Publish this often per second
    #[arg(long, global = true, default_value_t = 10.0, value_parser = per_second)]
    rate: f64,
    /// Poll for messages this often per second
    #[arg(long, global = true, default_value_t = 10.0, value_parser = per_second)]
    refresh: f64,
}

#[derive(Subcommand)]
enum Half {
    /// Sample this machine and publish
    Publish,
    /// Display what is published
    Watch,
}

fn main() -> ExitCode {
    slotcast_examples::report("telemetry", run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let Arguments { seconds, rate, refresh, .. } = *arguments;
    let limit = seconds.map(Duration::from_secs_f64);
    match arguments.half {
        Some(Half::Publish) => publish::run(rate, &Ending::at_signal_or_after(limit)?),
        Some(Half::Watch) => watch::run(refresh, &Ending::at_signal_or_after(limit)?),
        None => both::run(rate, refresh, limit.unwrap_or(TOGETHER)),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    within(text, 0.1, 1e6)
}

fn per_second(text: &str) -> Result<f64, String> {
    check_rate(text.parse().unwrap_or(f64::NAN))
}

/// Checks how often something may happen each second.
fn check_rate(rate: f64) -> Result<f64, String> {
    check(rate, 0.1, 1000.0)
}

fn within(text: &str, least: f64, most: f64) -> Result<f64, String> {
    check(text.parse().unwrap_or(f64::NAN), least, most)
}

fn check(number: f64, least: f64, most: f64) -> Result<f64, String> {
    if (least..=most).contains(&number) {
        Ok(number)
    } else {
        Err(format!("a number from {least} to {most} is needed"))
    }
}

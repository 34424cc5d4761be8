//! `pub`: publishing values.

use crate::context::Context;
use crate::exit::Outcome;
use crate::publishing::{Ending, Publishing, Source};
use crate::topics;
use anyhow::{Result, bail};
use clap::{ArgGroup, Args};
use slotcast::TopicName;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  slotcast pub robot/speed 1.5                         every second, until Ctrl-C
  slotcast pub robot/goal '{x: 1.5, y: 2}' --once      once; subscribers that are there have read it
  slotcast pub robot/goal '{x: 1}' -r 50 -t 500        500 times, 50 a second
  slotcast pub robot/goal --file goals.yaml            documents of YAML, or lines of JSON
  slotcast echo robot/imu --format yaml | slotcast pub robot/imu_again --stdin --schema imu.json

Fields that are not given are zero. SIGUSR1 prints statistics on stderr. Ctrl-C ends it.";

/// The value comes last, which clap would print first.
const USAGE: &str = "slotcast pub [OPTIONS] <TOPIC> <VALUE|--stdin|--file <FILE>>";

/// Publish values that are given as YAML or JSON
///
/// The type is that of the topic's publishers and subscribers, or comes from a file.
#[derive(Args)]
#[command(after_help = EXAMPLES, override_usage = USAGE, group = ArgGroup::new("source").required(true))]
pub(crate) struct Pub {
    /// The topic's name
    #[arg(value_parser = topics::name)]
    topic: TopicName,
    /// What to publish again and again, in YAML or JSON
    #[arg(allow_hyphen_values = true, group = "source")]
    value: Option<String>,
    /// Publish what is read: documents of YAML, or lines of JSON
    #[arg(long, group = "source")]
    stdin: bool,
    /// Publish what a file contains: documents of YAML, or lines of JSON
    #[arg(long, value_name = "FILE", visible_alias = "yaml-file", group = "source")]
    file: Option<PathBuf>,
    /// The type: a file with a schema in JSON, as `slotcast schema --format json` prints it
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// Messages a second [default: 1 for a value; as they come for --stdin and --file]
    #[arg(long, short, value_name = "HZ", value_parser = rate)]
    rate: Option<Duration>,
    /// Publish one message; the same as -t 1
    #[arg(long, short = '1', conflicts_with = "times")]
    once: bool,
    /// End after this many messages
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    times: Option<u64>,
    /// First wait until this many subscribers are there
    #[arg(long, short, value_name = "N", visible_alias = "wait-matching-subscriptions")]
    wait_for: Option<usize>,
    /// Seconds that the publisher stays after the last message, at least: others have to find it
    #[arg(long, value_name = "SECONDS", default_value = "0.3", value_parser = crate::context::seconds)]
    keep_alive: Duration,
    /// Print every Nth message
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    print: Option<u64>,
    /// How many of the newest messages stay readable
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    depth: Option<u64>,
    /// The publisher's name, which others see
    #[arg(long, short = 'N', value_name = "NAME", default_value = "slotcast pub", hide_default_value = true)]
    name: String,
}

impl Pub {
    /// Publishes until it is stopped, or all is published.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let source = match (self.value, self.file, self.stdin) {
            (Some(value), None, false) => Source::Value(value),
            (None, Some(file), false) => Source::File(file),
            (None, None, true) => Source::Stdin,
            _ => bail!("give a value, --stdin or --file"),
        };
        let ending = Ending { times: if self.once { Some(1) } else { self.times }, keep_alive: self.keep_alive };
        let layout = Publishing::layout(context, &self.topic, self.schema.as_deref())?;
        let mut builder = slotcast::dynamic::Publisher::builder(&self.topic, &layout).domain(&context.domain);
        if let Some(depth) = self.depth {
            builder = builder.depth(depth);
        }
        let publishing = Publishing::new(context, builder.name(&self.name), self.print)?;
        publishing.run(source, self.rate, self.wait_for, ending)
    }
}

/// Returns the time between two messages.
fn rate(text: &str) -> Result<Duration, String> {
    let hz: f64 = text.parse().map_err(|_| format!("`{text}` is not a number"))?;
    let period = Duration::try_from_secs_f64(1.0 / hz).ok().filter(|_| hz > 0.0 && hz <= 1e9);
    period.ok_or_else(|| format!("{text} messages a second are not possible: more than 0, at most 1e9"))
}

//! `play`: what was recorded, published again.

use crate::context::{self, Context};
use crate::exit::Outcome;
use crate::one_topic::topic_name;
use crate::output::{self, tell};
use crate::signals::Signals;
use crate::topics::TopicPattern;
use anyhow::Result;
use clap::Args;
use slotcast::TopicName;
use slotcast_record::{Flow, Player};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  slotcast play run.mcap
  slotcast play run.mcap --rate 0.5 --start 12.5 --duration 3
  slotcast play run.mcap --topics 'camera/**' --remap camera/front=test/front --loop

Types are those that were recorded, to the bit. Files that are not finished, or that are damaged,
are played as far as they are whole.";

/// Publish again what was recorded
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Play {
    /// Files that `slotcast record` has written, played one after the other
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// How fast: 2 is twice as fast as it was recorded, `max` without any pause
    #[arg(long, short, value_name = "FACTOR", default_value = "1", value_parser = rate)]
    rate: f64,
    /// Leave out this many seconds at the beginning
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = context::seconds)]
    start: Duration,
    /// End after this many seconds of the recording
    #[arg(long, value_name = "SECONDS", value_parser = context::seconds)]
    duration: Option<Duration>,
    /// Begin again at the end
    #[arg(long = "loop", short = 'l')]
    repeat: bool,
    /// Only these topics, by the names that they had: names, or patterns such as 'robot/*/imu'
    #[arg(long, value_name = "TOPIC", num_args = 1..)]
    topics: Vec<TopicPattern>,
    /// Publish what was recorded of a topic on another one
    #[arg(long, value_name = "RECORDED=PLAYED", num_args = 1.., value_parser = remap)]
    remap: Vec<(String, TopicName)>,
    /// First wait until each topic has this many subscribers
    #[arg(long, short, value_name = "N")]
    wait_for: Option<usize>,
    /// Seconds that publishers stay after the last message, at least: others have to find them
    #[arg(long, value_name = "SECONDS", default_value = "0.3", value_parser = context::seconds)]
    keep_alive: Duration,
}

impl Play {
    /// Plays until the end, or until it is stopped.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let signals = Signals::handle()?;
        let mut builder = Player::builder()
            .domain(&context.domain)
            .rate(self.rate)
            .start(self.start)
            .keep_alive(self.keep_alive)
            .wait_for_subscribers(self.wait_for.unwrap_or(0), context.timeout.unwrap_or(Duration::MAX));
        if let Some(duration) = self.duration {
            builder = builder.duration(duration);
        }
        if self.repeat {
            builder = builder.repeat();
        }
        if !self.topics.is_empty() {
            let patterns = self.topics;
            builder = builder.topics(move |name| {
                let name = TopicName::new(name);
                name.is_ok_and(|name| patterns.iter().any(|pattern| pattern.matches(&name)))
            });
        }
        for (recorded, played) in &self.remap {
            builder = builder.remap(recorded, played);
        }
        let status = builder.play_with(&self.files, |until| {
            signals.sleep_until(until);
            if signals.is_stopped() { Flow::Stop } else { Flow::GoOn }
        })?;
        status.damage.iter().for_each(|damage| tell!("{damage}"));
        status.refused.iter().for_each(|(topic, reason)| tell!("topic \"{topic}\": {reason}"));
        if status.backwards > 0 {
            let messages = output::count_u64(status.backwards, "message");
            tell!("{messages} had an earlier time than the one before, and came without a pause");
        }
        let messages = output::count_u64(status.messages(), "message");
        writeln!(output::stdout(), "{messages} on {}", output::count(status.topics.len(), "topic"))?;
        Ok(Outcome::Done)
    }
}

fn rate(text: &str) -> Result<f64, String> {
    if text == "max" {
        return Ok(f64::INFINITY);
    }
    let rate: f64 = text.parse().map_err(|_| format!("`{text}` is not a number, and not `max`"))?;
    let is_possible = rate.is_finite() && rate >= 0.001;
    if is_possible { Ok(rate) } else { Err(format!("`{text}` times as fast is not possible: at least 0.001")) }
}

fn remap(text: &str) -> Result<(String, TopicName), String> {
    let (recorded, played) = text.split_once('=').ok_or_else(|| format!("`{text}` has no `=`"))?;
    let recorded = recorded.strip_prefix('/').unwrap_or(recorded);
    Ok((recorded.to_owned(), topic_name(played.strip_prefix('/').unwrap_or(played))?))
}

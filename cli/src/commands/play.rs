//! `play`: what was recorded, published again.

use crate::context::{self, Context};
use crate::exit::Outcome;
use crate::one_topic::topic_name;
use crate::output::{self, tell};
use crate::play_keys::Keys;
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
  slotcast play run.mcap --lockstep --wait-for 1
  slotcast play run.mcap --clock --paused

Types are those that were recorded, to the bit. Files that are not finished, or that are damaged,
are played as far as they are whole.";

/// How long programs may need for what follows from a message, in lockstep without `--timeout`.
const PATIENCE: Duration = Duration::from_secs(10);

/// Publish again what was recorded
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Play {
    /// Files that `slotcast record` has written, played one after the other
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// How fast: 2 is twice as fast as it was recorded, `max` without any pause [default: 1; in
    /// lockstep, max]
    #[arg(long, short, value_name = "FACTOR", value_parser = rate)]
    rate: Option<f64>,
    /// Publish each message only after all that follows from the one before is done, so that the same
    /// programs do the same each time. Implies `--clock`
    #[arg(long)]
    lockstep: bool,
    /// Tell the domain's clocks what time it was
    #[arg(long)]
    clock: bool,
    /// Begin paused, and listen to keys: space goes on or pauses, s steps, + and - change the rate, q
    /// quits
    #[arg(long)]
    paused: bool,
    /// Leave out the sequences that the recording lacks, so that subscribers count the same losses
    #[arg(long)]
    gaps: bool,
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
        let mut builder = Player::builder().domain(&context.domain);
        if self.lockstep {
            builder = builder.lockstep(context.timeout.unwrap_or(PATIENCE));
        }
        if let Some(rate) = self.rate {
            builder = builder.rate(rate);
        }
        builder = builder
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
        if self.clock {
            builder = builder.clock();
        }
        if self.gaps {
            builder = builder.gaps();
        }
        let status = if self.paused {
            let rate = self.rate.unwrap_or(if self.lockstep { f64::INFINITY } else { 1.0 });
            let mut keys = Keys::enter(&signals, rate)?;
            builder.paused().play_with(&self.files, |until| keys.wait(until))
        } else {
            builder.play_with(&self.files, |until| {
                signals.sleep_until(until);
                if signals.is_stopped() { Flow::Stop } else { Flow::GoOn }
            })
        };
        let status = status?;
        status.damage.iter().for_each(|damage| tell!("{damage}"));
        status.refused.iter().for_each(|(topic, reason)| tell!("topic \"{topic}\": {reason}"));
        if status.backwards > 0 {
            let messages = output::count_u64(status.backwards, "message");
            tell!("{messages} had an earlier time than the one before, and came without a pause");
        }
        if status.skipped > 0 {
            tell!("{} left out, as in the recording", output::count_u64(status.skipped, "sequence"));
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

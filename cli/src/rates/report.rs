//! What the commands have in common that print a line for each topic at each refresh.

use super::silence::Explainer;
use super::{Detail, Pacing, Refresh, Step, Watch, WatchedTopic, Window, units};
use crate::context::Context;
use crate::exit::Outcome;
use crate::output::{self, Format, tell};
use crate::signals::Signals;
use crate::topics::{self, TopicPattern};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use slotcast::TopicName;
use std::collections::HashMap;
use std::fmt::Display;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// The options of these commands.
#[derive(Args)]
pub(crate) struct Following {
    /// Names of topics, or patterns such as 'robot/*/imu'; also those that come later
    #[arg(value_name = "TOPIC", required = true)]
    topics: Vec<TopicPattern>,
    #[command(flatten)]
    pacing: Pacing,
    /// Average over at least this number of messages, in as many of the last refreshes as that
    /// takes
    #[arg(short, long, value_name = "MESSAGES", default_value = "10", value_parser = clap::value_parser!(u64).range(1..))]
    window: u64,
    /// How to print: a line for people, or a JSON object in a line, for each topic and refresh
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What a command finds out about topics.
pub(crate) trait Report {
    /// What is found out beside the counts.
    const DETAIL: Detail;
    /// How often counters are read.
    const POLL_INTERVAL: Duration;
    /// What is printed for a topic: for people by `Display`, after the topic's name, or as JSON.
    type Row: Display + Serialize;

    /// Returns what is printed for a topic.
    fn row(&mut self, topic: &mut WatchedTopic, window: &Window) -> Self::Row;
}

/// What stands before each row in JSON.
#[derive(Serialize)]
struct Line<'a, R> {
    refresh: u64,
    topic: &'a str,
    seconds: f64,
    messages: u64,
    total: u64,
    publishers: usize,
    subscribers: usize,
    #[serde(flatten)]
    row: R,
}

impl Following {
    /// Prints a report at each refresh. Returns [`Outcome::No`] if no message was published, and
    /// time or the refreshes ran out.
    pub(crate) fn follow<R: Report>(self, context: &Context, report: &mut R) -> Result<Outcome> {
        let signals = Signals::handle()?;
        self.announce_absent(context)?;
        let mut watch = Watch::new(context, self.topics, R::DETAIL);
        let mut windows: HashMap<TopicName, Window> = HashMap::new();
        let mut explainer = Explainer::default();
        let start = Instant::now();
        self.pacing.run(&signals, &mut watch, R::POLL_INTERVAL, |watch, step| match step {
            Step::Statistics => print_statistics(watch, start.elapsed()).map(ControlFlow::Continue),
            Step::Refresh(refresh) => {
                let mut out = io::stdout().lock();
                let width = watch.topics().map(|topic| topic.name().as_str().len()).max().unwrap_or(0);
                for topic in watch.topics_mut() {
                    let window = windows.entry(topic.name().clone()).or_insert_with(|| Window::new(self.window));
                    let line = line(topic, window, refresh, report);
                    match self.format {
                        Format::Text => writeln!(out, "{:width$}  {}", line.topic, line.row)?,
                        Format::Json => writeln!(out, "{}", serde_json::to_string(&line)?)?,
                    }
                    explainer.notice(topic, window);
                }
                out.flush()?;
                explainer.tell(context);
                let is_over = context.timeout.is_some_and(|timeout| start.elapsed() >= timeout && is_silent(watch));
                Ok(if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            }
        })?;
        Ok(if signals.is_stopped() || !is_silent(&watch) { Outcome::Done } else { Outcome::No })
    }

    /// Says which topics do not exist yet, and which similar ones do.
    fn announce_absent(&self, context: &Context) -> Result<()> {
        let existing = topics::existing(context, &self.topics)?;
        for pattern in &self.topics {
            if !existing.iter().any(|topic| pattern.matches(topic)) {
                tell!("waiting: {}", topics::absent(pattern, &existing, context));
            }
        }
        Ok(())
    }
}

fn line<'a, R: Report>(
    topic: &'a mut WatchedTopic,
    window: &mut Window,
    refresh: Refresh,
    report: &mut R,
) -> Line<'a, R::Row> {
    let period = topic.take();
    let messages = period.messages;
    window.push(period, refresh.time);
    let row = report.row(topic, window);
    Line {
        refresh: refresh.number,
        topic: topic.name().as_str(),
        seconds: refresh.time.as_secs_f64(),
        messages,
        total: topic.total().messages,
        publishers: topic.publishers(),
        subscribers: topic.subscribers(),
        row,
    }
}

fn is_silent(watch: &Watch) -> bool {
    watch.topics().all(|topic| topic.total().messages == 0)
}

/// Prints to standard error what has happened since the start, because SIGUSR1 has come.
pub(crate) fn print_statistics(watch: &Watch, since: Duration) -> Result<()> {
    let mut out = io::stderr().lock();
    writeln!(out, "statistics after {:.1} s:", since.as_secs_f64())?;
    for topic in watch.topics() {
        let total = topic.total();
        let size = units::bytes(total.bytes);
        writeln!(
            out,
            "{}: {}, {size}, {} received, {} lost",
            topic.name(),
            output::count_u64(total.messages, "message"),
            total.received,
            total.lost
        )?;
    }
    Ok(())
}

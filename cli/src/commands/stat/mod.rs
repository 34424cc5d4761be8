//! `stat`: everything on one page.

use crate::context::Context;
use crate::counted::{self, Counted, Shown};
use crate::exit::Outcome;
use crate::output::{self, Format};
use crate::rates::{self, Detail, Pacing, Refresh, Step, TopicSummary, Watch};
use crate::signals::Signals;
use crate::topics::TopicPattern;
use anyhow::Result;
use clap::Args;
use slotcast::registry::Role;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

mod json;

/// How often counters are read: only sizes that vary, and short-lived endpoints, need that.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// How long counters of processes that have ended stay.
const KEEP: Duration = Duration::from_secs(60);

/// Show everything on one page: topics, endpoints, rates, lag, losses, memory, counters, errors
///
/// The page is refreshed each second, in place on a terminal. Rates and losses are those since the
/// last refresh, and exact; "~" marks bandwidths that are partly estimated. "Unread" is that of the
/// subscriber that is furthest behind. "Held" are large messages that subscribers keep in place.
/// Memory is what is allocated now. Counters and errors that processes show follow; those of a process
/// that has ended stay for a minute.
#[derive(Args)]
#[command(after_help = "Examples:
  slotcast stat
  slotcast stat --once 'robot/**'
  slotcast stat --summary --format json -n 10")]
pub(crate) struct Stat {
    /// Only these topics: names, or patterns such as 'robot/*/imu' [default: all]
    #[arg(value_name = "TOPIC")]
    topics: Vec<TopicPattern>,
    /// Leave out the endpoints
    #[arg(short, long)]
    summary: bool,
    #[command(flatten)]
    pacing: Pacing,
    /// How to print: a page for people, or a JSON object in a line, for each refresh
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Stat {
    /// Prints pages until it is ended.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let signals = Signals::handle()?;
        let mut counted = Counted::new(context.observer(), self.topics.clone(), KEEP);
        let mut watch = Watch::new(context, self.topics, Detail::Counts);
        let start = Instant::now();
        let is_terminal = io::stdout().is_terminal() && !self.pacing.once;
        let mut has_topics = false;
        self.pacing.run(&signals, &mut watch, POLL_INTERVAL, |watch, step| {
            let refresh = match step {
                Step::Statistics => return rates::print_statistics(watch, start.elapsed()).map(ControlFlow::Continue),
                Step::Refresh(refresh) => refresh,
            };
            let topics = TopicSummary::take_all(watch, refresh.time);
            counted.refresh()?;
            let sets = counted.shown();
            has_topics |= !topics.is_empty() || !sets.is_empty();
            let mut out = io::stdout().lock();
            match self.format {
                Format::Json => writeln!(out, "{}", json::line(refresh, &topics, &sets, !self.summary)?)?,
                Format::Text => {
                    let page = page(context, refresh, &topics, &sets, !self.summary);
                    if is_terminal { show(&mut out, &page)? } else { writeln!(out, "{page}")? }
                }
            }
            out.flush()?;
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(if has_topics || signals.is_stopped() { Outcome::Done } else { Outcome::No })
    }
}

/// Shows a page in place of the last one, as much of it as the terminal has lines.
fn show(out: &mut impl Write, page: &str) -> io::Result<()> {
    // Some terminals have no size.
    let size = crossterm::terminal::size().ok().filter(|&(width, height)| width > 0 && height > 0);
    let (width, height) = size.map_or((80, 24), |(width, height)| (usize::from(width), usize::from(height)));
    write!(out, "\x1b[H")?;
    let lines = page.lines().count();
    let shown = if lines > height { height.saturating_sub(1) } else { lines };
    for (number, line) in page.lines().take(shown).enumerate() {
        let end = if number + 1 == height { "" } else { "\n" };
        write!(out, "{}\x1b[K{end}", line.chars().take(width).collect::<String>())?;
    }
    if shown < lines && shown < height {
        let rest: String = format!("{} more lines: see `slotcast top`", lines - shown).chars().take(width).collect();
        write!(out, "{rest}\x1b[K")?;
    }
    write!(out, "\x1b[J")
}

fn page(context: &Context, refresh: Refresh, topics: &[TopicSummary], sets: &[Shown], with_endpoints: bool) -> String {
    let count = |role| topics.iter().map(|topic| topic.count(role)).sum::<usize>();
    let memory: u64 = topics.iter().map(TopicSummary::memory).sum();
    let mut page = format!(
        "{}, {}, {}, {} of memory, last {:.2} s, in {}\n",
        output::count(topics.len(), "topic"),
        output::count(count(Role::Publisher), "publisher"),
        output::count(count(Role::Subscriber), "subscriber"),
        rates::bytes(memory),
        refresh.time.as_secs_f64(),
        context.domain.path().display()
    );
    let width = topics.iter().map(|topic| topic.topic.chars().count()).max().unwrap_or(0).max("TOPIC".len());
    let _ = writeln!(
        page,
        "{:width$} {:>3} {:>3} {:>9} {:>11} {:>7} {:>7} {:>4} {:>8}  TYPE",
        "TOPIC", "PUB", "SUB", "RATE", "BANDWIDTH", "UNREAD", "LOST", "HELD", "MEMORY"
    );
    for topic in topics {
        add_topic(&mut page, topic, width);
        if with_endpoints {
            add_endpoints(&mut page, topic);
        }
        topic.problems.iter().for_each(|problem| add_line(&mut page, format_args!("  ! {problem}")));
    }
    counted::add_to(&mut page, sets);
    page
}

fn add_line(page: &mut String, line: std::fmt::Arguments<'_>) {
    let _ = writeln!(page, "{line}"); // a string takes all
}

fn add_topic(page: &mut String, topic: &TopicSummary, width: usize) {
    let estimated = if topic.is_estimated { "~" } else { "" };
    let bandwidth = format!("{estimated}{}", rates::bytes_per_second(topic.bytes, topic.time));
    add_line(
        page,
        format_args!(
            "{:width$} {:>3} {:>3} {:>9} {bandwidth:>11} {:>7} {:>7} {:>4} {:>8}  {}",
            topic.topic,
            topic.count(Role::Publisher),
            topic.count(Role::Subscriber),
            rates::rate(topic.messages, topic.time),
            rates::count(topic.unread()),
            rates::count(topic.lost),
            topic.held(),
            rates::bytes(topic.memory()),
            topic.type_name.as_deref().unwrap_or("-"),
        ),
    );
}

fn add_endpoints(page: &mut String, topic: &TopicSummary) {
    for endpoint in &topic.endpoints {
        let messages = rates::count(endpoint.messages);
        let memory = endpoint.memory.map_or("memory not known".to_owned(), rates::bytes);
        match endpoint.name.role {
            Role::Publisher => {
                add_line(page, format_args!("  > {}: {messages} published, {memory}", endpoint.name));
            }
            Role::Subscriber => {
                let [unread, lost] = [endpoint.unread, endpoint.lost].map(rates::count);
                let held = endpoint.held;
                add_line(
                    page,
                    format_args!(
                        "  < {}: {messages} received, {unread} unread, {lost} lost, {held} held, {memory}",
                        endpoint.name
                    ),
                );
            }
        }
    }
}

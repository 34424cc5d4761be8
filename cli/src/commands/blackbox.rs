//! `blackbox`: keeps what was published last, and writes it when something happens.

use crate::context::{self, Context};
use crate::exit::Outcome;
use crate::filter::{Expression, Filter};
use crate::output::{self, tell};
use crate::rates::units;
use crate::signals::Signals;
use crate::topics::TopicPattern;
use anyhow::Result;
use clap::{ArgGroup, Args};
use slotcast::TopicName;
use slotcast::dynamic::Sample;
use slotcast_record::{BlackBox, BlackBoxStatus, IncidentReport};
use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::{Duration, Instant};

const EXAMPLES: &str = "\
Examples:
  slotcast blackbox -a -o /var/log/robot --before 30 --after 5
  slotcast blackbox 'robot/**' -o . --on crash --on 'voltage < 11.1'
  kill -USR2 $(pgrep -f 'slotcast blackbox')

The files are MCAP files, as `slotcast record` writes them; `slotcast info FILE` says what had
happened. SIGUSR1 prints statistics on stderr.";

/// How often it looks whether a file is finished.
const LOOK: Duration = Duration::from_millis(20);

/// Keep what was published last, and write it to a file when something happens
///
/// It subscribes to nothing, so that no publisher notices it, and has the memory of publishers open, so
/// that it has what they published last when they are killed. Without --before nothing is copied: a file
/// has what is in the rings. What happens while a file is written makes it longer.
#[derive(Args)]
#[command(after_help = EXAMPLES, group = ArgGroup::new("what").required(true).multiple(true))]
pub(crate) struct Blackbox {
    /// Names of topics, or patterns such as 'robot/*/imu' (`**` also stands for several segments)
    #[arg(value_name = "TOPIC", group = "what")]
    topics: Vec<TopicPattern>,
    /// Watch all topics
    #[arg(long, short, group = "what")]
    all: bool,
    /// The folder for the files
    #[arg(long, short, value_name = "FOLDER")]
    output: PathBuf,
    /// Write what was published in so many seconds before; without it, what is in the rings
    #[arg(long, value_name = "SECONDS", value_parser = context::seconds)]
    before: Option<Duration>,
    /// Write what is published in so many seconds after
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = context::seconds)]
    after: Duration,
    /// How many MiB of messages are kept at most
    #[arg(long, value_name = "MIB", default_value = "256", value_parser = clap::value_parser!(u64).range(1..))]
    memory: u64,
    /// When to write: crash (an endpoint dies), stop (a publisher leaves, is stopped or falls silent),
    /// signal (SIGUSR2), or an expression that a message fulfils, as for `echo --filter`; several can
    /// be given [default: crash and signal]
    #[arg(long, value_name = "EVENT")]
    on: Vec<Event>,
    /// End after so many files
    #[arg(long, short = 'n', value_name = "N")]
    count: Option<usize>,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq)]
enum Event {
    Crash,
    Stop,
    Signal,
    Message(String, Expression),
}

impl FromStr for Event {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "crash" => Self::Crash,
            "stop" => Self::Stop,
            "signal" => Self::Signal,
            text => Self::Message(text.to_owned(), text.parse()?),
        })
    }
}

impl Blackbox {
    /// Watches until it is stopped.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let on = if self.on.is_empty() { vec![Event::Crash, Event::Signal] } else { self.on };
        let signals = Signals::handle_with_dump()?;
        let (patterns, all) = (self.topics, self.all);
        let mut builder = BlackBox::builder().domain(&context.domain).after(self.after);
        builder = builder.memory(self.memory.saturating_mul(1 << 20));
        builder = builder.topics(move |topic| all || patterns.iter().any(|pattern| pattern.matches(topic)));
        if let Some(time) = self.before {
            builder = builder.before(time);
        }
        let with_signal = on.contains(&Event::Signal);
        for event in on {
            builder = match event {
                Event::Crash => builder.on_crash(),
                Event::Stop => builder.on_stop(),
                Event::Signal => builder,
                Event::Message(text, expression) => builder.on_message(condition(text, expression)),
            };
        }
        let black_box = builder.start(&self.output)?;
        tell!("watching; files will be in {}", self.output.display());
        let (mut printed, mut told) = (0, 0);
        while !signals.is_stopped() && !black_box.has_failed() && self.count.is_none_or(|count| printed < count) {
            signals.sleep_until(Instant::now() + LOOK);
            let is_wanted = signals.wants_dump();
            if is_wanted && with_signal {
                black_box.trigger("a signal came (SIGUSR2)");
            }
            let status = black_box.status();
            printed = print(&status, printed)?;
            status.problems.iter().skip(told).for_each(|problem| tell!("{problem}"));
            told = status.problems.len();
            if signals.wants_statistics() {
                tell!("{}", summary(&status));
            }
        }
        let status = black_box.finish()?;
        printed = print(&status, printed)?;
        Ok(if printed > 0 { Outcome::Done } else { Outcome::No })
    }
}

/// Returns what finds messages that fulfil an expression. Topics without such fields are left out.
fn condition(
    text: String,
    expression: Expression,
) -> impl FnMut(&TopicName, &Sample) -> Option<String> + Send + 'static {
    let mut filters: HashMap<TopicName, (slotcast::schema::SchemaHash, Option<Filter>)> = HashMap::new();
    move |topic, sample| {
        let hash = sample.layout().hash();
        if filters.get(topic).is_none_or(|(known, _)| *known != hash) {
            filters.insert(topic.clone(), (hash, expression.bind(sample.layout()).ok()));
        }
        let (_, filter) = filters.get(topic)?;
        let selects = filter.as_ref()?.selects(sample.bytes());
        selects.then(|| format!("message {} of topic \"{topic}\" fulfils `{text}`", sample.sequence()))
    }
}

/// Prints the files that are finished since; returns how many there are.
fn print(status: &BlackBoxStatus, printed: usize) -> Result<usize> {
    let mut out = output::stdout();
    for incident in status.incidents.iter().skip(printed) {
        let IncidentReport { file, reasons, messages, topics, lost, before, after, is_short, .. } = incident;
        let (messages, topics) = (output::count_u64(*messages, "message"), output::count(*topics, "topic"));
        writeln!(
            out,
            "{}: {messages} on {topics}, {lost} lost, from {before:.1?} before to {after:.1?} after",
            file.display()
        )?;
        reasons.iter().try_for_each(|reason| writeln!(out, "  {reason}"))?;
        if *is_short {
            writeln!(out, "  there was no memory for more: --memory sets how many MiB are kept")?;
        }
        out.flush()?;
    }
    Ok(status.incidents.len())
}

fn summary(status: &BlackBoxStatus) -> String {
    let (messages, topics) = (output::count_u64(status.messages, "message"), output::count(status.topics, "topic"));
    let (lost, kept) = (status.lost, units::bytes(status.kept));
    let back = status.reaches_back;
    format!("{messages} on {topics}, {lost} lost, {kept} kept, back to {back:.1?} ago")
}

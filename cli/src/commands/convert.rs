//! `convert`: a recording as text.

use crate::exit::Outcome;
use crate::output::tell;
use crate::topics::TopicPattern;
use crate::values::csv::Columns;
use crate::values::json;
use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use serde::Serialize;
use slotcast::TopicName;
use slotcast::dynamic::Value;
use slotcast::schema::SchemaHash;
use slotcast_record::{Message, Recording};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  slotcast convert run.mcap > run.ndjson
  slotcast convert run.mcap robot/imu --format csv -o imu.csv

Each line has the times at which the message was received and published, in nanoseconds since 1970.";

/// Print a file that was recorded as lines of JSON or CSV
///
/// CSV has a column for each field, so it takes one topic.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Convert {
    /// The file that was recorded
    file: PathBuf,
    /// Only these topics: names, or patterns such as 'robot/*/imu' [default: all]
    #[arg(value_name = "TOPIC")]
    topics: Vec<TopicPattern>,
    /// What to write
    #[arg(long, value_enum, default_value_t)]
    format: TextFormat,
    /// The file to write, which must not exist [default: the standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum TextFormat {
    /// A line of JSON for each message.
    #[default]
    Ndjson,
    /// A line for each message, a column for each field.
    Csv,
}

/// A message, as JSON.
#[derive(Serialize)]
struct Line<'a> {
    topic: &'a str,
    log_time_ns: u64,
    publish_time_ns: u64,
    sequence: u32,
    value: Value,
}

impl Convert {
    /// Writes all messages of the wanted topics.
    pub(crate) fn run(self) -> Result<Outcome> {
        if self.format == TextFormat::Csv && !matches!(self.topics.as_slice(), [TopicPattern::Name(_)]) {
            bail!("csv has no place for the names of several topics: name one, or use ndjson");
        }
        let mut recording = Recording::open(&self.file)?;
        let mut out: Box<dyn Write> = match &self.output {
            Some(path) => {
                let file = File::create_new(path).with_context(|| format!("{} cannot be created", path.display()))?;
                Box::new(BufWriter::new(file))
            }
            None => Box::new(BufWriter::new(io::stdout().lock())),
        };
        let mut csv = Csv::default();
        let mut refused = BTreeSet::new();
        while let Some(message) = recording.next_message()? {
            let topic = &message.channel.topic;
            if !self.is_wanted(topic) || refused.contains(topic) {
                continue;
            }
            let Some(value) = message.value() else {
                let reason = message.channel.why_no_layout().unwrap_or("a message is not valid");
                tell!("topic \"{topic}\" is left out: {reason}");
                refused.insert(topic.clone());
                continue;
            };
            match self.format {
                TextFormat::Ndjson => {
                    let (log_time_ns, publish_time_ns) = (message.log_time, message.publish_time);
                    let line = Line { topic, log_time_ns, publish_time_ns, sequence: message.sequence, value };
                    json::write_line(&mut out, &line)?;
                }
                TextFormat::Csv => csv.write(&mut out, &message)?,
            }
        }
        out.flush()?;
        recording.damage().iter().for_each(|damage| tell!("{}: {damage}", self.file.display()));
        let is_whole = refused.is_empty() && recording.damage().is_empty();
        Ok(if is_whole { Outcome::Done } else { Outcome::No })
    }

    fn is_wanted(&self, topic: &str) -> bool {
        let is_named = |name: TopicName| self.topics.iter().any(|pattern| pattern.matches(&name));
        self.topics.is_empty() || TopicName::new(topic).is_ok_and(is_named)
    }
}

/// The table of the one topic.
#[derive(Default)]
struct Csv(Option<(SchemaHash, Columns)>);

impl Csv {
    fn write(&mut self, out: &mut impl Write, message: &Message<'_>) -> Result<()> {
        let (Some(layout), Some(bytes)) = (message.channel.layout(), message.bytes()) else { return Ok(()) };
        if self.0.is_none() {
            let columns = Columns::new(layout, &[])?;
            write!(out, "log_time_ns,publish_time_ns,")?;
            columns.write_header(out)?;
            self.0 = Some((layout.hash(), columns));
        }
        if let Some((hash, columns)) = &mut self.0 {
            if *hash != layout.hash() {
                bail!("topic \"{}\" has changed its type, and with it the columns: use ndjson", message.channel.topic);
            }
            write!(out, "{},{},", message.log_time, message.publish_time)?;
            columns.write(out, &bytes?)?;
        }
        Ok(())
    }
}

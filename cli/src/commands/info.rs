//! `info`: everything about topics, and about files with what was recorded.

use crate::context::{self, Context};
use crate::exit::Outcome;
use crate::file_info;
use crate::output::{self, Format, HEADING, PROBLEM};
use crate::overview::{self, Topic, text};
use crate::rates::units;
use crate::topics::{TopicArgs, TopicPattern};
use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;
use slotcast::schema::Schema;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  slotcast info robot/imu
  slotcast info 'robot/*/imu' --format json
  slotcast info run.mcap

An argument is a file if it ends with `.mcap` or `.active`, or begins with `./` or `../`.
Publishers and subscribers do not notice it. `slotcast why TOPIC` explains why nothing comes.";

/// Describe topics: type, endpoints, rates, losses, problems; or files that were recorded
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Info {
    /// Names of topics, or patterns such as 'robot/*/imu' (`**` also stands for several segments);
    /// or files that `slotcast record` has written
    #[arg(value_name = "TOPIC|FILE", required = true)]
    arguments: Vec<String>,
    /// Accepted for those who are used to it: all is always printed
    #[arg(long, short, hide = true)]
    verbose: bool,
    /// Seconds over which rates are measured
    #[arg(long, short, value_name = "SECONDS", default_value = "0.5", value_parser = context::seconds)]
    interval: Duration,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A topic with its schema, as JSON.
#[derive(Serialize)]
struct Described<'a> {
    #[serde(flatten)]
    topic: &'a Topic,
    schema: Option<&'a Schema>,
}

impl Info {
    /// Prints the descriptions.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let (files, topics): (Vec<_>, Vec<_>) =
            self.arguments.iter().partition(|argument| file_info::is_file(argument));
        if !files.is_empty() && !topics.is_empty() {
            bail!("{} is a file and {} is a topic: give files or topics", files[0], topics[0]);
        }
        if topics.is_empty() {
            let files: Vec<PathBuf> = files.into_iter().map(PathBuf::from).collect();
            return file_info::print(&files, self.format).map(|()| Outcome::Done);
        }
        let patterns: Result<Vec<TopicPattern>, String> = topics.into_iter().map(|topic| topic.parse()).collect();
        let names = TopicArgs::of(patterns.map_err(anyhow::Error::msg)?).resolve(context)?;
        let topics = overview::of_topics(context, &names, Some(self.interval))?;
        let mut out = output::stdout();
        if self.format == Format::Json {
            let schema = |topic: &Topic| topic.layout.as_ref().map(|layout| layout.schema().clone());
            let schemas: Vec<_> = topics.iter().map(schema).collect();
            let described: Vec<_> = topics
                .iter()
                .zip(&schemas)
                .map(|(topic, schema)| Described { topic, schema: schema.as_ref() })
                .collect();
            writeln!(out, "{}", serde_json::to_string(&described)?)?;
        } else {
            for (index, topic) in topics.iter().enumerate() {
                if index > 0 {
                    writeln!(out)?;
                }
                print(&mut out, topic)?;
            }
        }
        Ok(if topics.is_empty() { Outcome::No } else { Outcome::Done })
    }
}

fn print(out: &mut impl Write, topic: &Topic) -> Result<()> {
    write!(out, "{HEADING}{}{HEADING:#}", topic.topic)?;
    if let Some(rate) = topic.rate_hz {
        write!(out, ", {}", text::hertz(rate))?;
    }
    writeln!(out, ", {} of memory", units::bytes(topic.memory_bytes))?;
    if let Some(layout) = &topic.layout {
        writeln!(out, "\n{}\n\nschema hash {}", layout.schema(), layout.hash())?;
    }
    writeln!(out, "\n{HEADING}{}{HEADING:#}", output::count(topic.living_publishers(), "publisher"))?;
    for endpoint in &topic.publishers {
        text::publisher(out, endpoint)?;
        print_command(out, endpoint.command.as_deref())?;
    }
    writeln!(out, "\n{HEADING}{}{HEADING:#}", output::count(topic.living_subscribers(), "subscriber"))?;
    for endpoint in &topic.subscribers {
        text::subscriber(out, endpoint)?;
        print_command(out, endpoint.command.as_deref())?;
    }
    if !topic.problems.is_empty() {
        writeln!(out, "\n{HEADING}{}{HEADING:#}", output::count(topic.problems.len(), "problem"))?;
        topic.problems.iter().try_for_each(|problem| writeln!(out, "  {PROBLEM}{problem}{PROBLEM:#}"))?;
    }
    Ok(())
}

fn print_command(out: &mut impl Write, command: Option<&str>) -> Result<()> {
    if let Some(command) = command {
        writeln!(out, "      $ {}", command.escape_debug())?;
    }
    Ok(())
}

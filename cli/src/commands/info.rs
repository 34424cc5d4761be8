//! `info`: everything about topics.

use crate::context::{self, Context};
use crate::exit::Outcome;
use crate::output::{self, Format, HEADING, PROBLEM};
use crate::overview::{self, Topic, text};
use crate::rates::units;
use crate::topics::TopicArgs;
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use slotcast::schema::Schema;
use std::io::Write;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  slotcast info robot/imu
  slotcast info 'robot/*/imu' --format json

Publishers and subscribers do not notice it. `slotcast why TOPIC` explains why nothing comes.";

/// Describe topics: type, endpoints, rates, losses, problems
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Info {
    #[command(flatten)]
    topics: TopicArgs,
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
        let names = self.topics.resolve(context)?;
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

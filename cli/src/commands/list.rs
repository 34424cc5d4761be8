//! `list`: which topics there are.

use crate::context::{self, Context};
use crate::exit::Outcome;
use crate::output::{self, Format, HEADING, PROBLEM};
use crate::overview::{self, Topic, text};
use crate::rates::units;
use crate::topics::TopicFilter;
use anyhow::Result;
use clap::Args;
use slotcast::TopicName;
use std::io::Write;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  slotcast list                     the names of all topics
  slotcast list -l 'robot/**'       types, endpoints, rates, memory and problems, as a table
  slotcast list -v robot/imu        the endpoints
  slotcast list --format json | jq '.[] | select(.problems != [])'

The exit code is 1 if there is no such topic. Topics on which all endpoints are dead are not listed,
unless -v or JSON shows them; `slotcast clean` removes what the dead have left.";

/// List the topics
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct List {
    #[command(flatten)]
    topics: TopicFilter,
    /// Also print the types
    #[arg(long, short = 't', conflicts_with_all = ["long", "verbose"])]
    show_types: bool,
    /// Print only how many topics there are
    #[arg(long, short, conflicts_with_all = ["long", "verbose", "show_types", "format"])]
    count_topics: bool,
    /// Print a table of types, endpoints, rates, memory and problems
    #[arg(long, short, conflicts_with = "verbose")]
    long: bool,
    /// Also print the endpoints
    #[arg(long, short)]
    verbose: bool,
    /// Seconds over which rates are measured [default: 0.5 with -l and -v; JSON has none by
    /// default]
    #[arg(long, short, value_name = "SECONDS", value_parser = context::seconds)]
    interval: Option<Duration>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl List {
    /// Prints the topics.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let names = self.topics.select(context)?;
        if self.format == Format::Text && !self.count_topics {
            self.topics.tell_absent(context, &names);
        }
        let shows_all = self.long || self.verbose;
        if self.format == Format::Text && !shows_all {
            return self.print_names(context, &names);
        }
        let default = (self.format == Format::Text).then_some(Duration::from_millis(500));
        let topics = overview::of_topics(context, &names, self.interval.or(default))?;
        let mut out = output::stdout();
        if self.format == Format::Json {
            writeln!(out, "{}", serde_json::to_string(&topics)?)?;
        } else if self.verbose {
            topics.iter().try_for_each(|topic| print_endpoints(&mut out, topic))?;
        } else {
            let living: Vec<_> = topics.iter().filter(|topic| is_alive(topic)).collect();
            print_table(&mut out, &living)?;
            overview::tell_dead(topics.len(), living.len());
        }
        Ok(if topics.iter().any(is_alive) { Outcome::Done } else { Outcome::No })
    }

    fn print_names(&self, context: &Context, names: &[TopicName]) -> Result<Outcome> {
        let mut out = output::stdout();
        let mut found = 0;
        for name in names {
            if !overview::is_alive(context, name)? {
                continue;
            }
            found += 1;
            if self.count_topics {
                continue;
            }
            match self.show_types.then(|| overview::type_name(context, name)).transpose()? {
                Some(Some(of)) => writeln!(out, "{name} [{of}]")?,
                _ => writeln!(out, "{name}")?,
            }
        }
        if self.count_topics {
            writeln!(out, "{found}")?;
        } else {
            overview::tell_dead(names.len(), found);
        }
        Ok(if found > 0 { Outcome::Done } else { Outcome::No })
    }
}

fn is_alive(topic: &Topic) -> bool {
    topic.living_publishers() + topic.living_subscribers() > 0
}

fn print_endpoints(out: &mut impl Write, topic: &Topic) -> Result<()> {
    let of = topic.type_name.as_deref().map_or_else(String::new, |of| format!(" [{of}]"));
    writeln!(out, "{HEADING}{}{HEADING:#}{of}", topic.topic)?;
    topic.publishers.iter().try_for_each(|endpoint| text::publisher(out, endpoint))?;
    topic.subscribers.iter().try_for_each(|endpoint| text::subscriber(out, endpoint))?;
    Ok(())
}

fn print_table(out: &mut impl Write, topics: &[&Topic]) -> Result<()> {
    let rows: Vec<[String; 7]> = topics.iter().map(|topic| row(topic)).collect();
    let heads = ["TOPIC", "TYPE", "PUBS", "SUBS", "RATE", "MEMORY", "PROBLEMS"];
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0).max(heads[column].len())
    };
    let widths: [usize; 7] = std::array::from_fn(width);
    let line = |cells: [&str; 7]| {
        let cells = cells.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column {
            2..=5 => format!("{cell:>width$}"),
            _ => format!("{cell:width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    if !rows.is_empty() {
        writeln!(out, "{HEADING}{}{HEADING:#}", line(heads))?;
    }
    for row in &rows {
        let [topic, of, publishers, subscribers, rate, memory, problems] = row;
        let text = line([topic, of, publishers, subscribers, rate, memory, ""]);
        let gap = if problems.is_empty() { "" } else { "  " };
        writeln!(out, "{text}{gap}{PROBLEM}{problems}{PROBLEM:#}")?;
    }
    Ok(())
}

fn row(topic: &Topic) -> [String; 7] {
    let problems = match topic.problems.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first}, and {} more", rest.len()),
    };
    [
        topic.topic.clone(),
        topic.type_name.clone().unwrap_or_default(),
        topic.living_publishers().to_string(),
        topic.living_subscribers().to_string(),
        topic.rate_hz.map(text::hertz).unwrap_or_default(),
        units::bytes(topic.memory_bytes),
        problems,
    ]
}

use super::endpoints;
use crate::context::Context;
use crate::exit::{NotFound, Outcome};
use crate::output::{self, FAINT, Format};
use crate::values::yaml;
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use slotcast::TopicName;
use slotcast::dynamic::{OpenError, Sample, Value};
use slotcast::observer::{ObservedTopic, Reader};
use slotcast::registry::Part;
use std::io::Write;

/// Print a value
///
/// Its writer and its readers do not notice it. The exit code is 1 if it was never set, or its
/// writer has ended and it does not survive that.
#[derive(Args)]
pub(crate) struct Get {
    /// Its name
    #[arg(value_name = "NAME")]
    name: TopicName,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Found {
    name: String,
    value: Value,
    /// How often its writer had set it.
    version: u64,
    writer: String,
    /// `None` if it does not carry the time when it was set.
    age_ns: Option<u128>,
    /// Whether its writer has ended.
    orphaned: bool,
}

impl Get {
    /// Prints the value.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let topic = context.observer().topic(self.name.part(Part::Value))?;
        let newest = topic.as_ref().map(newest).transpose()?.flatten();
        let (Some(topic), Some(sample)) = (topic, newest) else {
            return Err(NotFound(format!("\"{}\" has no value", self.name)).into());
        };
        let (writer, _) = endpoints(&topic)?;
        let writer = writer.filter(|writer| writer.id == sample.publisher());
        let found = Found {
            name: self.name.to_string(),
            value: sample.value()?,
            version: sample.sequence() + 1,
            writer: sample.publisher().to_string(),
            age_ns: sample.age().map(|age| age.as_nanos()),
            orphaned: writer.is_none(),
        };
        let mut out = output::stdout();
        if self.format == Format::Json {
            writeln!(out, "{}", serde_json::to_string(&found)?)?;
            return Ok(Outcome::Done);
        }
        yaml::write(&mut out, &found.value, false)?;
        let age = sample.age().map_or_else(String::new, |age| format!(", set {age:.1?} ago"));
        let by = writer.map_or_else(|| "orphaned".into(), |writer| format!("by {}", writer.name));
        writeln!(out, "{FAINT}# version {}{age}, {by}{FAINT:#}", found.version)?;
        Ok(Outcome::Done)
    }
}

/// Returns the newest value, if there is one.
pub(super) fn newest(topic: &ObservedTopic) -> Result<Option<Sample>> {
    let mut reader: Reader = match topic.read(1) {
        Err(OpenError::NoPublisher { .. }) => return Ok(None),
        reader => reader?,
    };
    let mut newest = None;
    // Not for ever, should it be set faster than it is read.
    for _ in 0..16 {
        match reader.try_recv()? {
            Some(sample) => newest = Some(sample),
            None => break,
        }
    }
    Ok(newest)
}

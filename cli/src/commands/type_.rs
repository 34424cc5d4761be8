//! `type`: what type of messages a topic carries.

use crate::context::Context;
use crate::exit::Outcome;
use crate::output::{Format, tell};
use crate::overview;
use crate::topics::TopicArgs;
use anyhow::Result;
use clap::Args;
use std::io::{self, Write};

/// Print the type of a topic's messages
///
/// For several topics each line begins with the topic's name. `slotcast schema TOPIC` prints what
/// the type consists of.
#[derive(Args)]
#[command(after_help = "Examples:\n  slotcast type robot/imu\n  slotcast type 'robot/*' --format json")]
pub(crate) struct Type {
    #[command(flatten)]
    topics: TopicArgs,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Type {
    /// Prints the names of types.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let mut types = serde_json::Map::new();
        for topic in self.topics.resolve(context)? {
            match overview::type_name(context, &topic)? {
                Some(name) => drop(types.insert(topic.to_string(), name.into())),
                None => tell!("the type of topic \"{topic}\" is not known: it has no living endpoint"),
            }
        }
        let mut out = io::stdout().lock();
        if self.format == Format::Json {
            writeln!(out, "{}", serde_json::to_string(&types)?)?;
            return Ok(Outcome::Done);
        }
        for (topic, name) in &types {
            let name = name.as_str().unwrap_or_default();
            if self.topics.single().is_some() {
                writeln!(out, "{name}")?;
            } else {
                writeln!(out, "{topic}: {name}")?;
            }
        }
        Ok(if types.is_empty() { Outcome::No } else { Outcome::Done })
    }
}

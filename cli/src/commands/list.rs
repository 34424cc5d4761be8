//! `list`: which topics there are.

use crate::context::Context;
use crate::exit::Outcome;
use crate::output::Format;
use crate::topics::TopicFilter;
use anyhow::Result;
use clap::Args;
use std::io::{self, Write};

/// List the topics
#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    topics: TopicFilter,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl List {
    /// Prints the names of the topics.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let mut out = io::stdout().lock();
        let topics = self.topics.select(context)?;
        match self.format {
            Format::Text => topics.iter().try_for_each(|name| writeln!(out, "{name}"))?,
            Format::Json => {
                let names: Vec<_> = topics.iter().map(ToString::to_string).collect();
                writeln!(out, "{}", serde_json::to_string(&names)?)?;
            }
        }
        Ok(if topics.is_empty() { Outcome::No } else { Outcome::Done })
    }
}

//! `why`: why nothing comes on a topic.

use crate::context::Context;
use crate::exit::Outcome;
use crate::one_topic::OneTopic;
use crate::output::Format;
use crate::why::{self, Reason};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use std::io::{self, Write};

/// Explain why nothing comes on a topic
///
/// It looks at the topic's publishers and subscribers for up to a second, and at the domains beside
/// this one. All reasons are listed, the most likely first, each with a remedy. The exit code is 0
/// if messages come and every subscriber can read them, otherwise 1.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  slotcast why robot/imu\n  slotcast why robot/imu --format json | jq '.reasons[0].kind'"
)]
pub(crate) struct Why {
    /// The topic
    #[arg(value_name = "TOPIC")]
    topic: OneTopic,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Explained<'a> {
    topic: &'a str,
    /// Whether messages were published while it was watched.
    comes: bool,
    publishers: usize,
    reasons: &'a [Reason],
}

impl Why {
    /// Prints the reasons.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let topic = self.topic.name();
        let explanation = why::examine(context, topic);
        let comes = explanation.messages > 0;
        let reasons = &explanation.reasons;
        let mut out = io::stdout().lock();
        match self.format {
            Format::Json => {
                let explained = Explained { topic: topic.as_str(), comes, publishers: explanation.publishers, reasons };
                writeln!(out, "{}", serde_json::to_string(&explained)?)?;
            }
            Format::Text => {
                let heading = match (comes, reasons.is_empty()) {
                    (true, true) => "messages come",
                    (true, false) => "messages come, but not everywhere",
                    (false, _) => "nothing comes",
                };
                writeln!(out, "{topic}: {heading}")?;
                why::print(&mut out, reasons)?;
            }
        }
        Ok(if comes && reasons.is_empty() { Outcome::Done } else { Outcome::No })
    }
}

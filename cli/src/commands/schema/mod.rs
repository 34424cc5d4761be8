//! `schema`: the layout of a topic's messages, in one of several languages; and layouts compared.

mod check;
mod diff;
mod lock;

use crate::context::Context;
use crate::exit::Outcome;
use crate::schema_text::{self, Language};
use crate::schemas;
use anyhow::Result;
use clap::{Args, Subcommand};
use std::io::{self, Write};

/// Print the layout of a topic's messages: for people, or as source text
///
/// Source text compiles by itself. It checks every size and offset where the language can, and
/// contains the hash by which the two sides of a topic recognise each other.
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    arg_required_else_help = true,
    after_help = "Examples:\n  \
        slotcast schema robot/imu\n  \
        slotcast schema robot/imu --format c > imu.h\n  \
        slotcast schema robot/imu --format json > imu.json && slotcast schema imu.json --format python\n  \
        slotcast schema diff robot/imu imu.json\n  \
        slotcast schema lock -o slotcast.lock && slotcast schema check slotcast.lock\n\n\
        A topic named `diff`, `lock` or `check` is written with a leading slash: `slotcast schema /diff`."
)]
pub(crate) struct Schema {
    #[command(subcommand)]
    command: Option<Command>,
    /// A topic, or a file that `--format json` wrote; the topic, if there are both
    #[arg(value_name = "TOPIC|FILE")]
    of: Option<String>,
    /// How to print: for people, or as source text in a language
    #[arg(long, value_enum, default_value_t)]
    format: Language,
}

#[derive(Subcommand)]
enum Command {
    Diff(diff::Diff),
    Lock(lock::Lock),
    Check(check::Check),
}

impl Schema {
    /// Prints or compares layouts.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        match (self.command, self.of) {
            (Some(Command::Diff(command)), _) => command.run(context),
            (Some(Command::Lock(command)), _) => command.run(context),
            (Some(Command::Check(command)), _) => command.run(context),
            (None, Some(of)) => {
                let text = schema_text::render(&schemas::of_argument(context, &of)?, self.format)?;
                io::stdout().lock().write_all(text.as_bytes())?;
                Ok(Outcome::Done)
            }
            (None, None) => Ok(Outcome::No), // clap prints the help
        }
    }
}

//! The commands, one file each.

mod bench;
mod clean;
mod completions;
mod doctor;
mod list;
mod man;
mod schema;
mod type_;
mod wait;
mod why;

use crate::context::Context;
use crate::exit::Outcome;
use anyhow::Result;
use clap::Subcommand;

// What a command is for is the documentation of its type.
#[derive(Subcommand)]
pub(crate) enum Command {
    Bench(bench::Bench),
    Clean(clean::Clean),
    Completions(completions::Completions),
    Doctor(doctor::Doctor),
    /// List the topics
    List(list::List),
    Man(man::Man),
    Schema(schema::Schema),
    /// Print the type of a topic's messages
    Type(type_::Type),
    Wait(wait::Wait),
    Why(why::Why),
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        match self {
            Self::Bench(command) => command.run(),
            Self::Clean(command) => command.run(context),
            Self::Completions(command) => command.run(),
            Self::Doctor(command) => command.run(context),
            Self::List(command) => command.run(context),
            Self::Man(command) => command.run(),
            Self::Schema(command) => command.run(context),
            Self::Type(command) => command.run(context),
            Self::Wait(command) => command.run(context),
            Self::Why(command) => command.run(context),
        }
    }
}

//! The commands, one file each.

mod list;
mod schema;
mod type_;
mod wait;
mod why;

use crate::context::Context;
use crate::exit::Outcome;
use anyhow::Result;
use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the topics
    List(list::List),
    /// Print the layout of a topic's messages: for people, or as source text
    Schema(schema::Schema),
    /// Print the type of a topic's messages
    Type(type_::Type),
    /// Wait until a topic has publishers or subscribers, or a message comes
    Wait(wait::Wait),
    /// Explain why nothing comes on a topic
    Why(why::Why),
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        match self {
            Self::List(command) => command.run(context),
            Self::Schema(command) => command.run(context),
            Self::Type(command) => command.run(context),
            Self::Wait(command) => command.run(context),
            Self::Why(command) => command.run(context),
        }
    }
}

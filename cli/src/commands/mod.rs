//! The commands, one file each.

mod echo;
mod list;
mod pub_;
mod type_;

use crate::context::Context;
use crate::exit::Outcome;
use anyhow::Result;
use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print the messages of topics
    Echo(echo::Echo),
    /// List the topics
    List(list::List),
    /// Publish values that are given as YAML or JSON
    Pub(pub_::Pub),
    /// Print the type of a topic's messages
    Type(type_::Type),
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        match self {
            Self::Echo(command) => command.run(context),
            Self::List(command) => command.run(context),
            Self::Pub(command) => command.run(context),
            Self::Type(command) => command.run(context),
        }
    }
}

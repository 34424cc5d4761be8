//! The commands, one file each.

mod echo;
mod find;
mod info;
mod list;
mod pub_;
mod tree;
mod type_;

use crate::context::Context;
use crate::exit::Outcome;
use anyhow::Result;
use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print the messages of topics
    Echo(echo::Echo),
    /// Find the topics that carry a type
    Find(find::Find),
    /// Describe topics: type, endpoints, rates, losses, problems
    Info(info::Info),
    /// List the topics
    List(list::List),
    /// Publish values that are given as YAML or JSON
    Pub(pub_::Pub),
    /// Show the topics as a tree
    Tree(tree::Tree),
    /// Print the type of a topic's messages
    Type(type_::Type),
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        match self {
            Self::Echo(command) => command.run(context),
            Self::Find(command) => command.run(context),
            Self::Info(command) => command.run(context),
            Self::List(command) => command.run(context),
            Self::Pub(command) => command.run(context),
            Self::Tree(command) => command.run(context),
            Self::Type(command) => command.run(context),
        }
    }
}

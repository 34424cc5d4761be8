//! The commands, one file each.

mod bw;
mod delay;
mod echo;
mod export;
mod find;
mod hz;
mod info;
mod lag;
mod list;
mod plot;
mod pub_;
mod stat;
mod top;
mod tree;
mod type_;

use crate::context::Context;
use crate::exit::Outcome;
use anyhow::Result;
use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Command {
    Bw(bw::Bw),
    #[command(visible_alias = "latency")]
    Delay(delay::Delay),
    /// Print the messages of topics
    Echo(echo::Echo),
    Export(export::Export),
    /// Find the topics that carry a type
    Find(find::Find),
    Hz(hz::Hz),
    /// Describe topics: type, endpoints, rates, losses, problems
    Info(info::Info),
    Lag(lag::Lag),
    /// List the topics
    List(list::List),
    Plot(plot::Plot),
    /// Publish values that are given as YAML or JSON
    Pub(pub_::Pub),
    Stat(stat::Stat),
    Top(top::Top),
    /// Show the topics as a tree
    Tree(tree::Tree),
    /// Print the type of a topic's messages
    Type(type_::Type),
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        match self {
            Self::Bw(command) => command.run(context),
            Self::Delay(command) => command.run(context),
            Self::Echo(command) => command.run(context),
            Self::Export(command) => command.run(context),
            Self::Find(command) => command.run(context),
            Self::Hz(command) => command.run(context),
            Self::Info(command) => command.run(context),
            Self::Lag(command) => command.run(context),
            Self::List(command) => command.run(context),
            Self::Plot(command) => command.run(context),
            Self::Pub(command) => command.run(context),
            Self::Stat(command) => command.run(context),
            Self::Top(command) => command.run(context),
            Self::Tree(command) => command.run(context),
            Self::Type(command) => command.run(context),
        }
    }
}

//! The commands, one file each.

mod bw;
mod delay;
mod export;
mod hz;
mod lag;
mod list;
mod stat;
mod type_;

use crate::context::Context;
use crate::exit::Outcome;
use anyhow::Result;
use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the topics
    List(list::List),
    /// Print the type of a topic's messages
    Type(type_::Type),
    Hz(hz::Hz),
    Bw(bw::Bw),
    Lag(lag::Lag),
    #[command(visible_alias = "latency")]
    Delay(delay::Delay),
    Stat(stat::Stat),
    Export(export::Export),
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        match self {
            Self::List(command) => command.run(context),
            Self::Type(command) => command.run(context),
            Self::Hz(command) => command.run(context),
            Self::Bw(command) => command.run(context),
            Self::Lag(command) => command.run(context),
            Self::Delay(command) => command.run(context),
            Self::Stat(command) => command.run(context),
            Self::Export(command) => command.run(context),
        }
    }
}

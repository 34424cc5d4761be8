//! `region`: memory with named structures that processes share.

mod check;
mod dump;
mod elements;
mod info;
mod kind;
mod list;
mod opening;
mod repair;
mod rm;

use crate::exit::Outcome;
use anyhow::Result;
use clap::{Args, Subcommand};

/// Show, check and repair regions: memory with named structures that processes share
///
/// Regions are files in /dev/shm, and belong to no domain.
#[derive(Args)]
#[command(
    arg_required_else_help = true,
    after_help = "Examples:\n  \
        slotcast region list\n  \
        slotcast region info plant\n  \
        slotcast region dump plant temperatures -n 10\n  \
        slotcast region check plant || slotcast region repair plant"
)]
pub(crate) struct Region {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(list::List),
    Info(info::Info),
    Dump(dump::Dump),
    Check(check::Check),
    Repair(repair::Repair),
    Rm(rm::Rm),
}

impl Region {
    /// Runs the command.
    pub(crate) fn run(self) -> Result<Outcome> {
        match self.command {
            Command::List(command) => command.run(),
            Command::Info(command) => command.run(),
            Command::Dump(command) => command.run(),
            Command::Check(command) => command.run(),
            Command::Repair(command) => command.run(),
            Command::Rm(command) => command.run(),
        }
    }
}

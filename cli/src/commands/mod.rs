//! The commands, one file each.

mod bench;
mod blackbox;
mod bw;
mod call;
mod clean;
mod completions;
mod convert;
mod delay;
mod diff;
mod doctor;
mod echo;
mod event;
mod export;
mod find;
mod hz;
mod info;
mod lag;
mod list;
mod man;
mod param;
mod play;
mod plot;
mod pub_;
mod record;
mod recover;
mod region;
mod schema;
mod service;
mod stat;
mod top;
mod tree;
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
    Blackbox(blackbox::Blackbox),
    Bw(bw::Bw),
    Call(call::Call),
    Clean(clean::Clean),
    Completions(completions::Completions),
    Convert(convert::Convert),
    #[command(visible_alias = "latency")]
    Delay(delay::Delay),
    Diff(diff::Diff),
    Doctor(doctor::Doctor),
    Echo(echo::Echo),
    Event(event::Event),
    Export(export::Export),
    Find(find::Find),
    Hz(hz::Hz),
    Info(info::Info),
    Lag(lag::Lag),
    List(list::List),
    Man(man::Man),
    Play(play::Play),
    Param(param::Param),
    Plot(plot::Plot),
    Pub(pub_::Pub),
    Record(record::Record),
    Recover(recover::Recover),
    Region(region::Region),
    Schema(schema::Schema),
    Service(service::Service),
    Stat(stat::Stat),
    Top(top::Top),
    Tree(tree::Tree),
    Type(type_::Type),
    Wait(wait::Wait),
    Why(why::Why),
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        match self {
            Self::Blackbox(command) => command.run(context),
            Self::Bench(command) => command.run(),
            Self::Bw(command) => command.run(context),
            Self::Call(command) => command.run(context),
            Self::Clean(command) => command.run(context),
            Self::Completions(command) => command.run(),
            Self::Convert(command) => command.run(),
            Self::Delay(command) => command.run(context),
            Self::Diff(command) => command.run(),
            Self::Doctor(command) => command.run(context),
            Self::Echo(command) => command.run(context),
            Self::Event(command) => command.run(context),
            Self::Export(command) => command.run(context),
            Self::Find(command) => command.run(context),
            Self::Hz(command) => command.run(context),
            Self::Info(command) => command.run(context),
            Self::Lag(command) => command.run(context),
            Self::List(command) => command.run(context),
            Self::Man(command) => command.run(),
            Self::Play(command) => command.run(context),
            Self::Param(command) => command.run(context),
            Self::Plot(command) => command.run(context),
            Self::Pub(command) => command.run(context),
            Self::Record(command) => command.run(context),
            Self::Recover(command) => command.run(),
            Self::Region(command) => command.run(),
            Self::Schema(command) => command.run(context),
            Self::Service(command) => command.run(context),
            Self::Stat(command) => command.run(context),
            Self::Top(command) => command.run(context),
            Self::Tree(command) => command.run(context),
            Self::Type(command) => command.run(context),
            Self::Wait(command) => command.run(context),
            Self::Why(command) => command.run(context),
        }
    }
}

//! `slotcast`: shows, explains and publishes what is on the topics of this machine.
//!
//! Each command is a file of [`commands`]. Watching is done by observers, so no publisher notices
//! it.

mod bench;
mod commands;
mod context;
mod counted;
mod doctor;
mod exit;
mod feed;
mod fields;
mod file_info;
mod filter;
mod follow;
mod near;
mod one_topic;
mod output;
mod overview;
mod ownership;
mod pace;
mod play_keys;
mod plot;
mod printer;
mod processors;
mod publishing;
mod rates;
mod schema_lock;
mod schema_text;
mod schemas;
mod screen;
mod signals;
mod silence;
mod top;
mod topics;
mod values;
mod why;

use clap::Parser;
use commands::Command;
use context::Context;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::process::ExitCode;

/// Shows, explains and publishes what is on the topics of this machine.
#[derive(Parser)]
#[command(name = "slotcast", version, arg_required_else_help = true, propagate_version = true)]
struct Arguments {
    #[command(flatten)]
    global: context::Global,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let Arguments { global, command } = Arguments::parse();
    allow_open_files();
    let context = Context::new(global);
    exit::report(command.run(&context), &context)
}

/// Allows as many open files as this user may have: what is watched is kept open, and there can be
/// more topics than the usual 1024.
fn allow_open_files() {
    let limit = getrlimit(Resource::Nofile);
    // If that fails, what cannot be opened is an error of its own.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

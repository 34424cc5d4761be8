//! What Slotcast costs beside other ways to send messages between two processes of one machine.
//!
//! ```text
//! cargo run --release --manifest-path benches/versus/Cargo.toml
//! ```
//!
//! The book's chapter "Beside the peers" explains how the numbers are obtained and what they mean.

mod case;
mod channel;
mod cli;
mod control;
mod figures;
mod folder;
mod load;
mod measures;
mod message;
mod pair;
mod peers;
mod report;
mod run;

use clap::Parser;
use cli::Arguments;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let begin = Instant::now(); // first of all: `startup` measures from here
    let words: Vec<String> = std::env::args().collect();
    let ended = match words.as_slice() {
        [_, child, spec] if child == cli::CHILD => pair::be_child(spec, begin),
        [_, busy, cpu] if busy == cli::BUSY => load::be_busy(cpu).map(drop),
        _ => run::run(&Arguments::parse()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

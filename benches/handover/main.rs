//! What a hand-over costs between two pinned processes, compared with the least that they could do
//! by hand.
//!
//! ```text
//! cargo bench --bench handover                       everything, about a minute
//! cargo bench --bench handover -- latency publish    some of it
//! cargo bench --bench handover -- --quick            a few rounds: whether it works, not how fast
//! cargo bench --bench handover -- --json             for tools
//! ```
//!
//! The book's chapter "Speed" explains how the numbers are obtained and what they mean.

mod bare;
mod cli;
mod join;
mod large;
mod latency;
mod links;
mod memory;
mod message;
mod peer;
mod publish;
mod report;
mod services;
mod shared;
mod startup;
mod stream;
mod values;
mod wakeup;

use clap::Parser;
use cli::{Arguments, Measure};
use peer::Handler;
use report::Row;
use slotcast_benches::cpus;
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

/// What the other process can do.
const TASKS: &[Handler] = &[
    Handler::of::<latency::Echo>(),
    Handler::of::<large::Echo>(),
    Handler::of::<large::Join>(),
    Handler::of::<large::Hold>(),
    Handler::of::<large::Leave>(),
    Handler::of::<stream::Plan>(),
    Handler::of::<wakeup::Sleep>(),
    Handler::of::<wakeup::Idle>(),
    Handler::of::<publish::Join>(),
    Handler::of::<publish::Drain>(),
    Handler::of::<memory::Weigh>(),
    Handler::of::<services::Serve>(),
];

fn main() -> ExitCode {
    let begin = Instant::now(); // first of all: `startup` measures from here
    let words: Vec<String> = std::env::args().collect();
    let ended = if let [_, child, role, directory, number] = words.as_slice()
        && child == "child"
    {
        be_child(role, directory, number, begin)
    } else {
        let arguments = Arguments::parse();
        if !arguments.is_quick()
            && let Some(ended) = slotcast_benches::build_alone("handover")
        {
            return ended;
        }
        measure(&arguments)
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("handover: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs this process as a child of the bench.
fn be_child(role: &str, directory: &str, number: &str, begin: Instant) -> Result<(), Box<dyn Error>> {
    match role {
        "peer" => peer::run(directory.as_ref(), number.parse()?, TASKS),
        "subscriber" => startup::subscribe(directory.as_ref(), begin),
        "socket" => startup::connect(directory.as_ref(), begin),
        _ => Err(format!("no child is a \"{role}\"").into()),
    }
}

fn measure(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let mut rows: Vec<Row> = Vec::new();
    let (two, alone): (Vec<Measure>, Vec<Measure>) =
        arguments.measures().into_iter().partition(|measure| measure.needs_two_processes());
    // Before this process is pinned: its children would inherit that.
    for measure in alone {
        rows.extend(match measure {
            Measure::Startup => startup::measure(arguments)?,
            Measure::Values => values::measure(arguments)?,
            _ => join::measure(arguments)?,
        });
    }
    if !two.is_empty() {
        let (ours, theirs) = cpus::pair(arguments.cpus)
            .map_err(|error| format!("{error}: `handover startup join` measures what one processor can"))?;
        let mut peer = peer::Peer::start(theirs)?;
        cpus::pin(ours)?;
        for measure in two {
            rows.extend(match measure {
                Measure::Latency => latency::measure(arguments, &mut peer)?,
                Measure::Large => {
                    let mut rows = large::measure(arguments, &mut peer)?;
                    rows.extend(large::publish(arguments, &mut peer)?);
                    rows
                }
                Measure::Stream => stream::measure(arguments, &mut peer)?,
                Measure::Wakeup => wakeup::measure(arguments, &mut peer)?,
                Measure::Services => services::measure(arguments, &mut peer)?,
                Measure::Memory => memory::measure(arguments, &mut peer)?,
                _ => publish::measure(arguments, &mut peer)?,
            });
        }
        peer.end()?;
    }
    report::print(&rows, arguments)
}

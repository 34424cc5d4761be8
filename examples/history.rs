//! A subscriber that joins late can start with messages that were published before.
//!
//! ```text
//! cargo run --example history
//! ```
//!
//! publishes a hundred messages in a ring that keeps 64, then starts three processes that
//! subscribe, each with a different length of history, and ends. This costs the publisher nothing:
//! the messages are still in its ring.

use slotcast::{Publisher, ShmMessage, Subscriber};
use std::error::Error;
use std::process::Command;

/// One step of a count.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
struct Step {
    number: u64,
}

const TOPIC: &str = "history/steps";
const DEPTH: u64 = 64;

fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1) {
        None => publish(),
        Some(history) => subscribe(history.parse()?),
    }
}

fn publish() -> Result<(), Box<dyn Error>> {
    let mut publisher = Publisher::<Step>::builder(TOPIC).depth(DEPTH).create()?;
    for number in 0..100 {
        publisher.publish(&Step { number })?;
    }
    println!("published 0 to 99; the ring keeps {DEPTH}");
    for history in ["0", "5", "1000"] {
        Command::new(std::env::current_exe()?).arg(history).status()?;
    }
    Ok(())
}

fn subscribe(history: u64) -> Result<(), Box<dyn Error>> {
    let mut subscriber = Subscriber::<Step>::builder(TOPIC).history(history).create()?;
    let steps: Vec<_> = subscriber.try_iter().map(|step| Ok(step?.number)).collect::<Result<_, Box<dyn Error>>>()?;
    match (steps.first(), steps.last()) {
        (Some(first), Some(last)) => println!("history({history}): {} messages, {first} to {last}", steps.len()),
        _ => println!("history({history}): none"),
    }
    Ok(())
}

//! Changes the rate of the telemetry example while that runs.
//!
//! ```text
//! cargo run --example telemetry -- publish   in one terminal
//! cargo run --example params                 in another; enter a number of messages a second
//! ```
//!
//! `slotcast param set host/rate 50` does the same.

use slotcast::{CallError, ParameterClient};
use std::error::Error;
use std::io;
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    let mut rate = ParameterClient::<f64>::new("host/rate")?;
    // `None` is not to have seen any value yet.
    match rate.reader().wait_for_change(None, Duration::from_secs(60))? {
        Some(rate) => println!("{} Hz; enter another rate, and end the input to leave", *rate),
        None => return Err("no telemetry is published: start it".into()),
    }
    for line in io::stdin().lines() {
        let Ok(wanted) = line?.trim().parse() else {
            println!("enter a number");
            continue;
        };
        match rate.set(&wanted) {
            Ok(version) => println!("{wanted} Hz is version {version}"),
            Err(CallError::Refused(reason)) => println!("refused: {}", reason.text),
            Err(error) => println!("{error}"),
        }
    }
    Ok(())
}

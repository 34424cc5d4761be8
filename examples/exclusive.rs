//! One publisher at a time: the first one has the topic for itself; others stand by, and one of
//! them takes over when it dies.
//!
//! ```text
//! cargo run --example exclusive      in two terminals, or more
//! ```
//!
//! The second one is refused, and prints the reason. End the first one in any way, `kill -9`
//! included: the kernel releases its locks, and one of the others gets the topic. Each runs until
//! Ctrl-C.

use slotcast::{CreateError, Publisher};
use std::error::Error;
use std::process;
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    let mut publisher = first_turn()?;
    println!("pid {} publishes", process::id());
    for count in 0.. {
        publisher.publish(&count)?;
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Waits until no other process has the topic.
fn first_turn() -> Result<Publisher<u64>, CreateError> {
    let builder = Publisher::<u64>::builder("exclusive/leader").exclusive();
    match builder.clone().create() {
        // Another process has the topic. The text names it.
        Err(refused @ CreateError::Exclusive { .. }) => {
            println!("pid {} stands by: {refused}", process::id());
            builder.wait(Duration::MAX).create()
        }
        done => done,
    }
}

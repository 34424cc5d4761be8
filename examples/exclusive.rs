//! One publisher at a time: the first one has the topic to itself, others stand by and take over when it dies.
//!
//! ```text
//! cargo run --example exclusive      in two terminals, or more
//! ```
//!
//! The second one is refused, and prints why. End the first one in any way, `kill -9` included: the kernel frees its
//! locks, and one of those that stand by gets the topic. Each runs until Ctrl-C.

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

/// Waits until nobody else has the topic.
fn first_turn() -> Result<Publisher<u64>, CreateError> {
    let mut has_told = false;
    loop {
        match Publisher::<u64>::builder("exclusive/leader").exclusive().create() {
            // Somebody else has the topic. The text says who.
            Err(refused @ CreateError::Exclusive { .. }) => {
                if !has_told {
                    println!("pid {} stands by: {refused}", process::id());
                    has_told = true;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            done => return done,
        }
    }
}

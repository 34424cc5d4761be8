//! A pipeline that gives the same result each time it is run on a recording.
//!
//! ```text
//! cargo run --example replay -- smooth           in one terminal
//! cargo run --example replay -- digest           in another
//! slotcast record -a -o run.mcap                 in a third
//! cargo run --example replay -- sense            in a fourth; then end the recorder
//! slotcast play run.mcap --lockstep --wait-for 1 --topics 'replay/distance' replay/gate
//! ```
//!
//! `digest` prints the hash of all that it has received, with the times, whenever the publisher of the
//! gates has left. Of two recordings it differs. Of one recording, played in lockstep, it is the same
//! each time.

use slotcast::{Clock, Publisher, ShmMessage, Subscriber, WaitSet};
use std::error::Error;
use std::time::Duration;
use xxhash_rust::xxh3::Xxh3;

/// A distance that was smoothed.
#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Smooth {
    metres: f64,
    stamp_ns: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1).as_deref() {
        Some("sense") => sense(),
        Some("smooth") => smooth(),
        Some("digest") => digest(),
        _ => Err("say what to do: sense, smooth or digest".into()),
    }
}

/// Publishes for a second, on two topics.
fn sense() -> Result<(), Box<dyn Error>> {
    let mut distances = Publisher::<f64>::builder("replay/distance").depth(128).create()?;
    let mut gates = Publisher::<u32>::builder("replay/gate").depth(128).create()?;
    let mut clock = Clock::new();
    for number in 0..100_u32 {
        distances.publish(&(f64::from(number) / 10.0).sin())?;
        if number.is_multiple_of(3) {
            gates.publish(&number)?;
        }
        clock.sleep(Duration::from_millis(10))?;
    }
    Ok(())
}

fn smooth() -> Result<(), Box<dyn Error>> {
    let mut distances = Subscriber::<f64>::new("replay/distance")?;
    let mut smoothed = Publisher::<Smooth>::builder("replay/smooth").depth(128).create()?;
    let mut clock = Clock::new();
    let mut metres = 0.0;
    loop {
        metres = 0.9 * metres + 0.1 * *distances.recv()?;
        smoothed.publish(&Smooth { metres, stamp_ns: clock.now()? })?;
    }
}

fn digest() -> Result<(), Box<dyn Error>> {
    let mut smoothed = Subscriber::<Smooth>::new("replay/smooth")?;
    let mut gates = Subscriber::<u32>::new("replay/gate")?;
    let mut clock = Clock::new();
    let mut set = WaitSet::new()?;
    set.add_subscriber(&mut smoothed)?;
    set.add_subscriber(&mut gates)?;
    let (mut hash, mut messages) = (Xxh3::new(), 0);
    println!("ready");
    loop {
        set.wait_timeout(Duration::from_millis(200))?;
        while let Some(smooth) = smoothed.try_recv()? {
            hash.update(&smooth.metres.to_le_bytes());
            hash.update(&smooth.stamp_ns.to_le_bytes());
            messages += 1;
        }
        while let Some(gate) = gates.try_recv()? {
            hash.update(&gate.to_le_bytes());
            hash.update(&clock.now()?.to_le_bytes());
            messages += 1;
        }
        if messages > 0 && gates.publishers()?.is_empty() {
            println!("{messages} messages, hash {:016x}", hash.digest());
            (hash, messages) = (Xxh3::new(), 0);
        }
    }
}

//! Several processes publish on one topic, each at its own rate, and one subscriber reads all of
//! them.
//!
//! ```text
//! cargo run --release --example many_publishers
//! ```
//!
//! starts three publishers: one floods its ring, one is fast, one is slow. The subscriber receives
//! a limited number of messages in each round. It polls publishers in turn, so the flood costs only
//! the flooding publisher its own oldest messages. After a second the slow one is killed and
//! started again, and the subscriber finds the new one. It takes three seconds.

use slotcast::{EndpointId, Publisher, Sample, ShmMessage, Subscriber};
use std::collections::BTreeMap;
use std::error::Error;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// What every publisher sends.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
struct Reading {
    /// The publisher's index in [`PAUSES`].
    sensor: u64,
    /// Starts at 0 and grows by one.
    count: u64,
}

const TOPIC: &str = "many/readings";
/// How long each publisher waits between two messages.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_millis(1), Duration::from_millis(20)];
/// The one that is killed.
const SLOW: usize = 2;

fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1) {
        None => subscribe(),
        Some(sensor) => publish(sensor.parse()?),
    }
}

fn publish(sensor: usize) -> Result<(), Box<dyn Error>> {
    let mut publisher = Publisher::<Reading>::builder(TOPIC).name(&format!("sensor {sensor}")).create()?;
    for count in 0.. {
        publisher.publish(&Reading { sensor: sensor as u64, count })?;
        if !PAUSES[sensor].is_zero() {
            std::thread::sleep(PAUSES[sensor]);
        }
    }
    Ok(())
}

/// What happened to the messages of one publisher.
#[derive(Default)]
struct Tally {
    sensor: u64,
    received: u64,
    lost: u64,
}

impl Tally {
    fn count(&mut self, reading: &Sample<Reading>) {
        self.sensor = reading.sensor;
        self.received += 1;
        self.lost += reading.lost_before();
        // A subscriber that joined before the publisher reads from the first message, and every
        // message is counted.
        assert_eq!(self.received + self.lost, reading.sequence() + 1);
    }
}

fn subscribe() -> Result<(), Box<dyn Error>> {
    let mut subscriber = Subscriber::<Reading>::new(TOPIC)?;
    let mut publishers: Vec<_> = (0..PAUSES.len()).map(start).collect::<Result<_, _>>()?;
    // A restarted publisher is a new one, with its own sequences.
    let mut tallies = BTreeMap::<EndpointId, Tally>::new();
    let begin = Instant::now();
    let mut restart_at = Some(begin + Duration::from_secs(1));
    while begin.elapsed() < Duration::from_secs(3) {
        for reading in subscriber.try_iter().take(32) {
            let reading = reading?;
            tallies.entry(reading.publisher()).or_default().count(&reading);
        }
        std::thread::sleep(Duration::from_millis(1));
        if restart_at.is_some_and(|at| at <= Instant::now()) {
            restart_at = None;
            publishers[SLOW].end()?;
            publishers[SLOW] = start(SLOW)?;
            println!("sensor {SLOW} was killed and started again");
        }
    }
    for (publisher, Tally { sensor, received, lost }) in &tallies {
        println!("sensor {sensor}, publisher {publisher}: {received} received, {lost} lost");
    }
    println!("{} publishers, {} lost", tallies.len(), subscriber.lost());
    Ok(())
}

/// A publisher in another process. It is killed when this is dropped.
struct Started(Child);

fn start(sensor: usize) -> Result<Started, Box<dyn Error>> {
    Ok(Started(Command::new(std::env::current_exe()?).arg(sensor.to_string()).spawn()?))
}

impl Started {
    fn end(&mut self) -> std::io::Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

//! The half that samples this machine and publishes.

use crate::ending::Ending;
use crate::messages::{CPU, LOAD, MEMORY, PROCESSES};
use crate::sampler::Sampler;
use slotcast::{CreateError, Domain, Publisher, ShmMessage, Topic};
use std::error::Error;
use std::time::{Duration, Instant};

/// How often processes are sampled: reading a few hundred of them takes some milliseconds.
const PROCESSES_EVERY: Duration = Duration::from_secs(1);

/// Publishes `rate` times a second until it is time to end.
pub(crate) fn run(rate: f64, ending: &Ending) -> Result<(), Box<dyn Error>> {
    let mut sampler = Sampler::new()?;
    let mut cpu = publisher(CPU)?;
    let mut memory = publisher(MEMORY)?;
    let mut load = publisher(LOAD)?;
    let mut processes = publisher(PROCESSES)?;
    println!("publishing {CPU}, {MEMORY} and {LOAD} at {rate} Hz, {PROCESSES} at 1 Hz");
    println!("in {}; Ctrl-C ends", Domain::default().path().display());

    let period = Duration::from_secs_f64(1.0 / rate);
    let mut next = Instant::now() + period;
    let mut next_processes = next;
    while !ending.comes_before(next) {
        cpu.publish(&sampler.cpu()?)?;
        memory.publish(&sampler.memory()?)?;
        load.publish(&sampler.load()?)?;
        let now = Instant::now();
        if next_processes <= now {
            processes.publish(&sampler.processes()?)?;
            next_processes = (next_processes + PROCESSES_EVERY).max(now);
        }
        // Samples that are late are skipped, not made up for.
        next = (next + period).max(now);
    }
    Ok(())
}

fn publisher<T: ShmMessage>(topic: Topic<T>) -> Result<Publisher<T>, CreateError> {
    Publisher::builder(topic).timestamps(true).create()
}

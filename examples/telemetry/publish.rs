//! The half that samples this machine and publishes.

use crate::ending::Ending;
use crate::messages::{CPU, LOAD, MEMORY, PROCESSES, RATE};
use crate::sampler::Sampler;
use slotcast::{CreateError, Domain, Parameter, Publisher, ShmMessage, Topic};
use std::error::Error;
use std::time::{Duration, Instant};

/// How often processes are sampled: reading a few hundred of them takes some milliseconds.
const PROCESSES_EVERY: Duration = Duration::from_secs(1);

/// How often it looks whether another rate is wanted, at least.
const ANSWER_EVERY: Duration = Duration::from_millis(100);

/// Publishes `rate` times a second until it is time to end. Others can change the rate meanwhile.
pub(crate) fn run(rate: f64, ending: &Ending) -> Result<(), Box<dyn Error>> {
    let mut sampler = Sampler::new()?;
    let mut cpu = publisher(CPU)?;
    let mut memory = publisher(MEMORY)?;
    let mut load = publisher(LOAD)?;
    let mut processes = publisher(PROCESSES)?;
    println!("publishing {CPU}, {MEMORY} and {LOAD} at {rate} Hz, {PROCESSES} at 1 Hz");
    println!("in {}; Ctrl-C ends", Domain::default().path().display());

    let mut tuning = tuning(rate)?;
    let mut period = Duration::from_secs_f64(1.0 / rate);
    let mut next = Instant::now() + period;
    let mut next_processes = next;
    while !ending.comes_before(next.min(Instant::now() + ANSWER_EVERY)) {
        if let Some(rate) = &mut tuning
            && rate.poll()?
        {
            println!("now at {} Hz", rate.get());
            period = Duration::from_secs_f64(1.0 / rate.get());
            next = next.min(Instant::now() + period);
        }
        let now = Instant::now();
        if now < next {
            continue;
        }
        cpu.publish(&sampler.cpu()?)?;
        memory.publish(&sampler.memory()?)?;
        load.publish(&sampler.load()?)?;
        if next_processes <= now {
            processes.publish(&sampler.processes()?)?;
            next_processes = (next_processes + PROCESSES_EVERY).max(now);
        }
        // Samples that are late are skipped, not made up for.
        next = (next + period).max(now);
    }
    Ok(())
}

/// Returns the parameter by which others change the rate. Returns `None` if another process that
/// publishes has it already.
fn tuning(rate: f64) -> Result<Option<Parameter<f64>>, CreateError> {
    let validate = |rate: &f64| crate::check_rate(*rate).map(drop);
    match Parameter::builder(RATE, rate).validate(validate).create() {
        Err(CreateError::Exclusive { .. }) => Ok(None),
        created => created.map(Some),
    }
}

fn publisher<T: ShmMessage>(topic: Topic<T>) -> Result<Publisher<T>, CreateError> {
    Publisher::builder(topic).timestamps(true).create()
}

//! A supervisor in one thread. It waits for what a process publishes, for what that process prints,
//! for missed deadlines, and for Ctrl-C.
//!
//! ```text
//! cargo run --example wait_set
//! ```
//!
//! starts a process that publishes this machine's load, and prints a line now and then. After a
//! second the process is stopped, as if it hung. The deadline of its topic is missed, and the
//! supervisor lets it continue. It takes three seconds, or until Ctrl-C.

use rustix::process::{Pid, Signal, kill_process};
use slotcast::{Interest, Publisher, ReadyKind, ShmMessage, Subscriber, WaitSet};
use std::error::Error;
use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// From `/proc/loadavg`.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
struct Load {
    /// Averages over 1, 5 and 15 minutes.
    average: [f32; 3],
}

const TOPIC: &str = "wait_set/load";
const PERIOD: Duration = Duration::from_millis(50);
/// After this time without a message the process counts as hanging.
const LATE: Duration = Duration::from_millis(500);
const TIME: Duration = Duration::from_secs(3);

fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1).as_deref() {
        None => supervise(),
        Some(_) => publish(),
    }
}

fn publish() -> Result<(), Box<dyn Error>> {
    let mut publisher = Publisher::<Load>::new(TOPIC)?;
    for count in 1.. {
        let text = std::fs::read_to_string("/proc/loadavg")?;
        let mut numbers = text.split_whitespace().map(str::parse);
        let mut next = || numbers.next().ok_or("/proc/loadavg has three numbers");
        publisher.publish(&Load { average: [next()??, next()??, next()??] })?;
        if count % 10 == 0 {
            println!("publisher: {count} messages, the last was {}", text.trim_end());
        }
        std::thread::sleep(PERIOD);
    }
    Ok(())
}

fn supervise() -> Result<(), Box<dyn Error>> {
    let mut loads = Subscriber::<Load>::new(TOPIC)?;
    let mut child = Started(Command::new(std::env::current_exe()?).arg("publish").stdout(Stdio::piped()).spawn()?);
    let mut output = child.0.stdout.take().ok_or("its output is piped")?;

    // ANCHOR: set
    let mut set = WaitSet::new()?;
    let load = set.add_subscriber(&mut loads)?;
    set.deadline(load, LATE)?;
    let printed = set.add_descriptor(&output, Interest::Readable)?;
    let second = set.interval(Duration::from_secs(1))?;
    let (interrupt, trigger) = set.trigger()?;
    ctrlc::set_handler(move || trigger.fire())?;
    // ANCHOR_END: set

    let (start, mut seconds, mut received, mut missed) = (Instant::now(), 0, 0, 0);
    'serving: loop {
        let ready = set.wait_deadline(start + TIME)?;
        if ready.is_empty() {
            break;
        }
        for ready in ready {
            match ready.kind {
                ReadyKind::Messages => {
                    for load in loads.try_iter() {
                        load?;
                        received += 1;
                    }
                }
                ReadyKind::Missed { silence } => {
                    missed += 1;
                    println!("no message for {} ms: pid {} is told to continue", silence.as_millis(), child.0.id());
                    child.send(Signal::CONT)?;
                }
                ReadyKind::Descriptor { closed, .. } if ready.key == printed => {
                    let mut lines = [0; 4096];
                    let length = output.read(&mut lines)?;
                    print!("{}", String::from_utf8_lossy(&lines[..length]));
                    if closed && length == 0 {
                        return Err("the publisher has ended".into());
                    }
                }
                ReadyKind::Interval { periods } if ready.key == second => {
                    seconds += periods;
                    println!("{seconds} s: {received} messages");
                    if missed == 0 {
                        child.send(Signal::STOP)?;
                    }
                }
                ReadyKind::Triggered if ready.key == interrupt => break 'serving,
                _ => {}
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{seconds:.1} s: {received} messages, {missed} deadline{} missed", if missed == 1 { "" } else { "s" });
    Ok(())
}

/// Another process. It is killed when this is dropped.
struct Started(Child);

impl Started {
    fn send(&self, signal: Signal) -> io::Result<()> {
        Ok(kill_process(Pid::from_child(&self.0), signal)?)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

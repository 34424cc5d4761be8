//! The other process: started by the first, pinned to another processor, told what to do line by line.

use crate::cpus;
use crate::large::{self, Page};
use crate::latency;
use crate::memory;
use crate::message::{self, Small};
use crate::shared::{self, Table};
use crate::stream;
use crate::wakeup;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use slotcast::{Domain, Subscriber};
use slotcast_benches::Place;
use std::error::Error;
use std::io::{BufRead, BufReader, Write, stdin, stdout};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What the other process can be told to do. It answers with one line when it is ready, some with another.
#[derive(Serialize, Deserialize)]
pub(crate) enum Task {
    /// Send back what comes.
    Echo(latency::Plan),
    /// Send back large messages, and look at some in full.
    Large(large::Plan),
    /// Subscribe to large messages, and do nothing with it.
    JoinLarge { topic: String, subscribers: usize },
    /// Take a message with each of these subscribers, and keep it.
    HoldLarge,
    /// Drop these subscribers, and what they hold.
    DropLarge,
    /// Send streams.
    Stream(stream::Plan),
    /// Sleep until woken, again and again.
    Sleep(wakeup::Plan),
    /// Sleep for so many milliseconds in vain, and say how many of them the processor was in use.
    Idle(wakeup::Kind, u64),
    /// Subscribe, and do nothing with it; or wait once for a descriptor before.
    Hold { topic: String, subscribers: usize, descriptors: bool },
    /// Take what the subscribers hold, all of which have to end with this message, and drop them.
    Drain { last: u64 },
    /// Say how much memory this process has for itself.
    Weigh,
}

/// The other process, and what this one shares with it.
pub(crate) struct Peer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    place: Place,
    pub(crate) table: &'static Table,
}

impl Peer {
    pub(crate) fn start(cpu: usize) -> Result<Self, Box<dyn Error>> {
        let place = Place::new()?;
        let table = shared::table(&table_in(place.path()))?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["child", "peer"])
            .arg(place.path())
            .arg(cpu.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the other process has no pipes".into());
        };
        Ok(Self { child, input, output: BufReader::new(output), place, table })
    }

    pub(crate) fn domain(&self) -> &Domain {
        &self.place
    }

    /// Tells it what to do, and waits until it is ready.
    pub(crate) fn tell<A: DeserializeOwned>(&mut self, task: &Task) -> Result<A, Box<dyn Error>> {
        writeln!(self.input, "{}", serde_json::to_string(task)?)?;
        self.input.flush()?;
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err("the other process has ended".into());
        }
        Ok(serde_json::from_str(&line)?)
    }

    /// Lets it end.
    pub(crate) fn end(mut self) -> Result<(), Box<dyn Error>> {
        drop(self.input);
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the other process has failed: {status}").into()) }
    }
}

fn table_in(directory: &Path) -> std::path::PathBuf {
    directory.join("table")
}

/// What the other process does: it ends when nobody tells it anything any more.
pub(crate) fn run(directory: &Path, cpu: usize) -> Result<(), Box<dyn Error>> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    cpus::pin(cpu)?;
    let table = shared::table(&table_in(directory))?;
    let domain = Place::domain_in(directory);
    let (mut held, mut large, mut samples) = (Vec::new(), Vec::new(), Vec::new());
    for line in stdin().lines() {
        match serde_json::from_str(&line?)? {
            Task::Echo(plan) => latency::echo(&plan, table, &domain)?,
            Task::Large(plan) => large::echo(&plan, table, &domain)?,
            Task::JoinLarge { topic, subscribers } => {
                for _ in 0..subscribers {
                    large.push(Subscriber::<Page>::builder(&*topic).domain(&domain).create()?);
                }
                answer(&())?;
            }
            Task::HoldLarge => {
                for subscriber in &mut large {
                    let sample = subscriber.try_recv()?.ok_or("something was published")?;
                    assert!(sample.is_in_place(), "its pins are honoured");
                    samples.push(sample);
                }
                answer(&())?;
            }
            Task::DropLarge => {
                large.clear();
                samples.clear();
                answer(&())?;
            }
            Task::Stream(plan) => stream::send(&plan, table, &domain)?,
            Task::Sleep(plan) => wakeup::sleep(&plan, table, &domain)?,
            Task::Idle(kind, milliseconds) => answer(&wakeup::idle(kind, milliseconds, &domain)?)?,
            Task::Hold { topic, subscribers, descriptors } => {
                for _ in 0..subscribers {
                    let mut subscriber = Subscriber::<Small>::builder(&*topic).domain(&domain).create()?;
                    if descriptors {
                        subscriber.event_fd()?;
                        subscriber.try_recv()?;
                    }
                    held.push(subscriber);
                }
                answer(&())?;
            }
            Task::Drain { last } => {
                held.drain(..).try_for_each(|subscriber| drain(subscriber, last))?;
                answer(&())?;
            }
            Task::Weigh => answer(&memory::private_bytes()?)?,
        }
    }
    Ok(())
}

/// Says something to the process that started this one.
pub(crate) fn answer(answer: &impl Serialize) -> Result<(), Box<dyn Error>> {
    let mut output = stdout().lock();
    writeln!(output, "{}", serde_json::to_string(answer)?)?;
    Ok(output.flush()?)
}

/// Checks what a subscriber finds: whole messages, to the last one.
fn drain(mut subscriber: Subscriber<Small>, last: u64) -> Result<(), Box<dyn Error>> {
    let mut found = None;
    while let Some(sample) = subscriber.try_recv()? {
        message::check(&sample, sample.sequence());
        found = Some(sample.sequence());
    }
    if found == Some(last) { Ok(()) } else { Err(format!("the last message was {found:?} in place of {last}").into()) }
}

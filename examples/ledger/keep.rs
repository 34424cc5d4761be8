use crate::entries::Entries;
use crate::messages::{ENTRIES, Entry, STATEMENTS};
use rustix::process::{Pid, Signal, kill_process};
use slotcast::{FixedVec, LaggardPolicy, Publisher, Subscriber};
use slotcast_examples::{Started, interruption, this_program, wait_for_processes};
use std::collections::BTreeSet;
use std::error::Error;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use xxhash_rust::xxh3::Xxh3;

/// How many entries an auditor can be behind before the keeper waits for it.
const DEPTH: u64 = 8192;
/// How long the keeper waits for an auditor that does not read, before it detaches it.
const WAIT: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn run(file: Option<&Path>, entries: u64) -> Result<(), Box<dyn Error>> {
    let mut entries = Entries::new(file, entries)?;
    // Before any auditor can publish one.
    let mut statements = Subscriber::builder(STATEMENTS).lossless().create()?;
    let builder = Publisher::builder(ENTRIES).name("keeper").depth(DEPTH).exclusive();
    let mut publisher = builder.lossless(WAIT).laggards(LaggardPolicy::Detach).create()?;
    let [mut anna, mut ben] = [Auditor::start("anna")?, Auditor::start("ben")?];
    let [mut carl, mut dora] = [Auditor::start("carl")?, Auditor::start("dora")?];
    let pids = [&anna, &ben, &carl, &dora].map(|auditor| auditor.process.id());
    wait_for_processes(&mut publisher, &pids, PATIENCE)?;
    let interrupted = interruption()?;
    println!("keeper: its auditors have joined");

    let (start, mut waited) = (Instant::now(), Duration::ZERO);
    let (mut number, mut hash, mut text, mut quarters) = (0_u64, Xxh3::new(), Vec::new(), 0);
    while !interrupted.load(Ordering::Relaxed) && entries.next(&mut text)? {
        let entry = Entry { number, text: FixedVec::from_slice(&text)? };
        // The clock is read only while an auditor is stopped.
        let stopped = (quarters == 2).then(Instant::now);
        publisher.publish(&entry)?;
        waited = waited.max(stopped.map_or(Duration::ZERO, |at| at.elapsed()));
        hash.update(&text);
        number += 1;
        while quarters < entries.quarters() {
            quarters += 1;
            match quarters {
                1 => carl.tell(Signal::KILL, number)?,
                2 => dora.tell(Signal::STOP, number)?,
                3 => dora.tell(Signal::CONT, number)?,
                _ => {}
            }
        }
    }
    let seconds = start.elapsed();
    if quarters == 2 {
        dora.tell(Signal::CONT, number)?;
    }
    publisher.close(PATIENCE)?;

    if number <= 4 * DEPTH && quarters == 4 {
        println!(
            "keeper: {number} entries are too few to show how an auditor is waited for and detached: dora may be {DEPTH} \
             behind, and is stopped for a quarter of them; take more than {}",
            4 * DEPTH
        );
    }
    let (hash, mut agree) = (hash.digest(), 0);
    let mut missing = BTreeSet::from(["anna", "ben", "dora"]);
    if quarters == 0 {
        missing.insert("carl");
    }
    while !missing.is_empty() {
        let statement = statements.recv_timeout(PATIENCE)?;
        let statement = statement.ok_or_else(|| format!("no statement from {missing:?}"))?;
        if !missing.remove(&*statement.auditor) {
            continue; // a guest, which may have joined late
        }
        if (statement.entries, statement.hash, statement.lost) == (number, hash, 0) {
            agree += 1;
        } else if !statement.was_detached {
            return Err(format!("{} was not detached, and does not agree", statement.auditor).into());
        }
    }
    drop(statements); // so that no auditor waits for this subscriber
    for auditor in [&mut anna, &mut ben, &mut carl, &mut dora] {
        auditor.process.wait()?;
    }
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let rate = number as f64 / (seconds - waited).as_secs_f64().max(1e-9);
    println!(
        "keeper: {number} entries, hash {hash:016x}; {agree} auditors agree; {:.1} s, of which {:.1} s waiting for dora: \
         {rate:.0} entries/s else",
        seconds.as_secs_f64(),
        waited.as_secs_f64()
    );
    Ok(())
}

/// An auditor in another process.
struct Auditor {
    name: &'static str,
    process: Started,
}

impl Auditor {
    fn start(name: &'static str) -> io::Result<Self> {
        let mut command = this_program()?;
        // Ctrl-C is for the keeper only: auditors read the rest, and end when it has ended.
        let process = Started::new(command.args(["audit", name, "--child"]).process_group(0))?;
        Ok(Self { name, process })
    }

    fn tell(&mut self, signal: Signal, number: u64) -> io::Result<()> {
        kill_process(Pid::from_child(&self.process), signal)?;
        let becomes = match signal {
            Signal::KILL => "is killed",
            Signal::STOP => "is stopped",
            _ => "continues",
        };
        println!("keeper: {} {becomes} after {number} entries", self.name);
        Ok(())
    }
}

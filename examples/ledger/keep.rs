use crate::entries::Entries;
use crate::messages::{ENTRIES, Entry, STATEMENTS};
use rustix::process::{Pid, Signal, kill_process};
use slotcast::{FixedVec, LaggardPolicy, Publisher, Subscriber};
use std::collections::BTreeSet;
use std::error::Error;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use xxhash_rust::xxh3::Xxh3;

/// How many entries an auditor can be behind before it is waited for.
const DEPTH: u64 = 8192;
/// How long one that does not read is waited for, before it is let go.
const WAIT: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(30);
/// How often to look who has come, besides whenever one comes.
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub(crate) fn run(file: Option<&Path>, entries: u64) -> Result<(), Box<dyn Error>> {
    let mut entries = Entries::new(file, entries)?;
    // Before anybody can make one.
    let mut statements = Subscriber::builder(STATEMENTS).lossless().create()?;
    let builder = Publisher::builder(ENTRIES).name("keeper").depth(DEPTH).exclusive();
    let mut publisher = builder.lossless(WAIT).laggards(LaggardPolicy::Detach).create()?;
    let [mut anna, mut ben] = [Auditor::start("anna")?, Auditor::start("ben")?];
    let [mut carl, mut dora] = [Auditor::start("carl")?, Auditor::start("dora")?];
    wait_for(&mut publisher, &[&anna, &ben, &carl, &dora].map(|auditor| auditor.process.id()))?;
    let interrupted = Arc::new(AtomicBool::new(false));
    let interrupt = Arc::clone(&interrupted);
    ctrlc::set_handler(move || interrupt.store(true, Ordering::Relaxed))?;
    println!("keeper: its auditors are there");

    let (start, mut waited) = (Instant::now(), Duration::ZERO);
    let (mut number, mut hash, mut text, mut quarters) = (0_u64, Xxh3::new(), Vec::new(), 0);
    while !interrupted.load(Ordering::Relaxed) && entries.next(&mut text)? {
        let entry = Entry { number, text: FixedVec::from_slice(&text)? };
        // The clock is only looked at while somebody is stopped.
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
            "keeper: {number} entries are too few to show who is waited for and let go: dora may be {DEPTH} behind, and is \
             stopped for a quarter of them; take more than {}",
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
        let statement = statement.ok_or_else(|| format!("nothing was heard of {missing:?}"))?;
        if !missing.remove(&*statement.auditor) {
            continue; // a guest, who may have come late
        }
        if (statement.entries, statement.hash, statement.lost) == (number, hash, 0) {
            agree += 1;
        } else if !statement.was_let_go {
            return Err(format!("{} was not let go, and does not agree", statement.auditor).into());
        }
    }
    drop(statements); // nobody is to wait for this any more
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

/// Waits until these processes subscribe. Others may do so, too.
fn wait_for(publisher: &mut Publisher<Entry>, pids: &[u32]) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    loop {
        let there = publisher.subscribers()?;
        if pids.iter().all(|pid| there.iter().any(|peer| peer.pid == *pid)) {
            return Ok(());
        }
        if start.elapsed() > PATIENCE {
            return Err("the auditors do not come".into());
        }
        publisher.wait_for_subscribers(there.len() + 1, LOOK_EVERY)?;
    }
}

/// A process that ends with this.
struct Auditor {
    name: &'static str,
    process: Child,
}

impl Auditor {
    fn start(name: &'static str) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        // Ctrl-C is for the keeper: auditors read the rest, and end when it has ended.
        Ok(Self { name, process: command.args(["audit", name, "--child"]).process_group(0).spawn()? })
    }

    fn tell(&mut self, signal: Signal, number: u64) -> io::Result<()> {
        kill_process(Pid::from_child(&self.process), signal)?;
        let becomes = match signal {
            Signal::KILL => "is killed",
            Signal::STOP => "is stopped",
            _ => "goes on",
        };
        println!("keeper: {} {becomes} after {number} entries", self.name);
        Ok(())
    }
}

impl Drop for Auditor {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

use crate::messages::{Point, SCANS, ScanHeader, hash_of};
use crate::scans::{MOST, Source};
use crate::watch::Role;
use bytesize::ByteSize;
use procfs::process::Process;
use slotcast::Publisher;
use std::error::Error;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What scans may take. The 16 that a ring of depth 8 has, and the 16 that two subscribers can hold, are 37 MiB if all are of
/// the largest.
const MAX_MEMORY: u64 = 64 << 20;
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn run(file: Option<PathBuf>, scans: u64) -> Result<(), Box<dyn Error>> {
    let mut source = Source::new(file.as_deref())?;
    let builder = Publisher::builder(SCANS).max_len(MOST as u64).max_memory(MAX_MEMORY);
    let mut publisher = builder.lossless(PATIENCE).exclusive().create()?;
    let mut watchers = [Watcher::start(Role::Survey)?, Watcher::start(Role::Display)?];
    if !publisher.wait_for_subscribers(watchers.len(), PATIENCE)? {
        return Err("the subscribers do not come".into());
    }
    let interrupted = Arc::new(AtomicBool::new(false));
    let interrupt = Arc::clone(&interrupted);
    ctrlc::set_handler(move || interrupt.store(true, Ordering::Relaxed))?;
    println!("publisher: its subscribers are there");

    let (start, mut number, mut points, mut hash) = (Instant::now(), 0, 0, 0);
    while number < scans && !interrupted.load(Ordering::Relaxed) {
        let mut scan = publisher.loan_slice(Source::size(number))?;
        source.fill(number, &mut scan);
        let before = hash;
        hash = hash_of(&scan, before);
        *scan.header_mut() = ScanHeader { number, before, hash };
        points += scan.len();
        publisher.send(scan)?;
        number += 1;
        if number.is_multiple_of((scans / 4).max(1)) {
            println!("publisher: {number} scans, {points} points; pool {}", ByteSize(publisher.pool_memory()));
        }
    }
    let (seconds, pool) = (start.elapsed().as_secs_f64(), ByteSize(publisher.pool_memory()));
    let resident = Process::myself()?.status()?.vmrss.unwrap_or(0) * 1024;
    publisher.close(PATIENCE)?;
    for watcher in &mut watchers {
        watcher.ends()?;
    }
    let bytes = (points * size_of::<Point>()) as u64;
    println!(
        "publisher: {number} scans, {points} points, {} in {seconds:.1} s, hash {hash:016x}; pool {pool} of {}, memory {}",
        ByteSize(bytes),
        ByteSize(MAX_MEMORY),
        ByteSize(resident)
    );
    Ok(())
}

/// A subscriber in a process of its own, which ends with this.
struct Watcher(Child);

impl Watcher {
    fn start(role: Role) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(std::env::current_exe()?);
        // Ctrl-C is for the publisher: the others read the rest, and end when it has ended.
        Ok(Self(command.args(["watch", role.name()]).process_group(0).spawn()?))
    }

    fn ends(&mut self) -> Result<(), Box<dyn Error>> {
        let status = self.0.wait()?;
        if status.success() { Ok(()) } else { Err(format!("a subscriber has failed: {status}").into()) }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

use crate::messages::{Point, SCANS, ScanHeader, hash_of};
use crate::scans::{MOST, Source};
use crate::watch::Role;
use bytesize::ByteSize;
use procfs::process::{ProcState, Process};
use slotcast::{Domain, Loan, PublishError, Publisher, SendError};
use slotcast_examples::{Started, interruption, this_program, wait_for_processes};
use std::error::Error;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The most memory for scans. The 16 in a ring of depth 8, and the 16 that two subscribers can
/// hold, take 37 MiB if all have the largest size.
const MAX_MEMORY: u64 = 64 << 20;
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait at once, so that Ctrl-C is noticed in between.
const WAIT: Duration = Duration::from_millis(50);

pub(crate) fn run(file: Option<PathBuf>, scans: u64) -> Result<(), Box<dyn Error>> {
    let mut source = Source::new(file.as_deref())?;
    let builder = Publisher::builder(SCANS).max_len(MOST as u64).max_memory(MAX_MEMORY);
    let mut publisher = builder.lossless(WAIT).exclusive().create()?;
    let mut watchers = [Watcher::start(Role::Survey)?, Watcher::start(Role::Display)?];
    wait_for_processes(&mut publisher, &watchers.each_ref().map(|watcher| watcher.process.id()), PATIENCE)?;
    let interrupted = interruption()?;
    println!("publisher: its subscribers have joined");

    let (start, mut number, mut points, mut hash) = (Instant::now(), 0, 0, 0);
    let mut failures = Vec::new();
    while number < scans {
        let mut scan = publisher.loan_slice(Source::size(number))?;
        source.fill(number, &mut scan);
        let before = hash;
        hash = hash_of(&scan, before);
        *scan.header_mut() = ScanHeader { number, before, hash };
        let len = scan.len();
        match send(&mut publisher, scan, &interrupted) {
            Ok(true) => {}
            Ok(false) => {
                hash = before; // nobody has received this one
                break;
            }
            Err(error) => {
                hash = before;
                failures.push(error.to_string());
                // As after Ctrl-C: a stopped subscriber has been waited for long enough.
                interrupted.store(true, Ordering::Relaxed);
                break;
            }
        }
        points += len;
        number += 1;
        if number.is_multiple_of((scans / 4).max(1)) {
            println!("publisher: {number} scans, {points} points; pool {}", ByteSize(publisher.pool_memory()));
        }
        if interrupted.load(Ordering::Relaxed) {
            break;
        }
    }
    let (seconds, pool) = (start.elapsed().as_secs_f64(), ByteSize(publisher.pool_memory()));
    let resident = Process::myself()?.status()?.vmrss.unwrap_or(0) * 1024;
    if interrupted.load(Ordering::Relaxed) {
        // They are not waited for.
        watchers.iter_mut().try_for_each(Watcher::kill_if_stopped)?;
    }
    failures.extend(publisher.close(PATIENCE).err().map(|error| error.to_string()));
    let mut is_clean = true;
    for watcher in &mut watchers {
        let status = watcher.ends(&interrupted)?;
        is_clean &= status.code().is_some();
        if !status.success() {
            failures.push(format!(
                "the subscriber {} (pid {}) has failed: {status}",
                watcher.role.name(),
                watcher.process.id()
            ));
        }
    }
    if !is_clean {
        // The killed ones have left files that perhaps no later endpoint would remove.
        Domain::default().clean()?;
    }
    if number == 0 {
        println!("publisher: no scans were published");
        return result(&failures);
    }
    let bytes = (points * size_of::<Point>()) as u64;
    println!(
        "publisher: {number} scans, {points} points, {} in {seconds:.1} s, hash {hash:016x}; pool {pool} of {}, memory {}",
        ByteSize(bytes),
        ByteSize(MAX_MEMORY),
        ByteSize(resident)
    );
    result(&failures)
}

fn result(failures: &[String]) -> Result<(), Box<dyn Error>> {
    if failures.is_empty() { Ok(()) } else { Err(failures.join("; ").into()) }
}

/// Sends a scan as soon as every subscriber that is waited for has capacity for it. Returns whether
/// it was sent: not if Ctrl-C was pressed meanwhile.
fn send(
    publisher: &mut Publisher<[Point], ScanHeader>,
    mut scan: Loan<[Point], ScanHeader>,
    interrupted: &AtomicBool,
) -> Result<bool, Box<dyn Error>> {
    let start = Instant::now();
    loop {
        scan = match publisher.send(scan) {
            Ok(_) => return Ok(true),
            Err(SendError { loan, reason: PublishError::LagTimeout(_) }) if start.elapsed() < PATIENCE => loan,
            Err(SendError { reason: PublishError::LagTimeout(mut behind), .. }) => {
                behind.waited = PATIENCE; // the sum of all those waits
                return Err(behind.to_string().into());
            }
            Err(error) => return Err(error.to_string().into()),
        };
        if interrupted.load(Ordering::Relaxed) {
            return Ok(false);
        }
    }
}

/// A subscriber in another process.
struct Watcher {
    role: Role,
    process: Started,
}

impl Watcher {
    fn start(role: Role) -> Result<Self, Box<dyn Error>> {
        let mut command = this_program()?;
        // Ctrl-C is for the publisher only: the others read the rest, and end when it has ended.
        let process = Started::new(command.args(["watch", role.name(), "--child"]).process_group(0))?;
        Ok(Self { role, process })
    }

    /// Waits until it ends. After Ctrl-C, does not wait for a stopped process.
    fn ends(&mut self, interrupted: &AtomicBool) -> Result<ExitStatus, Box<dyn Error>> {
        loop {
            if let Some(status) = self.process.try_wait()? {
                return Ok(status);
            }
            if interrupted.load(Ordering::Relaxed) {
                self.kill_if_stopped()?;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Kills it if it was stopped, as by a debugger or by Ctrl-Z.
    fn kill_if_stopped(&mut self) -> Result<(), Box<dyn Error>> {
        let stat = Process::new(self.process.id().try_into()?)?.stat()?;
        if let Ok(ProcState::Stopped | ProcState::Tracing) = stat.state() {
            println!("publisher: {} (pid {}) is stopped, and is killed", self.role.name(), self.process.id());
            self.process.kill()?;
        }
        Ok(())
    }
}

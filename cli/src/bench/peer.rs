//! The other process: this program once more.

use super::bare::{self, Table};
use super::side::{Side, answer};
use crate::processors;
use anyhow::{Context as _, Result, bail};
use procfs::process::Process;
use slotcast::Domain;
use std::cell::RefCell;
use std::fs::Permissions;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long one side waits for the other: far longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a wait polls before it looks at the clock.
const POLLS: u32 = 1 << 16;

/// The other process, and the directory that both use. It ends, and the directory is removed, when
/// this is dropped.
pub(crate) struct Peer {
    child: RefCell<Child>,
    directory: TempDir,
    pub(super) table: &'static Table,
}

impl Peer {
    /// Starts it on a processor, or on any.
    pub(crate) fn start(cpu: Option<usize>) -> Result<Self> {
        let mut place = tempfile::Builder::new();
        let place = place.prefix("slotcast-bench-").permissions(Permissions::from_mode(0o700));
        let directory = place.tempdir_in("/dev/shm").context("cannot create a directory in /dev/shm")?;
        let table = bare::table(&table_in(directory.path())).context("cannot map shared memory")?;
        let mut command = Command::new(std::env::current_exe().context("cannot find this program")?);
        command.args(["bench", "--peer"]).arg(directory.path());
        command.args(cpu.map(|cpu| format!("--cpu={cpu}")));
        // A group of its own: Ctrl-C is for the first process, which ends this one.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let child = RefCell::new(command.spawn().context("cannot start the other process")?);
        Ok(Self { child, directory, table })
    }

    /// Returns the domain of the two.
    pub(super) fn domain(&self) -> Domain {
        domain_in(self.directory.path())
    }

    /// Waits until it has created its endpoints.
    pub(super) fn wait_until_ready(&self) -> Result<()> {
        let output = self.child.borrow_mut().stdout.take().context("the other process has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        if line.is_empty() { bail!("the other process has ended; what it said is above") } else { Ok(()) }
    }

    /// Begins a round there.
    pub(super) fn begin_round(&self) -> Result<()> {
        let mut child = self.child.borrow_mut();
        let input = child.stdin.as_mut().context("the other process has no input")?;
        writeln!(input, "round").context("the other process has ended")
    }

    /// Returns how often the kernel has interrupted this thread or the other process, to run
    /// something else on its processor. Returns 0 if that cannot be seen.
    pub(super) fn interruptions(&self) -> u64 {
        let theirs = i32::try_from(self.child.borrow().id()).ok().and_then(|pid| Process::new(pid).ok());
        let processes = Process::myself().into_iter().chain(theirs);
        let statuses = processes.filter_map(|process| process.status().ok());
        statuses.filter_map(|status| status.nonvoluntary_ctxt_switches).sum()
    }

    /// Returns whether it has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.child.borrow_mut().try_wait().is_ok_and(|status| status.is_some())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let child = self.child.get_mut();
        // Killed or ended already: either way it is gone then.
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn table_in(directory: &Path) -> std::path::PathBuf {
    directory.join("table")
}

fn domain_in(directory: &Path) -> Domain {
    Domain::at(directory.join("domain"))
}

/// Runs the other process: round after round, until its input is closed.
pub(crate) fn be_peer(directory: &Path, cpu: Option<usize>) -> Result<()> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    cpu.map(processors::pin).transpose().context("cannot be pinned")?;
    let table = bare::table(&table_in(directory))?;
    let mut side = Side::new(&domain_in(directory), table, true)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready")?;
    out.flush()?;
    for line in std::io::stdin().lines() {
        line?;
        answer(&mut side)?;
    }
    Ok(())
}

/// Polls until there is a result.
///
/// # Errors
/// When there is none for very long, or `check` says that it is in vain.
pub(super) fn wait<R>(mut poll: impl FnMut() -> Option<R>, check: impl Fn() -> Result<()>) -> Result<R> {
    let begin = Instant::now();
    loop {
        for _ in 0..POLLS {
            if let Some(found) = poll() {
                return Ok(found);
            }
        }
        check()?;
        if begin.elapsed() > PATIENCE {
            bail!("the other process has done nothing for {PATIENCE:?}");
        }
    }
}

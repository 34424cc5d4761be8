use super::living::Living;
use super::side::{ANNOUNCED, Answer, Opened, Role, Round, Spec};
use crate::folder::PairFolder;
use crate::measures::Measure;
use crate::peers::{Failure, Name, Unsupported};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// Where pairs run.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// A folder in shared memory, for the folders of the pairs.
    pub(crate) folder: PathBuf,
    /// The processors of leader and follower.
    pub(crate) cpus: (usize, usize),
    /// How long two processes may take to open their channels, or for a round beyond its time. Then
    /// they count as hanging.
    pub(crate) patience: Duration,
}

/// Two processes that measure one peer. Dropping it kills them, and removes what they have created.
pub(crate) struct Pair {
    processes: [Process; 2],
    patience: Duration,
    _folder: PairFolder,
}

struct Process {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    /// What was read of a line that is not complete.
    partial: Vec<u8>,
    errors: PathBuf,
    role: Role,
}

impl Pair {
    /// Starts both processes, and waits until they have opened their channels.
    pub(crate) fn start(place: &Place, peer: Name, measure: Measure) -> Result<Self, Failure> {
        let folder = {
            let _living = Living::lock(); // not while everything is removed
            PairFolder::create(&place.folder)?
        };
        let start = |role, cpu| {
            let spec = Spec { role, peer, measure, folder: folder.path().to_owned(), cpu };
            Process::start(&spec)
        };
        let mut leader = start(Role::Leader, place.cpus.0)?;
        if measure.needs_new_processes() {
            leader.wait_for_file(&folder.path().join(ANNOUNCED), place.patience)?;
        }
        let follower = start(Role::Follower, place.cpus.1)?;
        let mut pair = Self { processes: [leader, follower], patience: place.patience, _folder: folder };
        for opened in pair.listen(place.patience)? {
            if let Opened::Unsupported(why) = opened {
                return Err(Unsupported(why.into()).into());
            }
        }
        Ok(pair)
    }

    /// Measures one round, and returns what leader and follower have found.
    pub(crate) fn round(&mut self, round: Round) -> Result<[Answer; 2], Failure> {
        let line = serde_json::to_string(&round)? + "\n";
        for process in &mut self.processes {
            // If it has ended, the reason is found below.
            let _ = process.input.write_all(line.as_bytes());
        }
        self.listen(self.patience + round.time())
    }

    /// Waits for a line from each process.
    fn listen<T: DeserializeOwned>(&mut self, patience: Duration) -> Result<[T; 2], Failure> {
        let deadline = Instant::now() + patience;
        let mut lines: [Option<String>; 2] = [None, None];
        loop {
            let waiting: Vec<usize> = (0..2).filter(|&index| lines[index].is_none()).collect();
            let Some(&first) = waiting.first() else { break };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let role = self.processes[first].role;
                return Err(format!("the {role} has not answered for {} s", patience.as_secs()).into());
            }
            let output = |&index: &usize| PollFd::new(&self.processes[index].output, PollFlags::IN);
            let mut polled: Vec<PollFd> = waiting.iter().map(output).collect();
            poll(&mut polled, Some(&Timespec::try_from(left)?))?;
            let is_ready: Vec<bool> = polled.iter().map(|polled| !polled.revents().is_empty()).collect();
            for (index, is_ready) in waiting.into_iter().zip(is_ready) {
                if is_ready {
                    lines[index] = self.processes[index].read_line()?;
                }
            }
        }
        let [leader, follower] = lines.map(Option::unwrap_or_default);
        Ok([serde_json::from_str(&leader)?, serde_json::from_str(&follower)?])
    }
}

impl Process {
    fn start(spec: &Spec) -> Result<Self, Failure> {
        let errors = spec.folder.join(format!("{:?}.errors", spec.role));
        let mut living = Living::lock();
        let mut child = Command::new(std::env::current_exe()?)
            .arg(crate::cli::CHILD)
            .arg(serde_json::to_string(spec)?)
            .env("TMPDIR", &spec.folder) // ipc-channel has files there
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&errors)?)
            .spawn()?;
        living.add(&child)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the process has no pipes".into());
        };
        Ok(Self { child, input, output, partial: Vec::new(), errors, role: spec.role })
    }

    /// Waits until a file exists. If the process ends instead, that is not an error yet.
    fn wait_for_file(&mut self, path: &Path, patience: Duration) -> Result<(), Failure> {
        let deadline = Instant::now() + patience;
        while !path.exists() && self.child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                return Err(format!("the {} has done nothing for {} s", self.role, patience.as_secs()).into());
            }
            std::thread::sleep(Duration::from_micros(100));
        }
        Ok(())
    }

    /// Reads what there is, and returns a line if it is complete.
    fn read_line(&mut self) -> Result<Option<String>, Failure> {
        let mut buffer = vec![0; 1 << 16];
        match self.output.read(&mut buffer) {
            Ok(0) => return Err(self.death().into()),
            Ok(count) => self.partial.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
        if self.partial.last() != Some(&b'\n') {
            return Ok(None);
        }
        Ok(Some(String::from_utf8(std::mem::take(&mut self.partial))?))
    }

    /// Says why the process has ended.
    fn death(&mut self) -> String {
        let role = self.role;
        let last = last_line(&self.errors);
        match self.child.wait().map(|status| status.signal()) {
            Ok(Some(signal)) => format!("the {role} was killed by signal {signal}. {last}").trim_end().to_owned(),
            _ if last.is_empty() => format!("the {role} has ended without a word"),
            _ => last,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It would end when its input is closed; but it may hang.
        let mut living = Living::lock();
        let _ = self.child.kill();
        let _ = self.child.wait();
        living.remove(&self.child);
    }
}

/// Returns the last line that a process has written to its standard error, or nothing.
fn last_line(errors: &Path) -> String {
    let text = std::fs::read(errors).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned()
}

use super::side::{Answer, Role, Round, Spec};
use crate::measures::Measure;
use crate::peers::{Failure, Name};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// How long the two processes may take to open their channels, or for a round beyond its time. Then
/// they count as hanging.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where pairs run.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// A folder in shared memory, for the folders of the pairs.
    pub(crate) folder: PathBuf,
    /// The processors of leader and follower.
    pub(crate) cpus: (usize, usize),
}

/// Two processes that measure one peer.
pub(crate) struct Pair {
    processes: [Process; 2],
    folder: PathBuf,
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
    pub(crate) fn start(place: &Place, name: &str, peer: Name, measure: Measure) -> Result<Self, Failure> {
        let folder = place.folder.join(name);
        std::fs::create_dir(&folder)?;
        let start = |role, cpu| {
            let spec = Spec { role, peer, measure, folder: folder.clone(), cpu };
            Process::start(&spec)
        };
        let processes = [start(Role::Leader, place.cpus.0)?, start(Role::Follower, place.cpus.1)?];
        let mut pair = Self { processes, folder };
        pair.listen::<()>(PATIENCE).map_err(|error| format!("it cannot be opened: {error}"))?;
        Ok(pair)
    }

    /// Measures one round, and returns what leader and follower have found.
    pub(crate) fn round(&mut self, round: Round) -> Result<[Answer; 2], Failure> {
        let line = serde_json::to_string(&round)? + "\n";
        for process in &mut self.processes {
            // If it has ended, the reason is found below.
            let _ = process.input.write_all(line.as_bytes());
        }
        self.listen(PATIENCE + round.time())
    }

    /// Waits for a line from each process.
    fn listen<T: serde::de::DeserializeOwned>(&mut self, patience: Duration) -> Result<[T; 2], Failure> {
        let deadline = Instant::now() + patience;
        let mut lines: [Option<String>; 2] = [None, None];
        while lines.iter().any(Option::is_none) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let silent = self.processes.iter().zip(&lines).find(|(_, line)| line.is_none());
                let role = silent.map_or(Role::Leader, |(process, _)| process.role);
                return Err(format!("the {role} has not answered for {} s", patience.as_secs()).into());
            }
            let waiting: Vec<usize> = (0..2).filter(|&index| lines[index].is_none()).collect();
            let mut polled: Vec<PollFd> =
                waiting.iter().map(|&index| PollFd::new(&self.processes[index].output, PollFlags::IN)).collect();
            poll(&mut polled, Some(&Timespec::try_from(left)?))?;
            let ready: Vec<usize> = waiting
                .into_iter()
                .zip(&polled)
                .filter(|(_, polled)| !polled.revents().is_empty())
                .map(|(index, _)| index)
                .collect();
            for index in ready {
                lines[index] = self.processes[index].read_line()?;
            }
        }
        let parse = |line: &Option<String>| serde_json::from_str(line.as_deref().unwrap_or_default());
        Ok([parse(&lines[0])?, parse(&lines[1])?])
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        for process in &mut self.processes {
            process.end();
        }
        crate::folder::remove(&self.folder);
    }
}

impl Process {
    fn start(spec: &Spec) -> Result<Self, Failure> {
        let errors = spec.folder.join(format!("{:?}.errors", spec.role));
        let mut child = Command::new(std::env::current_exe()?)
            .arg(crate::cli::CHILD)
            .arg(serde_json::to_string(spec)?)
            .env("TMPDIR", &spec.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&errors)?)
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the process has no pipes".into());
        };
        Ok(Self { child, input, output, partial: Vec::new(), errors, role: spec.role })
    }

    /// Reads what there is, and returns a line if it is complete.
    fn read_line(&mut self) -> Result<Option<String>, Failure> {
        let mut buffer = vec![0; 1 << 16];
        let count = match self.output.read(&mut buffer) {
            Ok(0) => return Err(self.death().into()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => 0,
            Err(error) => return Err(error.into()),
        };
        self.partial.extend_from_slice(&buffer[..count]);
        if self.partial.last() != Some(&b'\n') {
            return Ok(None);
        }
        Ok(Some(String::from_utf8(std::mem::take(&mut self.partial))?))
    }

    /// Says why the process has ended.
    fn death(&mut self) -> String {
        let role = self.role;
        let last = last_line(&self.errors);
        match self.child.wait() {
            Ok(status) if status.signal().is_some() => {
                let signal = status.signal().unwrap_or_default();
                format!("the {role} was killed by signal {signal} {last}").trim().to_owned()
            }
            _ if last.is_empty() => format!("the {role} has ended without a word"),
            _ => last,
        }
    }

    fn end(&mut self) {
        // It ends when its input is closed; but it may hang.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the last line that a process has written to its standard error, or nothing.
fn last_line(errors: &Path) -> String {
    let text = std::fs::read(errors).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned()
}

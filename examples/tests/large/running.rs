//! Running examples, and what they print.

use procfs::process::all_processes;
use rustix::process::{Pid, Signal, kill_process};
use slotcast::registry::Role;
use slotcast::{Domain, Observer};
use std::io::{BufRead, BufReader, pipe};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long to wait for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A directory for a registry that no other test or program uses.
pub(crate) struct Registry(pub(crate) TempDir);

impl Registry {
    pub(crate) fn new() -> Self {
        Self(tempfile::Builder::new().prefix("slotcast-test-").tempdir_in("/dev/shm").unwrap())
    }

    fn root(&self) -> PathBuf {
        self.0.path().join("root")
    }

    /// Returns the command for an example, which cargo builds beside the tests.
    pub(crate) fn command(&self, example: &str, arguments: &[&str]) -> Command {
        let test = std::env::current_exe().unwrap();
        let path = test.ancestors().nth(2).unwrap().join("examples").join(example);
        let mut command = Command::new(path);
        command.args(arguments).env("SLOTCAST_ROOT", self.root()).env_remove("SLOTCAST_DOMAIN").stdin(Stdio::null());
        command
    }

    pub(crate) fn output(&self, example: &str, arguments: &[&str]) -> String {
        let output = self.command(example, arguments).stderr(Stdio::inherit()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{example}: {}\n{text}", output.status);
        text
    }

    /// Waits until a subscriber of this name has received a message of a topic.
    pub(crate) fn until_received(&self, topic: &str, name: &str) {
        let (observer, start) = (Observer::new(&Domain::at(self.root().join("default"))), Instant::now());
        let received = || -> Option<u64> {
            let topic = observer.topic(topic).ok().flatten()?;
            let mut peers = topic.endpoints().ok()?.into_iter().filter_map(|endpoint| endpoint.peer.ok());
            let subscriber = peers.find(|peer| peer.role == Role::Subscriber && peer.name.name == name)?;
            Some(topic.subscriber(subscriber).ok()?.received())
        };
        while received().unwrap_or(0) == 0 {
            assert!(start.elapsed() < PATIENCE, "{name} receives nothing of {topic}");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Interrupts an example, as by Ctrl-C, once it has printed `line`. Returns what it prints.
    pub(crate) fn interrupted(&self, example: &str, arguments: &[&str], line: &str) -> String {
        let mut running = self.start(example, arguments);
        running.prints(line);
        let (status, text) = running.interrupt();
        assert!(status.success(), "{text}");
        text
    }

    pub(crate) fn start(&self, example: &str, arguments: &[&str]) -> Running {
        let (reader, writer) = pipe().unwrap();
        let mut command = self.command(example, arguments);
        let child = command.stdout(writer.try_clone().unwrap()).stderr(writer).spawn().unwrap();
        let (sender, lines) = channel();
        thread::spawn(move || {
            BufReader::new(reader).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Running { child, lines, text: String::new() }
    }

    /// Asserts that an example fails with this error before it has started anything.
    pub(crate) fn refuses(&self, example: &str, arguments: &[&str], expected: &str) {
        let (status, text) = self.start(example, arguments).ends();
        assert!(!status.success() && text.contains(expected) && text.lines().count() == 1, "{text}");
        self.is_empty();
    }

    /// Asserts that all processes have ended in order: nothing of them is left.
    pub(crate) fn is_empty(&self) {
        let left = files_below(&self.root());
        assert!(!self.root().exists(), "left in the registry: {left:#?}");
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| [vec![path.clone()], files_below(&path)].concat()).collect()
}

/// A running example, and what it and the processes it has started have printed.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    text: String,
}

impl Running {
    /// Waits for a line that contains `text`.
    pub(crate) fn prints(&mut self, text: &str) {
        let start = Instant::now();
        while !self.text.contains(text) {
            self.next(start).unwrap_or_else(|| panic!("it has ended without {text:?}\n{}", self.text));
        }
    }

    pub(crate) fn interrupt(self) -> (ExitStatus, String) {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
        self.ends()
    }

    pub(crate) fn ends(mut self) -> (ExitStatus, String) {
        let start = Instant::now();
        while self.next(start).is_some() {}
        (self.child.wait().unwrap(), std::mem::take(&mut self.text))
    }

    fn next(&mut self, start: Instant) -> Option<()> {
        match self.lines.recv_timeout(PATIENCE.saturating_sub(start.elapsed())) {
            Ok(line) => self.text += &(line + "\n"),
            Err(RecvTimeoutError::Timeout) => panic!("no more output after\n{}", self.text),
            Err(RecvTimeoutError::Disconnected) => return None,
        }
        Some(())
    }

    /// Returns the process that it has started for a role.
    pub(crate) fn starts(&self, role: &str) -> Pid {
        let parent = self.child.id().cast_signed();
        let is_it = |process: &procfs::process::Process| {
            process.stat().is_ok_and(|stat| stat.ppid == parent)
                && process.cmdline().is_ok_and(|words| words.iter().any(|word| word == role))
        };
        let process = all_processes().unwrap().flatten().find(is_it).expect("it is running");
        Pid::from_raw(process.pid()).unwrap()
    }
}

/// The processes it has started notice this, and end.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

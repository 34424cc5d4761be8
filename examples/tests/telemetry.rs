//! The telemetry example, run as a user runs it, in a separate registry.

use rustix::process::{Pid, Signal, kill_process};
use std::env;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn each_half_survives_the_kill_of_the_other() {
    let registry = Registry::new();

    let mut watcher = registry.start(&["watch"]);
    watcher.prints("waiting for a publisher");

    let mut publisher = registry.start(&["publish"]);
    watcher.prints(&format!("from pid {}", publisher.pid()));
    watcher.prints_messages_on("host/processes");
    assert_eq!(publisher.end_by(Signal::KILL).signal(), Some(9));
    watcher.prints("publisher has left, waiting");

    let mut publisher = registry.start(&["publish"]);
    watcher.prints(&format!("from pid {}", publisher.pid()));
    watcher.prints_messages_on("host/cpu");
    assert_eq!(watcher.end_by(Signal::KILL).signal(), Some(9));

    let mut watcher = registry.start(&["watch"]);
    watcher.prints(&format!("from pid {}", publisher.pid()));
    watcher.prints_messages_on("host/load");
    assert!(publisher.end_by(Signal::INT).success());
    watcher.prints("publisher has left, waiting");
    assert!(watcher.end_by(Signal::INT).success());
    watcher.prints(" lost");

    registry.is_empty();
}

#[test]
fn both_halves_end_by_themselves() {
    let registry = Registry::new();
    let mut both = registry.start(&["--seconds", "2"]);
    let summary = both.prints(" messages on 4 topics, ");
    assert!(summary.ends_with(" 0 lost"), "{summary}");
    assert!(both.ends().success());
    registry.is_empty();
}

#[test]
fn both_halves_end_when_they_are_interrupted() {
    let registry = Registry::new();
    let mut both = registry.start(&["--seconds", "100000"]);
    both.prints_messages_on("host/memory");
    assert!(both.end_by(Signal::INT).success());
    registry.is_empty();
}

#[test]
fn messages_missed_by_a_watcher_are_counted() {
    let registry = Registry::new();
    let mut watcher = registry.start(&["watch", "--refresh", "1"]);
    watcher.prints("waiting for a publisher");
    let mut publisher = registry.start(&["publish", "--rate", "1000"]);
    watcher.prints_where("losses", |line| {
        line.contains("host/load") && line.split_whitespace().next_back().is_some_and(|lost| lost != "0")
    });
    assert!(publisher.end_by(Signal::INT).success());
    assert!(watcher.end_by(Signal::INT).success());
    registry.is_empty();
}

#[test]
fn an_unusable_registry_is_a_clear_error() {
    let missing = "/proc/slotcast-cannot-be-here";
    for half in ["publish", "watch"] {
        let output = telemetry().arg(half).env("SLOTCAST_ROOT", missing).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        assert!(error.contains(missing) && error.contains("SLOTCAST_ROOT"), "{error}");
    }
}

/// A directory for a registry that no other test or program uses.
struct Registry {
    folder: TempDir,
}

impl Registry {
    fn new() -> Self {
        Self { folder: tempfile::Builder::new().prefix("slotcast-test-").tempdir_in("/dev/shm").unwrap() }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    fn start(&self, arguments: &[&str]) -> Telemetry {
        let mut command = telemetry();
        command.args(arguments).env("SLOTCAST_ROOT", self.root()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Telemetry { process, lines, printed: Vec::new() }
    }

    /// Asserts that all processes have ended in order: nothing of them is left.
    fn is_empty(&self) {
        assert!(!self.root().exists(), "{:?} is left", std::fs::read_dir(self.root()).unwrap().collect::<Vec<_>>());
    }
}

/// Returns the command for the example, which cargo builds beside the tests.
fn telemetry() -> Command {
    let test = env::current_exe().unwrap();
    let path = test.ancestors().nth(2).unwrap().join("examples/telemetry");
    assert!(
        Path::exists(&path),
        "{} is missing: run `cargo build --package slotcast-examples --examples`",
        path.display()
    );
    let mut command = Command::new(path);
    command.env_remove("SLOTCAST_DOMAIN").stdin(Stdio::null());
    command
}

struct Telemetry {
    process: Child,
    lines: Receiver<String>,
    printed: Vec<String>,
}

impl Telemetry {
    fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Waits for a line with `text`.
    fn prints(&mut self, text: &str) -> String {
        self.prints_where(text, |line| line.contains(text))
    }

    /// Waits for the row of a topic that receives messages at this moment.
    fn prints_messages_on(&mut self, topic: &str) {
        self.prints_where(topic, |line| line.contains(topic) && line.contains(" Hz "));
    }

    fn prints_where(&mut self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let line = match self.lines.recv_timeout(PATIENCE.saturating_sub(start.elapsed())) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => panic!("no {what:?} in {PATIENCE:?} after {:#?}", self.printed),
                Err(RecvTimeoutError::Disconnected) => panic!("ended without {what:?} after {:#?}", self.printed),
            };
            assert!(!line.contains('\x1b'), "an escape code where there is no terminal: {line:?}");
            self.printed.push(line.clone());
            if is_it(&line) {
                return line;
            }
        }
    }

    fn end_by(&mut self, signal: Signal) -> ExitStatus {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
        self.ends()
    }

    fn ends(&mut self) -> ExitStatus {
        self.ends_within(PATIENCE).expect("it does not end")
    }

    fn ends_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        let start = Instant::now();
        loop {
            let status = self.process.try_wait().unwrap();
            if status.is_some() || start.elapsed() > limit {
                return status;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A test that fails leaves no processes behind.
impl Drop for Telemetry {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            // First interrupts it as Ctrl-C does: if it were killed, it could not end its halves.
            let _ = kill_process(Pid::from_child(&self.process), Signal::INT);
            if self.ends_within(Duration::from_secs(5)).is_none() {
                let _ = self.process.kill();
                let _ = self.process.wait();
            }
        }
    }
}

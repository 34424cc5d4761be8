//! The small examples, run as a user runs them, in a registry of their own.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use tempfile::TempDir;

#[test]
fn history() {
    let registry = Registry::new();
    assert_eq!(
        registry.output("history", &[]),
        "published 0 to 99; the ring keeps 64\n\
         history(0): none\n\
         history(5): 5 messages, 95 to 99\n\
         history(1000): 64 messages, 36 to 99\n"
    );
    registry.is_empty();
}

#[test]
fn exclusive() {
    let registry = Registry::new();
    let mut first = registry.start("exclusive", &[]);
    assert_eq!(first.line(), format!("pid {} publishes", first.child.id()));
    let mut second = registry.start("exclusive", &[]);
    assert_eq!(
        second.line(),
        format!(
            "pid {} stands by: topic \"exclusive/leader\": it has another publisher (pid {}, exclusive), and one of \
             the two asks to be the only one",
            second.child.id(),
            first.child.id()
        )
    );
    first.kill();
    assert_eq!(second.line(), format!("pid {} publishes", second.child.id()));
}

#[test]
fn many_publishers() {
    let registry = Registry::new();
    let output = registry.output("many_publishers", &[]);
    let of = |sensor: u64| output.lines().filter(move |line| line.starts_with(&format!("sensor {sensor}, publisher ")));
    assert_eq!((of(0).count(), of(1).count(), of(2).count()), (1, 1, 2), "{output}");
    assert!(of(0).all(|line| !line.ends_with(" 0 lost")), "the flood is too fast to be read\n{output}");
    // Not that the slow ones lose nothing: on a busy machine the subscriber may not run for a while.
    assert!(of(2).all(|line| !line.contains(": 0 received")), "{output}");
    assert!(output.contains("\n4 publishers, "), "{output}");
    registry.is_empty();
}

#[test]
fn registry_alone() {
    let registry = Registry::new();
    let output = registry.output("registry_alone", &[]);
    for (text, count) in [
        (" is known as p-", 2),
        ("rings pid ", 2),
        (" was rung", 1), // at least: the other one may be killed before it looks
        (" has ended: alive is false", 1),
        (" was killed: alive is false", 1),
        ("0 services are left", 1),
    ] {
        let found = output.matches(text).count();
        assert!(found >= count, "{found} times {text:?} in\n{output}");
    }
    registry.is_empty();
}

/// A place for a registry that no other test or program uses.
struct Registry(TempDir);

impl Registry {
    fn new() -> Self {
        Self(tempfile::Builder::new().prefix("slotcast-test-").tempdir_in("/dev/shm").unwrap())
    }

    fn root(&self) -> PathBuf {
        self.0.path().join("root")
    }

    /// An example, which cargo builds beside the tests.
    fn command(&self, example: &str, arguments: &[&str]) -> Command {
        let test = std::env::current_exe().unwrap();
        let path = test.ancestors().nth(2).unwrap().join("examples").join(example);
        let mut command = Command::new(path);
        command.args(arguments).env("SLOTCAST_ROOT", self.root()).env_remove("SLOTCAST_DOMAIN").stdin(Stdio::null());
        command
    }

    fn output(&self, example: &str, arguments: &[&str]) -> String {
        let output = self.command(example, arguments).stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "{example}: {}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    fn start(&self, example: &str, arguments: &[&str]) -> Running {
        let mut child = self.command(example, arguments).stdout(Stdio::piped()).spawn().unwrap();
        Running { out: BufReader::new(child.stdout.take().unwrap()), child }
    }

    /// All processes have ended in order: nothing of them is left.
    fn is_empty(&self) {
        assert!(!self.root().exists(), "{:?} is left", std::fs::read_dir(self.root()).unwrap().collect::<Vec<_>>());
    }
}

/// An example that runs until it is killed.
struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Running {
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line.trim_end().into()
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

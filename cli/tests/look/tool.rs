//! The tool, run by tests.

use rustix::process::{Pid, Signal, kill_process};
use slotcast::Domain;
use slotcast::testing::{PATIENCE, until};
use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// The tool, while it runs. It is killed when this is dropped.
pub(crate) struct Tool {
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<String>,
    errors: Receiver<String>,
    seen_errors: RefCell<String>,
}

/// What the tool has printed until it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
    pub(crate) errors: String,
}

/// Returns a command that runs the tool in a domain.
pub(crate) fn command(domain: &Domain, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slotcast"));
    command.arg("--domain").arg(domain.path()).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the tool until it ends.
pub(crate) fn run(domain: &Domain, arguments: &[&str]) -> Ended {
    Tool::start(domain, arguments).end()
}

impl Tool {
    pub(crate) fn start(domain: &Domain, arguments: &[&str]) -> Self {
        Self::of(command(domain, arguments))
    }

    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let output = lines(child.stdout.take());
        let errors = lines(child.stderr.take());
        Self { input: child.stdin.take(), child, output, errors, seen_errors: RefCell::default() }
    }

    /// Returns the next line that it prints.
    pub(crate) fn line(&self) -> String {
        self.output.recv_timeout(PATIENCE).expect("it prints another line")
    }

    /// Returns the next line that it tells on its standard error.
    pub(crate) fn error_line(&self) -> String {
        let line = self.errors.recv_timeout(PATIENCE).expect("it tells another line");
        self.seen_errors.borrow_mut().push_str(&format!("{line}\n"));
        line
    }

    /// Writes to its standard input.
    pub(crate) fn write(&mut self, text: &str) {
        self.input.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// Closes its standard input.
    pub(crate) fn close_input(&mut self) {
        self.input = None;
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until it ends.
    pub(crate) fn end(mut self) -> Ended {
        self.close_input();
        let mut status: Option<ExitStatus> = None;
        until("the tool ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let errors = self.seen_errors.take() + &self.errors.iter().map(|line| line + "\n").collect::<String>();
        let output = self.output.iter().map(|line| line + "\n").collect();
        Ended { code: status.unwrap().code(), output, errors }
    }
}

/// Returns the lines that a pipe, if there is one, gives.
fn lines(pipe: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (to, from) = channel();
    if let Some(pipe) = pipe {
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines() {
                let _ = to.send(line.unwrap());
            }
        });
    }
    from
}

impl Drop for Tool {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// Returns what it has printed, if it has succeeded and told nothing.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        assert!(self.code == Some(0) && self.errors.is_empty(), "{self:#?}");
        &self.output
    }

    /// Returns the lines that it has printed; see [`text`](Self::text).
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.text().lines().collect()
    }

    /// Checks that it has ended with this code, printed nothing, and told something.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, text: &str) {
        let is_so = self.code == Some(code) && self.output.is_empty() && self.errors.contains(text);
        assert!(is_so, "expected code {code} and {text:?}: {self:#?}");
    }
}

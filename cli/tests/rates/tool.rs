//! The tool as a process of its own.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use slotcast::Domain;
use slotcast::testing::{PATIENCE, until};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// The tool, which prints lines. It is killed when this is dropped.
pub(crate) struct Tool {
    child: Child,
    lines: Receiver<String>,
    errors: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Tool {
    /// Starts it with these arguments, which stand in one text, separated by spaces.
    pub(crate) fn start(domain: &Domain, arguments: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_slotcast"));
        command.arg("--domain").arg(domain.path()).args(arguments.split_whitespace());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the tool starts");
        let (output, stderr) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let errors = Arc::new(Mutex::new(String::new()));
        let text = Arc::clone(&errors);
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                *text.lock().unwrap() += &format!("{line}\n");
            }
        });
        Self { child, lines, errors, reader: Some(reader) }
    }

    /// Waits until it has printed a text on its standard error.
    pub(crate) fn error(&self, text: &str) {
        until(&format!("it prints {text:?} as an error"), || self.errors.lock().unwrap().contains(text));
    }

    /// Returns the next line that it prints.
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("it prints a line")
    }

    /// Returns the next line that it prints, as JSON.
    pub(crate) fn json(&self) -> Value {
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    /// Returns the first line of JSON from now on that is as wanted. `what` is for the panic.
    pub(crate) fn json_when(&self, what: &str, mut is_so: impl FnMut(&Value) -> bool) -> Value {
        let mut found = None;
        until(what, || {
            let line = self.json();
            let is_so = is_so(&line);
            found = Some(line);
            is_so
        });
        found.expect("it was found")
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process id");
        kill_process(pid, signal).expect("it can be signalled");
    }

    /// Waits for its end. Returns how it ended, the lines that were not read, and its errors.
    pub(crate) fn finish(mut self) -> (ExitStatus, Vec<String>, String) {
        let mut status = None;
        until("it ends", || {
            status = self.child.try_wait().expect("it can be waited for");
            status.is_some()
        });
        self.reader.take().expect("once").join().expect("it reads");
        let errors = self.errors.lock().unwrap().clone();
        (status.expect("it has ended"), self.lines.iter().collect(), errors)
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! C++ programs as peers of a test: compiled once, started in the test's domain.

use crate::{Compiler, WARNINGS, library, programs, root};
use slotcast::testing::{PATIENCE, TempDomain};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// A way to compile a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Build {
    /// Optimised, C++17.
    Plain,
    /// C++20, which has `std::span`.
    Newer,
    /// With AddressSanitizer and UndefinedBehaviorSanitizer.
    Sanitized,
    /// Without exceptions.
    NoExceptions,
}

/// Compiles a source of `bindings/cpp` against the C library and returns the program.
///
/// # Panics
/// If it does not compile, with what the compiler prints.
pub fn build(compiler: &Compiler, source: &str, build: Build) -> PathBuf {
    let stem = Path::new(source).file_stem().unwrap().to_string_lossy().into_owned();
    let name = format!("{stem}-{}-{build:?}", compiler.program.replace('/', "_"));
    let program = programs().join(name);
    let mut command = compiler.command(if build == Build::Newer { 20 } else { 17 });
    command.args(WARNINGS).arg("-O1").arg("-o").arg(&program).arg(root().join("cpp").join(source)).arg(library());
    match build {
        Build::Plain | Build::Newer => &mut command,
        Build::Sanitized => command.args(["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]),
        Build::NoExceptions => command.arg("-fno-exceptions"),
    };
    let output = command.args(["-lpthread", "-ldl", "-lm"]).output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    program
}

/// A program that runs. It is killed when this is dropped.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Peer {
    /// Starts a program that uses the test's domain.
    pub fn start(program: &Path, domain: &TempDomain, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).env("SLOTCAST_TEST_DOMAIN", domain.path());
        Self::run(command)
    }

    /// Starts a command.
    pub fn run(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let output = child.stdout.take().unwrap();
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { input: child.stdin.take(), child, lines }
    }

    /// Returns the next line that it prints; waits for it.
    ///
    /// # Panics
    /// If it ends before, or prints nothing for [`PATIENCE`].
    pub fn line(&mut self) -> String {
        self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no line: {:?}", self.child.try_wait()))
    }

    /// Waits for a line that it must print next.
    pub fn expect(&mut self, line: &str) {
        assert_eq!(self.line(), line);
    }

    /// Writes bytes to its input.
    pub fn write(&mut self, bytes: &[u8]) {
        self.input.as_mut().unwrap().write_all(bytes).unwrap();
    }

    /// Writes bytes to its input, and closes it.
    pub fn give(&mut self, bytes: &[u8]) {
        self.write(bytes);
        self.input = None;
    }

    /// Sends it a line.
    pub fn tell(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Kills it with SIGKILL, and waits for its end.
    pub fn kill(&mut self) -> ExitStatus {
        self.child.kill().unwrap();
        self.child.wait().unwrap()
    }

    /// Closes its input, and waits until it has ended with success.
    ///
    /// # Panics
    /// If it fails.
    pub fn finish(mut self) {
        drop(self.input.take());
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

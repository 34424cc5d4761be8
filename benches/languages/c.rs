//! The same in C: a program that a C compiler has compiled, with the shared library.

use super::{Case, Contender};
use slotcast_benches::Place;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub(crate) struct Program {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Program {
    /// Builds and installs the library, compiles the program, and starts it.
    pub(crate) fn start(place: &Place) -> Result<Self, String> {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
        // As users install it; optimised as a whole, so built apart from what the benches are.
        let (prefix, built) = (place.path().join("installed"), sources.join("../target/installed"));
        output(Command::new(sources.join("../bindings/install.sh")).arg(&prefix).env("CARGO_TARGET_DIR", built))?;
        let (program, libraries) = (place.path().join("pair"), prefix.join("lib"));
        let mut compile = Command::new(env::var_os("CC").unwrap_or_else(|| "cc".into()));
        compile.args(["-std=gnu11", "-O2"]).arg("-I").arg(prefix.join("include")).arg("-L").arg(&libraries);
        compile.arg(sources.join("languages/pair.c")).arg("-o").arg(&program).arg("-lslotcast");
        output(&mut compile)?;
        let mut child = Command::new(&program)
            .arg(place.path().join("c"))
            .env("LD_LIBRARY_PATH", libraries)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let output = BufReader::new(child.stdout.take().expect("its output is piped"));
        Ok(Self { input: child.stdin.take(), output, child })
    }
}

/// Runs a command. What it prints is shown only if it fails.
fn output(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}

impl Contender for Program {
    fn name(&self) -> &'static str {
        "C"
    }

    fn measure(&mut self, case: Case) -> f64 {
        let command = match case {
            Case::Small => "small",
            Case::Large => "large",
        };
        let input = self.input.as_mut().expect("it is open");
        writeln!(input, "{command} {}", case.count()).expect("the program reads");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the program answers");
        line.trim().parse().expect("a number, unless the program has printed an error")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}

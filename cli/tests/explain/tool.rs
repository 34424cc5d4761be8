//! The tool as a process.

use slotcast::Domain;
use std::process::{Command, Output};

/// Returns the tool with these arguments, looking at a domain.
pub(crate) fn command(domain: &Domain, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slotcast"));
    command.arg("--domain").arg(domain.path()).args(arguments);
    // Nothing depends on what the user who runs the tests has in the default domain.
    command.env("SLOTCAST_ROOT", domain.path().join("none")).env_remove("SLOTCAST_DOMAIN");
    command
}

/// What the tool printed, and its exit code.
pub(crate) struct Ended {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: i32,
}

/// Runs the tool to its end.
pub(crate) fn run(domain: &Domain, arguments: &[&str]) -> Ended {
    Ended::of(command(domain, arguments).output().expect("the tool runs"))
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the tool prints UTF-8");
        Self { out: text(output.stdout), err: text(output.stderr), code: output.status.code().unwrap_or(-1) }
    }

    /// Checks the exit code, and returns what was printed.
    #[track_caller]
    pub(crate) fn with(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        self.out
    }

    /// Checks that it failed with exit code 2, and returns what it said about it.
    #[track_caller]
    pub(crate) fn failed(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (2, ""), "{}", self.err);
        self.err
    }
}

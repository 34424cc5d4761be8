//! The benches measure the SDK as users build it: without the feature `testing`, which adds
//! failpoints to the hot path.
//!
//! Cargo builds a dependency once for all selected packages, with the features of all of them. So
//! `cargo bench` at the root of the workspace, which selects the tests too, builds the SDK with
//! `testing`. The benches notice this, and build themselves once more, alone.

use std::env;
use std::process::{Command, ExitCode};

/// Set during the build of the benches alone, so that it is attempted only once.
const ALONE: &str = "SLOTCAST_BENCHES_ALONE";

/// Returns whether the SDK in this binary was built with the feature `testing`.
pub fn is_built_with_tests() -> bool {
    slotcast::__private::HAS_TESTING
}

/// If the SDK was built with `testing`: builds and runs the bench of this name without it, with the
/// arguments of this process, and returns the result.
pub fn build_alone(bench: &str) -> Option<ExitCode> {
    if !is_built_with_tests() {
        return None;
    }
    if env::var_os(ALONE).is_some() {
        eprintln!("{bench}: slotcast is built with `testing` even for the benches alone: nothing is measured");
        return Some(ExitCode::FAILURE);
    }
    eprintln!("{bench}: this was built together with the tests; building `-p {}` alone", env!("CARGO_PKG_NAME"));
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = env::args_os().skip(1).filter(|argument| argument != "--bench");
    let status = Command::new(cargo)
        .args(["bench", "--package", env!("CARGO_PKG_NAME"), "--bench", bench, "--"])
        .args(arguments)
        .env(ALONE, "1")
        .status();
    Some(match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{bench}: cargo cannot be run ({error}): run `cargo bench -p {}`", env!("CARGO_PKG_NAME"));
            ExitCode::FAILURE
        }
    })
}

//! The benches measure the SDK as users build it: without its feature `testing`, which puts points into the hot
//! path at which a test can stop the process.
//!
//! Cargo builds a dependency once for all packages that it was asked for, with the features of all of them. So
//! `cargo bench` at the root of the workspace, which asks for the tests too, builds the SDK with `testing`. The
//! benches notice and have themselves built once more, alone.

use std::env;
use std::process::{Command, ExitCode};

/// Set for the build of the benches alone, so that it is tried once.
const ALONE: &str = "SLOTCAST_BENCHES_ALONE";

/// Whether the SDK in this binary was built with the feature `testing`.
pub fn is_built_with_tests() -> bool {
    slotcast::__private::HAS_TESTING
}

/// If this binary is not what should be measured: builds and runs the bench of this name as it should be, with
/// the arguments of this process, and returns how that ended.
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

//! The Python package: built, installed into a fresh virtual environment, and tested there.
//!
//! Where there is no Python that can do this the tests are left out, and the output says why. With
//! `SLOTCAST_REQUIRE_PYTHON=1` that is a failure.

use std::path::Path;
use std::process::Command;

/// What the script exits with where there is no suitable Python.
const NO_PYTHON: i32 = 75;

#[test]
fn the_python_package_passes_its_tests() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bindings/python/check.sh");
    let output = Command::new(script).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let is_required = std::env::var_os("SLOTCAST_REQUIRE_PYTHON").is_some_and(|value| value == "1");
    if output.status.code() == Some(NO_PYTHON) && !is_required {
        eprintln!("the Python tests are left out: {stderr}");
        return;
    }
    assert!(output.status.success(), "{}\n{stdout}\n{stderr}", output.status);
}

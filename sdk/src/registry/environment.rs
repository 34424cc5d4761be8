//! What the environment says about where the default domain is.

use crate::sys::process;
use std::ffi::OsString;
use std::path::PathBuf;

/// Returns the value of a variable, unless it is empty.
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Returns the directory above the default domain: `$SLOTCAST_ROOT`, or `/dev/shm/slotcast-<uid>`.
pub(super) fn root() -> PathBuf {
    let default = || format!("/dev/shm/slotcast-{}", process::user()).into();
    variable("SLOTCAST_ROOT").map_or_else(default, |root| absolute(root.into()))
}

/// Returns the name of the default domain: `$SLOTCAST_DOMAIN`, or `default`.
pub(super) fn domain() -> OsString {
    variable("SLOTCAST_DOMAIN").unwrap_or_else(|| "default".into())
}

/// Resolves a relative path from the current directory.
pub(super) fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

//! The folder in shared memory that holds all that a run creates, and how it goes.

use crate::peers::Failure;
use rustix::process::{Pid, test_kill_process};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

/// Where shared memory is.
const SHARED: &str = "/dev/shm";
/// What the names of all folders and files begin with, followed by the process's number.
const PREFIX: &str = "slotcast-versus-";

/// Creates the folder of this run. What a killed run has left is removed.
pub(crate) fn create() -> Result<TempDir, Failure> {
    remove_orphans()?;
    let prefix = format!("{PREFIX}{}-", std::process::id());
    let closed = Permissions::from_mode(0o700);
    Ok(tempfile::Builder::new().prefix(&prefix).permissions(closed).rand_bytes(4).tempdir_in(SHARED)?)
}

/// Removes a folder in shared memory with all in it, and the files beside it that begin with its
/// name: iceoryx2 puts some there.
pub(crate) fn remove(folder: &Path) {
    // Nothing can be done about what cannot be removed.
    let _ = std::fs::remove_dir_all(folder);
    let Ok(inner) = folder.strip_prefix(SHARED) else { return };
    let prefix = inner.to_string_lossy().replace('/', "-");
    for entry in std::fs::read_dir(SHARED).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) && !entry.path().is_dir() {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Removes what runs have left whose processes are gone.
fn remove_orphans() -> Result<(), Failure> {
    for entry in std::fs::read_dir(SHARED)?.flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        let pid = pid.split('-').next().and_then(|pid| pid.parse().ok()).and_then(Pid::from_raw);
        if pid.is_some_and(|pid| test_kill_process(pid) == Err(rustix::io::Errno::SRCH)) {
            remove(&entry.path());
        }
    }
    Ok(())
}

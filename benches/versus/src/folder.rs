//! The folder in shared memory that holds all that a run creates, and how it goes.

use crate::peers::Failure;
use rustix::process::{Pid, test_kill_process};
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Where shared memory is.
const SHARED: &str = "/dev/shm";
/// What the names of all folders and files begin with, followed by the number of the process.
const PREFIX: &str = "slotcast-versus-";

/// The folder of a run.
pub(crate) struct RunFolder(PathBuf);

impl RunFolder {
    /// Creates it. What a killed run has left is removed.
    pub(crate) fn create() -> Result<Self, Failure> {
        remove_orphans()?;
        let path = Path::new(SHARED).join(format!("{PREFIX}{}", std::process::id()));
        std::fs::create_dir(&path)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o700))?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// The folder of a pair, in that of the run.
pub(crate) struct PairFolder(PathBuf);

impl PairFolder {
    /// Creates it, with a name that no other pair of the run has.
    pub(crate) fn create(run: &Path) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let path = run.join(COUNT.fetch_add(1, Ordering::Relaxed).to_string());
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for PairFolder {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// Returns what the names of files begin with that a peer has in `/dev/shm` itself, instead of in
/// the pair's folder.
pub(crate) fn prefix(folder: &Path) -> String {
    let inner = folder.strip_prefix(SHARED).unwrap_or(folder);
    inner.to_string_lossy().replace('/', "-") + "_"
}

/// Removes a folder in shared memory with all in it, and the files beside it that begin with its
/// name. What cannot be removed stays.
pub(crate) fn remove(folder: &Path) {
    let _ = std::fs::remove_dir_all(folder);
    let name = prefix(folder);
    let (of_this, of_inner) = (name.as_str(), name.replace('_', "-"));
    for entry in std::fs::read_dir(SHARED).into_iter().flatten().flatten() {
        let found = entry.file_name();
        let found = found.to_string_lossy();
        if (found.starts_with(of_this) || found.starts_with(&of_inner)) && !entry.path().is_dir() {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Removes what runs have left whose processes are gone.
fn remove_orphans() -> io::Result<()> {
    for entry in std::fs::read_dir(SHARED)?.flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix(PREFIX)).and_then(|pid| pid.parse().ok());
        let Some(pid) = pid.and_then(Pid::from_raw) else { continue };
        if test_kill_process(pid) == Err(rustix::io::Errno::SRCH) {
            remove(&entry.path());
        }
    }
    Ok(())
}

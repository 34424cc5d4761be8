//! Temporary domains.

use crate::registry::Domain;
use crate::sys::process;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Once;
use std::time::Duration;

const PLACE: &str = "/dev/shm";
const PREFIX: &str = "slotcast-test-";
/// A domain that has not changed for this long may be of a test run that was killed.
const OLD: Duration = Duration::from_secs(60 * 60);

/// A domain of its own in `/dev/shm`, which is removed with everything in it when this is dropped.
/// The first one of a process also removes those that killed test runs left more than an hour ago.
///
/// # Examples
///
/// ```
/// use slotcast::Publisher;
/// use slotcast::testing::TempDomain;
///
/// let domain = TempDomain::new();
/// let publisher = Publisher::<u64>::builder("test").domain(&domain).create()?;
/// assert_eq!(domain.leftovers().len(), 1); // the topic's directory
/// drop(publisher);
/// assert!(domain.leftovers().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TempDomain {
    domain: Domain,
}

impl TempDomain {
    /// Creates a new domain. The first endpoint creates its directory.
    ///
    /// # Panics
    /// If the kernel has no random number.
    #[expect(clippy::new_without_default, reason = "each is another")]
    pub fn new() -> Self {
        static SWEEP: Once = Once::new();
        SWEEP.call_once(remove_old_ones);
        let number = process::random().expect("random bytes");
        Self { domain: Domain::at(format!("{PLACE}/{PREFIX}{number:032x}")) }
    }

    /// Returns what is left in the domain: nothing once every endpoint has left in order, or was
    /// cleaned up after.
    ///
    /// # Panics
    /// If the directory cannot be read.
    pub fn leftovers(&self) -> Vec<PathBuf> {
        match std::fs::read_dir(self.domain.path()) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            entries => entries.unwrap().map(|entry| entry.unwrap().path()).collect(),
        }
    }
}

/// Removes what test runs left that were killed: old domains in which no endpoint lives.
fn remove_old_ones() {
    let Ok(entries) = std::fs::read_dir(PLACE) else { return };
    for entry in entries.flatten() {
        let is_old = || entry.metadata()?.modified()?.elapsed().map_err(std::io::Error::other).map(|age| age > OLD);
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && is_old().unwrap_or(false) {
            // What belongs to a live process stays, and so does a domain of another user.
            let _ = Domain::at(entry.path()).clean();
            let _ = std::fs::remove_dir(entry.path());
        }
    }
}

impl Deref for TempDomain {
    type Target = Domain;

    fn deref(&self) -> &Domain {
        &self.domain
    }
}

impl Drop for TempDomain {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.domain.path());
    }
}

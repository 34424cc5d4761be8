//! Temporary domains.

use crate::registry::Domain;
use crate::sys::process;
use std::ops::Deref;
use std::path::PathBuf;

/// A domain of its own in `/dev/shm`, which is removed with everything in it when this is dropped.
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
        let number = process::random().expect("random bytes");
        Self { domain: Domain::at(format!("/dev/shm/slotcast-test-{number:032x}")) }
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

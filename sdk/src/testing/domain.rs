use crate::registry::Domain;
use crate::sys::process;
use std::ops::Deref;
use std::path::PathBuf;

/// A domain of its own in `/dev/shm`, that is removed with everything in it when this is dropped.
#[derive(Debug)]
pub struct TempDomain {
    domain: Domain,
}

impl TempDomain {
    /// A new domain. Its directory is made by the first endpoint.
    ///
    /// # Panics
    /// If the kernel gives no random number.
    #[expect(clippy::new_without_default, reason = "each is another")]
    pub fn new() -> Self {
        let number = process::random().expect("random bytes");
        Self { domain: Domain::at(format!("/dev/shm/slotcast-test-{number:032x}")) }
    }

    /// What is left in the domain: empty once every endpoint has ended in order, or been cleaned up after.
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

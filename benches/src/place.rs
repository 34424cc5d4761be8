use slotcast::Domain;
use std::fs::Permissions;
use std::io;
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

/// A directory in `/dev/shm` with a domain in it. It is removed when this is dropped.
#[derive(Debug)]
pub struct Place {
    directory: TempDir,
    domain: Domain,
}

impl Place {
    /// Creates a new one.
    ///
    /// # Errors
    /// If the directory cannot be created.
    pub fn new() -> io::Result<Self> {
        let closed = Permissions::from_mode(0o700);
        let directory =
            tempfile::Builder::new().prefix("slotcast-bench-").permissions(closed).tempdir_in("/dev/shm")?;
        let domain = Self::domain_in(directory.path());
        Ok(Self { directory, domain })
    }

    /// Returns the directory, for files other than the domain's.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Returns the domain in the directory of another process's place.
    pub fn domain_in(directory: &Path) -> Domain {
        Domain::at(directory.join("domain"))
    }
}

impl Deref for Place {
    type Target = Domain;

    fn deref(&self) -> &Domain {
        &self.domain
    }
}

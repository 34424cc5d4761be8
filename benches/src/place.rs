use slotcast::Domain;
use std::fs::Permissions;
use std::io;
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

/// A directory in `/dev/shm`, with a domain in it, that is removed when this is dropped.
#[derive(Debug)]
pub struct Place {
    directory: TempDir,
    domain: Domain,
}

impl Place {
    /// A new one.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn new() -> io::Result<Self> {
        let closed = Permissions::from_mode(0o700);
        let directory =
            tempfile::Builder::new().prefix("slotcast-bench-").permissions(closed).tempdir_in("/dev/shm")?;
        let domain = Self::domain_in(directory.path());
        Ok(Self { directory, domain })
    }

    /// The directory, for other files than the domain's.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The domain in the directory of another process's place.
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

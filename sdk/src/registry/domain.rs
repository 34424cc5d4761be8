use super::{RegistryError, directory};
use crate::sys::{file, process};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// A place where endpoints find each other. Endpoints of different domains never meet.
///
/// A domain is a directory on a file system that supports `O_TMPFILE` (tmpfs, ext4, xfs, btrfs), and it costs
/// nothing to name one: directories are made when the first endpoint is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Directories from the outermost that we may make to the domain itself.
    levels: Vec<PathBuf>,
    /// Whether they are removed again when they are empty: only those whose names we chose.
    ours: bool,
}

impl Domain {
    /// The domain at `path`: the directory is made if it is missing (the one above it must exist), and stays.
    ///
    /// Endpoints fail unless it belongs to this user and is closed to others (mode 0700): give it a directory of its
    /// own, not one that was made with the usual umask.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { levels: vec![path.into()], ours: false }
    }

    /// The domain's directory.
    pub fn path(&self) -> &Path {
        self.levels.last().expect("a domain has a directory")
    }

    /// Opens the domain, making what is missing. Nothing if somebody removed it at the same time.
    pub(super) fn open(&self) -> Result<Option<OwnedFd>, RegistryError> {
        let mut opened = None;
        for path in &self.levels {
            opened = directory::open_or_make(path)?;
            if opened.is_none() {
                break;
            }
        }
        Ok(opened)
    }

    /// Opens the domain for a look, making nothing. Nothing if it is not there.
    pub(super) fn look(&self) -> Result<Option<OwnedFd>, RegistryError> {
        let mut opened = None;
        for path in &self.levels {
            opened = directory::look(path)?;
            if opened.is_none() {
                break;
            }
        }
        Ok(opened)
    }

    /// Removes the domain's directories if they are empty, and ours to remove.
    pub(super) fn tidy(&self) {
        if self.ours {
            for path in self.levels.iter().rev() {
                if !file::remove_directory(path).is_ok_and(|removed| removed) {
                    break;
                }
            }
        }
    }
}

/// `$SLOTCAST_ROOT/$SLOTCAST_DOMAIN`; without these variables `/dev/shm/slotcast-<uid>/default`. Both directories are
/// made when they are missing, and removed when the last endpoint leaves them empty.
impl Default for Domain {
    fn default() -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let root = variable("SLOTCAST_ROOT").map(PathBuf::from);
        let domain = variable("SLOTCAST_DOMAIN").unwrap_or_else(|| "default".into());
        let root = root.unwrap_or_else(|| format!("/dev/shm/slotcast-{}", process::user()).into());
        let domain = root.join(domain);
        Self { levels: vec![root, domain], ours: true }
    }
}

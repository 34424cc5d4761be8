use super::{RegistryError, Role, TopicDirectory, directory};
use crate::sys::{file, process};
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

/// A place where endpoints find each other. Endpoints of different domains never meet.
///
/// A domain is a directory on a file system that supports `O_TMPFILE` (tmpfs, ext4, xfs, btrfs), and it costs
/// nothing to name one: directories are made when the first endpoint is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    path: PathBuf,
    /// The directory above it is made, too, and both are removed again when they are empty: we chose their names.
    ours: bool,
    /// The name that `SLOTCAST_DOMAIN` gives it, if it is none.
    illegal: Option<OsString>,
}

impl Domain {
    /// The domain at `path`: the directory is made if it is missing (the one above it must exist), and stays. A
    /// relative path is one from the current directory of now.
    ///
    /// Endpoints fail unless it belongs to this user and is closed to others (mode 0700): give it a directory of its
    /// own, not one that was made with the usual umask.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: absolute(path.into()), ours: false, illegal: None }
    }

    /// The domain's directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes what dead processes left in this domain: entries and memory files, and topics in which nobody lives.
    /// Nothing of the living is touched. It is never needed: whoever comes to a topic does the same there.
    ///
    /// # Errors
    /// When the domain is there and cannot be read or trusted, or a file of it cannot be removed.
    pub fn clean(&self) -> Result<(), RegistryError> {
        for topic in self.topics()? {
            // Whoever enters removes what has no owner, and whoever leaves last removes the rest.
            let topic = TopicDirectory::enter(self, &topic)?;
            for role in [Role::Publisher, Role::Subscriber] {
                for name in topic.names(role)? {
                    topic.open(&name)?;
                }
            }
        }
        Ok(())
    }

    /// The directory that is made and removed with it.
    fn root(&self) -> Option<&Path> {
        self.path.parent().filter(|_| self.ours)
    }

    /// Opens the domain, making what is missing. Nothing if somebody removed it at the same time.
    pub(super) fn open(&self) -> Result<Option<OwnedFd>, RegistryError> {
        self.check()?;
        match self.root() {
            None => directory::open_or_make(&self.path),
            Some(root) => match directory::open_or_make(root)? {
                None => Ok(None),
                Some(root) => directory::open_or_make_at(&root, &self.name(), &self.path),
            },
        }
    }

    /// Opens the domain for a look, making nothing. Nothing if it is not there.
    pub(super) fn look(&self) -> Result<Option<OwnedFd>, RegistryError> {
        self.check()?;
        match self.root() {
            None => directory::look(&self.path),
            Some(root) => match directory::look(root)? {
                None => Ok(None),
                Some(root) => directory::look_at(&root, &self.name(), &self.path),
            },
        }
    }

    fn check(&self) -> Result<(), RegistryError> {
        match &self.illegal {
            None => Ok(()),
            Some(name) => Err(RegistryError::DomainName { name: name.clone() }),
        }
    }

    fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Removes the domain's directories if they are empty, and ours to remove.
    pub(super) fn tidy(&self) {
        if let Some(root) = self.root() {
            for path in [&self.path, root] {
                if !file::remove_directory(path).is_ok_and(|removed| removed) {
                    break;
                }
            }
        }
    }
}

/// `$SLOTCAST_ROOT/$SLOTCAST_DOMAIN`; without these variables `/dev/shm/slotcast-<uid>/default`. Both directories are
/// made when they are missing, and removed when the last endpoint leaves them empty. `SLOTCAST_DOMAIN` is one name,
/// without `/`; endpoints fail otherwise.
impl Default for Domain {
    fn default() -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let root = variable("SLOTCAST_ROOT").map(|root| absolute(root.into()));
        let name = variable("SLOTCAST_DOMAIN").unwrap_or_else(|| "default".into());
        let root = root.unwrap_or_else(|| format!("/dev/shm/slotcast-{}", process::user()).into());
        let mut components = Path::new(&name).components();
        let is_one =
            matches!((components.next(), components.next()), (Some(Component::Normal(one)), None) if one == name);
        let illegal = (!is_one || name.to_str().is_none()).then(|| name.clone());
        Self { path: root.join(name), ours: true, illegal }
    }
}

fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

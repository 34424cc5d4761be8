use super::{RegistryError, TopicName, directory, environment, names};
use crate::sys::file;
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

/// A place where endpoints find each other. Endpoints of different domains never meet.
///
/// A domain is a directory on a file system that supports `O_TMPFILE` (tmpfs, ext4, xfs, btrfs).
/// Naming one costs nothing: directories are created with the first endpoint.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let path = folder.path().join("robot-7");
/// use slotcast::{Domain, Publisher, Subscriber};
///
/// let domain = Domain::at(path);
/// let mut publisher = Publisher::<u64>::builder("ticks").domain(&domain).create()?;
/// let mut subscriber = Subscriber::<u64>::builder("ticks").domain(&domain).create()?;
/// publisher.publish(&1)?;
/// assert_eq!(*subscriber.recv()?, 1);
/// assert_eq!(domain.topics()?[0].as_str(), "ticks");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    path: PathBuf,
    /// Whether this crate chose the names of the directory and of the one above it. Then it creates
    /// both, and removes both when they are empty.
    is_ours: bool,
    /// The name that was asked for, if it is not a valid one.
    illegal: Option<OsString>,
}

impl Domain {
    /// Creates the domain at `path`. The directory is created when it is needed (the one above it
    /// must exist), and is never removed. A relative path is resolved now, from the current
    /// directory.
    ///
    /// Creating an endpoint fails unless the directory belongs to this user and is closed to others
    /// (mode 0700). Give the domain a directory of its own, not one that was created with the usual
    /// umask.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: environment::absolute(path.into()), is_ours: false, illegal: None }
    }

    /// Creates the domain of this name: `$SLOTCAST_ROOT/<name>`, or
    /// `/dev/shm/slotcast-<uid>/<name>` without that variable. Both directories are created when
    /// they are needed, and removed when the last endpoint leaves them empty.
    ///
    /// It must be a single name without `/`; otherwise endpoints cannot be created, and the error
    /// is that of `SLOTCAST_DOMAIN`.
    ///
    /// ```
    /// # use slotcast::Domain;
    /// assert!(Domain::named("simulation").path().ends_with("simulation"));
    /// ```
    pub fn named(name: impl Into<OsString>) -> Self {
        let name = name.into();
        let mut components = Path::new(&name).components();
        let is_single =
            matches!((components.next(), components.next()), (Some(Component::Normal(one)), None) if one == name);
        let illegal = (!is_single || name.to_str().is_none()).then(|| name.clone());
        Self { path: environment::root().join(name), is_ours: true, illegal }
    }

    /// Returns the path of the domain's directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the topics that exist now, and the [parts](crate::registry::Part) of other things,
    /// sorted by name. Creates nothing, and ignores directories that are not a topic's.
    ///
    /// # Errors
    /// When the domain exists and cannot be read or trusted.
    pub fn topics(&self) -> Result<Vec<TopicName>, RegistryError> {
        let Some(directory) = self.open_existing()? else { return Ok(Vec::new()) };
        let entries = file::names(&directory).map_err(RegistryError::io("list", self.path()))?;
        let mut topics: Vec<_> = entries.iter().filter_map(|name| names::topic_of(name)).collect();
        topics.sort_unstable();
        Ok(topics)
    }

    /// Returns the directory above it, if that is created and removed together with it.
    fn root(&self) -> Option<&Path> {
        self.path.parent().filter(|_| self.is_ours)
    }

    /// Opens the domain, and creates what does not exist. Returns `None` if it was removed
    /// meanwhile.
    pub(super) fn open(&self) -> Result<Option<OwnedFd>, RegistryError> {
        self.check()?;
        match self.root() {
            None => directory::open_or_create(&self.path),
            Some(root) => match directory::open_or_create(root)? {
                None => Ok(None),
                Some(root) => directory::open_or_create_at(&root, &self.name(), &self.path),
            },
        }
    }

    /// Opens the domain, and creates nothing. Returns `None` if it does not exist.
    pub(super) fn open_existing(&self) -> Result<Option<OwnedFd>, RegistryError> {
        self.check()?;
        match self.root() {
            None => directory::open_existing(&self.path),
            Some(root) => match directory::open_existing(root)? {
                None => Ok(None),
                Some(root) => directory::open_existing_at(&root, &self.name(), &self.path),
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

    /// Removes the domain's directories if they are empty, and this crate created them.
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

/// `$SLOTCAST_ROOT/$SLOTCAST_DOMAIN`; without these variables `/dev/shm/slotcast-<uid>/default`.
///
/// Both directories are created when they are needed, and removed when the last endpoint leaves
/// them empty. `SLOTCAST_DOMAIN` must be a single name without `/`; otherwise endpoints cannot be
/// created.
impl Default for Domain {
    fn default() -> Self {
        Self::named(environment::domain())
    }
}

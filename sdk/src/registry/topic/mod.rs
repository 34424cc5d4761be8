//! A topic's directory: how endpoints enter and leave it. What is in it is found in the other files
//! of this module.
//!
//! Every endpoint holds a read lock on the first byte of the topic's file for as long as it is in
//! the topic. The last one to leave takes that byte alone, and removes the directory.

mod agreement;
mod clean;
mod endpoints;
mod file;
mod hints;
mod keeping;
mod layout;
mod memory;
mod namespaces;
mod standby;

use super::sweep::sweep_topic;
use super::wake_socket::WakeSockets;
use super::{Domain, RegistryError, TopicName, directory, kept, names};
use crate::failpoint;
use crate::sys::directory_watch::DirectoryWatch;
use crate::sys::fork::{Origin, OwnFile};
use crate::sys::lock::{self, Hold};
use crate::sys::memory::Writable;
use crate::sys::{file as files, process};
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

pub(crate) use agreement::Agreement;
pub(super) use file::verify;
use layout::byte;
pub(super) use layout::{BYTES, counter};
pub(crate) use standby::Vacancy;

/// How long to wait for locks that other processes hold only for moments, unless they are stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Of calls that create something, or that a program makes for this.
    Long,
    /// Of what is done by the way, such as between messages, and is tried again soon. Nor is
    /// anything cleaned.
    Short,
}

impl Patience {
    fn time(self) -> Duration {
        match self {
            Self::Long => Duration::from_secs(5),
            Self::Short => Duration::from_millis(1),
        }
    }
}

/// An endpoint's place in a topic's directory. While it exists, the directory exists.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// use slotcast::TopicName;
/// use slotcast::registry::{Role, TopicDirectory};
///
/// let topic = TopicDirectory::enter(&domain, &TopicName::new("robot/imu")?)?;
/// for name in topic.names(Role::Publisher)? {
///     if let Some(peer) = topic.open(&name)?.live() {
///         println!("{} publishes {}", peer.name, peer.schema.type_name());
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct TopicDirectory {
    domain: Domain,
    name: TopicName,
    path: PathBuf,
    directory: OwnedFd,
    /// The topic's file, with this endpoint's locks on it. Nobody else has this open file
    /// description.
    file: OwnFile,
    /// To recognise a forked child's copy, which leaves nothing.
    origin: Origin,
    /// The page of hints, mapped.
    hints: Writable,
    /// The receivers that wait for a descriptor, to be notified.
    wake_sockets: Mutex<WakeSockets>,
}

impl TopicDirectory {
    /// Does the same as [`enter`](Self::enter), but leaves the domain's other topics alone.
    pub(super) fn enter_quietly(domain: &Domain, name: &TopicName, patience: Patience) -> Result<Self, RegistryError> {
        let path = domain.path().join(names::directory(name));
        let mut backoff = Backoff::new("removing files", &path, patience);
        loop {
            if let Some(topic) = Self::try_enter(domain, name, &path)? {
                return Ok(topic);
            }
            backoff.wait()?;
        }
    }

    /// Returns `None` if the directory was removed meanwhile.
    fn try_enter(domain: &Domain, name: &TopicName, path: &Path) -> Result<Option<Self>, RegistryError> {
        let Some(parent) = domain.open()? else { return Ok(None) };
        let Some(directory) = directory::open_or_create_at(&parent, &names::directory(name), path)? else {
            return Ok(None);
        };
        let mapped = file::open_or_create(&directory, path).and_then(|file| {
            let map = |file: OwnFile| Writable::map(&file, BYTES).map(|hints| (file, hints));
            file.map(map).transpose().map_err(RegistryError::io("map", path.join(names::TOPIC)))
        });
        let mapped = mapped.inspect_err(|_| {
            // A directory that was created for this is not left behind. One that is not empty
            // stays.
            let _ = files::remove_directory(path);
            domain.tidy();
        })?;
        let Some((file, hints)) = mapped else { return Ok(None) };
        namespaces::note(&hints);
        sweep_topic(&directory);
        Ok(Some(Self {
            domain: domain.clone(),
            name: name.clone(),
            path: path.into(),
            directory,
            file,
            origin: Origin::here(),
            hints,
            wake_sockets: Mutex::default(),
        }))
    }

    /// Returns the topic's name.
    pub fn name(&self) -> &TopicName {
        &self.name
    }

    /// Returns the path of the topic's directory, for errors and tools.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn directory(&self) -> &OwnedFd {
        &self.directory
    }

    /// Returns a descriptor that is readable when endpoints join or leave, in order or not.
    pub(crate) fn watch(&self) -> io::Result<DirectoryWatch> {
        DirectoryWatch::new(&self.directory)
    }

    /// Returns whether the topic was removed from outside. New endpoints then enter another topic
    /// of the same name.
    ///
    /// # Errors
    /// Those of `fstat`.
    pub fn was_removed(&self) -> io::Result<bool> {
        Ok(files::status(&self.file)?.links == 0)
    }

    /// Removes what the dead left in the whole domain, because there is no space left.
    pub(crate) fn clean_domain(&self) -> Result<(), RegistryError> {
        self.domain.clean()
    }

    /// Returns whether this is a forked child's copy of its parent's.
    fn is_forked_copy(&self) -> bool {
        !self.origin.is_here()
    }

    /// Leaves the topic, and removes it if no other endpoint is in it.
    fn leave(&self) -> io::Result<()> {
        // Released first: of two that leave at once, neither could upgrade its lock while the other
        // holds one. So the last one to try finds itself alone.
        lock::give_back(&self.file, byte::PUBLISHERS)?;
        lock::give_back(&self.file, byte::LIFE)?;
        if !lock::take(&self.file, byte::LIFE, Hold::Alone)? {
            return Ok(()); // another endpoint stays, or is removing the topic
        }
        if !file::is_current(&self.directory, &self.file)? {
            return Ok(()); // removed from outside: what is there now belongs to a new topic
        }
        failpoint::hit("leave.alone");
        // Every live endpoint holds a read lock, and there is none: these files belong to the dead.
        for name in files::names(&self.directory)? {
            if name == names::SCHEMA || names::is_of_an_endpoint(&name) {
                files::unlink(&self.directory, &name)?;
            }
        }
        failpoint::hit("leave.emptied");
        if kept::is_any(&self.directory) {
            return Ok(()); // a value that survives its writer
        }
        kept::remove_memory(&self.directory, None)?;
        files::unlink(&self.directory, names::TOPIC)?;
        failpoint::hit("leave.unlinked");
        files::remove_directory(&self.path)?;
        self.domain.tidy();
        Ok(())
    }
}

impl Drop for TopicDirectory {
    fn drop(&mut self) {
        if self.is_forked_copy() {
            return; // its parent is still in the topic
        }
        // Nothing can be done about an error here. The next endpoint to enter this topic cleans up
        // as well.
        let _ = self.leave();
    }
}

/// Waits, with growing pauses, for what takes another process only moments.
struct Backoff {
    /// What the other process is doing, for the error.
    doing: &'static str,
    path: PathBuf,
    patience: Patience,
    since: Instant,
    pause: Duration,
}

impl Backoff {
    fn new(doing: &'static str, path: &Path, patience: Patience) -> Self {
        Self { doing, path: path.into(), patience, since: Instant::now(), pause: Duration::from_micros(20) }
    }

    fn wait(&mut self) -> Result<(), RegistryError> {
        let waited = self.since.elapsed();
        if waited > self.patience.time() {
            return Err(RegistryError::Busy { doing: self.doing, path: self.path.clone(), waited });
        }
        process::sleep(self.pause);
        self.pause = (self.pause * 2).min(Duration::from_millis(10));
        Ok(())
    }
}

impl fmt::Debug for TopicDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TopicDirectory").field(&self.path).finish()
    }
}

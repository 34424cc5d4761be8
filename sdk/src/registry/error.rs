use crate::sys::error::{is_machine_full, is_process_full};
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why the registry cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// A call on a file of the registry failed.
    #[error("cannot {doing} {path}: {reason}{hint}", path = path.display(), hint = hint(reason))]
    Io {
        /// What was attempted, as a verb.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the kernel answered.
        reason: io::Error,
    },
    /// `SLOTCAST_DOMAIN` is not a name.
    #[error(
        "SLOTCAST_DOMAIN is {name:?}, and must be one name without `/`: choose the directory above it with SLOTCAST_ROOT"
    )]
    DomainName {
        /// What it is.
        name: OsString,
    },
    /// A directory belongs to somebody else.
    #[error(
        "{path} belongs to user {owner}, and this process runs as user {user}: choose another place with \
         SLOTCAST_ROOT, the same for all processes that are to meet",
        path = path.display()
    )]
    ForeignOwner {
        /// The directory.
        path: PathBuf,
        /// Its owner's user number.
        owner: u32,
        /// This process's effective user number.
        user: u32,
    },
    /// A directory can be used by others than its owner.
    #[error(
        "{path} is open to other users (mode {mode:o}): give Slotcast a directory of its own, of mode 700, or choose \
         another place with SLOTCAST_ROOT",
        path = path.display()
    )]
    OpenToOthers {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The name in a domain's place is a link, a file, or anything else but a directory.
    #[error("{path} is not a directory (links are not followed): remove it, or choose another place with SLOTCAST_ROOT", path = path.display())]
    NotADirectory {
        /// What was found.
        path: PathBuf,
    },
    /// The topic's file is none that this version wrote.
    #[error(
        "{path} is not the topic file of this version of slotcast ({found}): end the processes that use it and \
         remove it, or choose another domain with SLOTCAST_DOMAIN",
        path = path.display()
    )]
    TopicFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        found: String,
    },
    /// Another process has held a lock that is only ever held for moments.
    #[error(
        "another process has been {doing} in {path} for {waited:?}: it is probably stopped; continue or end it",
        path = path.display()
    )]
    Busy {
        /// What it has been doing.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
    /// This process was forked from the one that entered the topic.
    #[error(
        "{path} was entered by the process that this one was forked from: enter it again",
        path = path.display()
    )]
    Forked {
        /// The topic's directory.
        path: PathBuf,
    },
    /// What is to be announced is larger than an entry can be.
    #[error("the entry of {name} would have {bytes} bytes, and the limit is {limit}", name = name)]
    TooLarge {
        /// Whose entry.
        name: String,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
}

impl RegistryError {
    /// For `map_err`: what was attempted on which file.
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |reason| Self::Io { doing, path, reason }
    }
}

/// What to do about the errors that a user can do something about.
fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            ": choose a place that this user can write to with SLOTCAST_ROOT"
        }
        io::ErrorKind::NotFound => ": make the directory above it, or choose another place with SLOTCAST_ROOT",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            ": the file system is full; free some of it, or choose another place with SLOTCAST_ROOT"
        }
        _ if is_process_full(error) => ": this process has too many files open; raise its limit (`ulimit -n`)",
        _ if is_machine_full(error) => ": this machine has too many files open",
        _ => "",
    }
}

/// Why an entry is not one that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// It is not a regular file.
    #[error("entry {name} is not a regular file")]
    NotAFile {
        /// Its name in the topic's directory.
        name: String,
    },
    /// It has no head of an entry.
    #[error("entry {name} is damaged: {found}")]
    Damaged {
        /// Its name in the topic's directory.
        name: String,
        /// What is wrong.
        found: String,
    },
    /// A version of slotcast wrote it that this one does not know.
    #[error("entry {name} has format {found}, and this version of slotcast knows {known}: update the older side")]
    Version {
        /// Its name in the topic's directory.
        name: String,
        /// Its format.
        found: u32,
        /// The format of this version.
        known: u32,
    },
}

use super::environment;
use crate::error_debug::debug_is_display;
use crate::schema::shortened;
use crate::sys::advice::{Attempt, suffix};
use crate::sys::error::is_out_of_space;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why the registry cannot be used.
///
/// ```
/// use slotcast::Domain;
/// use slotcast::registry::RegistryError;
///
/// let error = Domain::at("/dev/null").topics().unwrap_err();
/// assert!(matches!(error, RegistryError::NotADirectory { .. }));
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// A call on a file of the registry failed.
    #[error("cannot {doing} {path}: {reason}{hint}", path = path.display(), hint = hint(path, reason))]
    Io {
        /// What was attempted, as a verb.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The kernel's error.
        reason: io::Error,
    },
    /// `SLOTCAST_DOMAIN` is not a valid name.
    #[error(
        "SLOTCAST_DOMAIN is {name:?}, but must be a single name without `/`: set the directory above it with \
         SLOTCAST_ROOT"
    )]
    DomainName {
        /// Its value.
        name: OsString,
    },
    /// A directory belongs to another user.
    #[error(
        "{path} belongs to user {owner}, but this process runs as user {user}: choose another directory with \
         {chosen}, the same for all processes that should meet",
        path = path.display(), chosen = chosen_with(path).directory
    )]
    ForeignOwner {
        /// The directory.
        path: PathBuf,
        /// Its owner's user number.
        owner: u32,
        /// This process's effective user number.
        user: u32,
    },
    /// Users other than its owner can access a directory.
    #[error(
        "{path} is accessible to other users (mode {mode:o}): give Slotcast a directory of its own with mode 700, or \
         choose another one with {chosen}",
        path = path.display(), chosen = chosen_with(path).directory
    )]
    OpenToOthers {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A domain's path leads to a link, a file, or anything else but a directory.
    #[error(
        "{path} is not a directory (links are not followed): remove it, or choose another directory with {chosen}",
        path = path.display(), chosen = chosen_with(path).directory
    )]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// The topic's file was not written by this version.
    #[error(
        "{path} is not a topic file of this version of slotcast ({found}): end the processes that use it \
         and remove it, or choose another domain with {chosen}",
        path = path.display(), chosen = chosen_with(path).domain
    )]
    TopicFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        found: String,
    },
    /// The record of the schema that the publishers have agreed on is damaged.
    #[error(
        "{path} is damaged ({found}): remove it, and the next publisher writes it again",
        path = path.display()
    )]
    SchemaRecord {
        /// The record's file.
        path: PathBuf,
        /// What is wrong with it.
        found: String,
    },
    /// Another process holds a lock for long that is meant to be held for moments.
    #[error(
        "another process has been {doing} in {path} for {waited:?}: it is probably stopped; continue or kill it",
        path = path.display()
    )]
    Busy {
        /// What it has been doing.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// How long this process has waited.
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
    /// An announcement is larger than an entry can be.
    #[error(
        "the entry of \"{name}\" would have {bytes} bytes, but at most {limit} fit: shorten its name or its schema",
        name = shortened(name)
    )]
    TooLarge {
        /// The endpoint's name.
        name: String,
        /// The size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
}

debug_is_display!(RegistryError {
    Io { doing, path, reason },
    DomainName { name },
    ForeignOwner { path, owner, user },
    OpenToOthers { path, mode },
    NotADirectory { path },
    TopicFile { path, found },
    SchemaRecord { path, found },
    Busy { doing, path, waited },
    Forked { path },
    TooLarge { name, bytes, limit },
});

impl RegistryError {
    /// Returns whether the file system is full.
    pub(crate) fn is_out_of_space(&self) -> bool {
        matches!(self, Self::Io { reason, .. } if is_out_of_space(reason))
    }

    /// Returns a function for `map_err` that adds what was attempted on which file.
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |reason| Self::Io { doing, path, reason }
    }
}

/// What decides where a domain is, and so what can be changed.
struct ChosenWith {
    directory: &'static str,
    domain: &'static str,
}

/// Returns how the domain was chosen that contains `path`: by the environment or by the program.
fn chosen_with(path: &Path) -> ChosenWith {
    if path.starts_with(environment::root()) {
        ChosenWith { directory: "SLOTCAST_ROOT", domain: "SLOTCAST_DOMAIN" }
    } else {
        ChosenWith { directory: "`Domain::at`", domain: "`Domain::at`" }
    }
}

/// Returns what a user can do about an error at a path.
fn hint(path: &Path, reason: &io::Error) -> String {
    suffix(": ", Attempt::UseRegistry { chosen_with: chosen_with(path).directory }, reason)
}

/// Why an entry cannot be used.
///
/// ```
/// use slotcast::registry::EntryError;
///
/// let error = EntryError::Version { name: "p-6f1c".into(), found: 2, known: 1 };
/// assert!(error.to_string().ends_with("update the older side"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// It is not a regular file.
    #[error("entry {name} is not a regular file")]
    NotAFile {
        /// Its name in the topic's directory.
        name: String,
    },
    /// It does not have the format of an entry.
    #[error("entry {name} is damaged: {found}")]
    Damaged {
        /// Its name in the topic's directory.
        name: String,
        /// What is wrong with it.
        found: String,
    },
    /// It was written by another version of slotcast.
    #[error(
        "entry {name} has format {found}, but this version of slotcast knows format {known}: update the older side"
    )]
    Version {
        /// Its name in the topic's directory.
        name: String,
        /// Its format.
        found: u32,
        /// The format of this version.
        known: u32,
    },
}

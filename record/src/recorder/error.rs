//! Why something is not recorded.

use slotcast::WaitError;
use slotcast::registry::RegistryError;
use std::io;
use std::path::PathBuf;

/// Why a recorder cannot be started, or has ended.
///
/// # Examples
///
/// ```
/// use slotcast_record::{RecordError, Recorder};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let error = Recorder::builder().all().domain(&domain).start("/no/such/folder/run.mcap").unwrap_err();
/// assert!(matches!(error, RecordError::Create { .. }));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The file exists already.
    #[error("{} exists already, and a recording does not overwrite anything: choose another name", file.display())]
    Exists {
        /// The file.
        file: PathBuf,
    },
    /// Another recorder writes the file, or was interrupted.
    #[error(
        "{} exists already: it is being recorded, or its recorder was interrupted; `slotcast recover` finishes it in \
         the latter case",
        file.display()
    )]
    Active {
        /// The file.
        file: PathBuf,
    },
    /// The file cannot be created.
    #[error("{} cannot be created: {reason}", file.display())]
    Create {
        /// The file.
        file: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// The file cannot be written any further.
    #[error(
        "{} cannot be written any further: {reason}; what was recorded until then, {bytes} bytes, is whole and can be \
         read",
        file.display()
    )]
    Write {
        /// The file that has what was recorded.
        file: PathBuf,
        /// How many bytes it has.
        bytes: u64,
        /// What the system says.
        reason: io::Error,
    },
    /// The system cannot keep what was written.
    #[error(
        "{} could not be brought to the disk, so the end of the recording may be missing: {reason}",
        file.display()
    )]
    Sync {
        /// The file.
        file: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// The topics cannot be found.
    #[error("the topics that are to be recorded cannot be found: {0}")]
    Registry(#[from] RegistryError),
    /// It cannot wait for messages.
    #[error("cannot wait for the messages that are to be recorded: {0}")]
    Wait(#[from] WaitError),
    /// A thread cannot be started.
    #[error("a thread that records cannot be started: {0}")]
    Thread(io::Error),
}

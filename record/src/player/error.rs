//! Why a file is not played.

use crate::recording::ReadError;
use slotcast::registry::RegistryError;
use slotcast::{ClockError, CreateError};
use std::path::PathBuf;
use std::time::Duration;

/// Why a file cannot be played.
///
/// # Examples
///
/// ```
/// use slotcast_record::{PlayError, Player};
///
/// let error = Player::builder().play(["/no/such/file.mcap"]).unwrap_err();
/// assert!(matches!(error, PlayError::Read(_)));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlayError {
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A publisher, or the source of the domain's clock, cannot be created.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// The subscribers of a topic cannot be found.
    #[error("the subscribers of what is to be played cannot be found: {0}")]
    Registry(#[from] RegistryError),
    /// The time of the recording cannot be told to the domain's clocks.
    #[error("the time of the recording cannot be told to the domain's clocks: {0}")]
    Clock(#[from] ClockError),
    /// In lockstep, not all that follows from a message was done in time.
    #[error("lockstep cannot go on, because after {time:?} not all is done that follows from a message: {reason}")]
    NotAtRest {
        /// How long it was waited for.
        time: Duration,
        /// What is not done.
        reason: String,
    },
    /// There is no file to play.
    #[error("there is no file to play: name at least one")]
    NoFile,
    /// Nothing in the files can be played.
    #[error("{} contains nothing that can be played: {reason}", file.display())]
    Nothing {
        /// The first file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
}

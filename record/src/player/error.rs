//! Why a file is not played.

use crate::recording::ReadError;
use slotcast::CreateError;
use slotcast::registry::RegistryError;
use std::path::PathBuf;

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
    /// A publisher cannot be created.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// The subscribers of a topic cannot be found.
    #[error("the subscribers of what is to be played cannot be found: {0}")]
    Registry(#[from] RegistryError),
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

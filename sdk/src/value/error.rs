use crate::error_debug::debug_is_display;
use crate::publisher::PublishError;
use crate::registry::RegistryError;

/// Why a value was not set.
///
/// # Examples
///
/// ```
/// use slotcast::{SetError, ValueWriter};
///
/// fn write(limit: &mut ValueWriter<f64>) {
///     match limit.set(&1.5) {
///         Ok(()) => {}
///         Err(SetError::Keep(reason)) => eprintln!("readers have it, and it goes with this process: {reason}"),
///         Err(error) => eprintln!("{error}"),
///     }
/// }
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum SetError {
    /// It was not written: all versions are used, there is no memory for a large value, or this
    /// process was forked from the one that created the writer.
    #[error(transparent)]
    Write(#[from] PublishError),
    /// Readers have it, but it would not survive its writer yet, or what was kept before is still
    /// there. The next call tries again.
    #[error("the value was written, but {0}")]
    Keep(RegistryError),
}

debug_is_display!(SetError { Write(value), Keep(value) });

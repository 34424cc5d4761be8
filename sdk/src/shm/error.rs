use crate::registry::MemoryError;
use crate::sys::advice::{Attempt, suffix};
use crate::sys::error::is_shortage;
use std::io;

/// Why a publisher's memory cannot be used.
///
/// ```
/// use slotcast::{AttachError, AttachReason, SegmentError};
///
/// fn advice(error: &AttachError) -> &'static str {
///     match &error.reason {
///         AttachReason::Segment(SegmentError::Open(_)) => "give the publisher `Placement::File`",
///         AttachReason::Segment(SegmentError::Map(_)) => "raise `ulimit -v`",
///         _ => "restart the publisher",
///     }
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SegmentError {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] MemoryError),
    /// Its size could change, or other processes than its owner's could write it.
    #[error("its memory is not sealed (seals {found:#x})")]
    NotSealed {
        /// Its seals.
        found: u32,
    },
    /// It cannot be mapped.
    #[error("its memory cannot be mapped: {0}{advice}", advice = suffix("; ", Attempt::MapMemory, .0))]
    Map(io::Error),
    /// A field of its header has a wrong value.
    #[error("its memory is damaged: {field} is {found:#x}, and {expected:#x} was expected")]
    Header {
        /// The field.
        field: &'static str,
        /// Its value.
        found: u128,
        /// The value that it must have.
        expected: u128,
    },
    /// Its header describes an impossible ring or pool.
    #[error("its memory is damaged: {0}")]
    Shape(String),
}

impl SegmentError {
    pub(super) fn header(field: &'static str, found: u64, expected: u64) -> Self {
        Self::Header { field, found: found.into(), expected: expected.into() }
    }

    /// Returns whether the owner may be exiting.
    pub(crate) fn may_be_exiting(&self) -> bool {
        matches!(self, Self::Open(error) if error.may_be_exiting())
    }

    /// Returns whether it may work later: this process is short of something.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Open(error) => error.is_transient(),
            Self::Map(error) => is_shortage(error),
            _ => false,
        }
    }
}

//! Why an operation on a structure failed.

use super::block::Block;
use crate::error_debug::debug_is_display;
use std::time::Duration;

/// Why an operation on a structure of a region failed.
///
/// # Examples
///
/// ```
/// use slotcast::region::{Queue, Region, StructureError};
/// use std::time::Duration;
/// # let name = format!("slotcast-doc-failure-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let queue = Queue::<u64>::create(&region, "jobs", 8)?;
/// let error = queue.pop(Duration::from_millis(1)).unwrap_err();
/// assert!(matches!(error, StructureError::TimedOut { .. }));
/// # Region::remove(&name)?;
/// # Ok::<(), slotcast::region::RegionError>(())
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "`region` and `structure` are always names")]
pub enum StructureError {
    /// The time is over.
    #[error("waited {waited:?} for `{structure}` in region `{region}`, and it {state}")]
    TimedOut {
        region: Box<str>,
        structure: Box<str>,
        /// How long this call has waited.
        waited: Duration,
        /// What was in the way, such as `is empty`.
        state: &'static str,
    },
    /// The time is over, at least 10 ms, and another process has a part of the structure in its
    /// hands.
    #[error(
        "waited {waited:?} for `{structure}` in region `{region}`, in which another process has begun something and \
         not finished it: it is stopped, or has died in the middle; then `Region::repair` frees what it holds"
    )]
    Stuck {
        region: Box<str>,
        structure: Box<str>,
        /// How long this call has waited.
        waited: Duration,
    },
    /// The structure contradicts itself: another process has written anything there.
    #[error("`{structure}` in region `{region}` is corrupt: {problem}; `Region::repair` makes it consistent again")]
    Corrupt {
        region: Box<str>,
        structure: Box<str>,
        /// What is wrong.
        problem: Box<str>,
    },
    /// A process has died while it was taking the lock. Whether it had it cannot be told.
    #[error(
        "a process has died while it was taking `{structure}` in region `{region}`; it may have taken it, or another \
         client of the format may hold it: if none does, `Region::repair` frees it"
    )]
    Unclear { region: Box<str>, structure: Box<str> },
    /// This is not possible in the structure's state.
    #[error("`{structure}` in region `{region}` {problem}")]
    Refused {
        region: Box<str>,
        structure: Box<str>,
        /// Why.
        problem: Box<str>,
    },
    /// The region was opened by the process that this one was forked from.
    #[error("region `{region}` was opened by the process that this one was forked from: open it again here")]
    Forked { region: Box<str> },
}

debug_is_display!(StructureError {
    TimedOut { region, structure, waited, state },
    Stuck { region, structure, waited },
    Corrupt { region, structure, problem },
    Unclear { region, structure },
    Refused { region, structure, problem },
    Forked { region },
});

/// The errors of a structure.
impl Block {
    #[cold]
    pub(super) fn corrupt(&self, problem: String) -> StructureError {
        let (region, structure) = self.names();
        StructureError::Corrupt { region, structure, problem: problem.into() }
    }

    #[cold]
    pub(super) fn refused(&self, problem: impl Into<Box<str>>) -> StructureError {
        let (region, structure) = self.names();
        StructureError::Refused { region, structure, problem: problem.into() }
    }

    #[cold]
    pub(super) fn timed_out(&self, waited: Duration, state: &'static str) -> StructureError {
        if self.inner.is_forked_copy() {
            return StructureError::Forked { region: self.inner.name.clone() };
        }
        let (region, structure) = self.names();
        StructureError::TimedOut { region, structure, waited, state }
    }

    #[cold]
    pub(super) fn stuck(&self, waited: Duration) -> StructureError {
        let (region, structure) = self.names();
        StructureError::Stuck { region, structure, waited }
    }

    #[cold]
    pub(super) fn unclear(&self) -> StructureError {
        let (region, structure) = self.names();
        StructureError::Unclear { region, structure }
    }

    fn names(&self) -> (Box<str>, Box<str>) {
        (self.inner.name.clone(), self.name.clone())
    }
}

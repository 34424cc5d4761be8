//! Records whose owner was dropped while somebody held them.
//!
//! They are freed when an owner is created or dropped; slots and large buffers also when they are
//! returned.
//!
//! # Safety
//!
//! The file opts into unsafe code as [`holder`](super::holder) does, and upholds the same: a record
//! in the list has no other owner, and is freed only while nobody holds it.
#![allow(unsafe_code, reason = "the owner of a record and its holders share it without a reference count")]

use super::parts::{Record, release};
use crate::sync::{self, Word};
use crate::sys::fork;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

static ORPHANS: Mutex<Vec<Orphan>> = Mutex::new(Vec::new());

/// How many there are.
static ORPHANED: Word = Word::new(0);

/// A record without an owner, of memory of this process or of its pool.
struct Orphan(NonNull<Record>);

// SAFETY: an orphan is owned by the list alone, together with holders that are `Send`.
unsafe impl Send for Orphan {}

impl Orphan {
    /// Frees the record unless somebody holds it. Returns whether it was freed: then it must not be
    /// used again.
    ///
    /// # Safety
    /// The caller must ensure that the record was not freed before.
    unsafe fn try_free(&self) -> bool {
        // SAFETY: the caller ensures that it lives. The lease alone is borrowed: a holder may write
        // other parts.
        let is_free = unsafe { &(*self.0.as_ptr()).lease }.is_free();
        if is_free {
            // SAFETY: nobody holds it, and the only owner, which has it from `leak`, does not use
            // it again.
            unsafe { release(self.0) };
        }
        is_free
    }
}

/// Leaves records without an owner: frees those that nobody holds, and the others later.
///
/// # Safety
/// The caller must ensure that each was allocated by [`leak`](super::parts::leak), that it owns
/// them, and that it does not use them again.
pub(super) unsafe fn abandon(records: impl Iterator<Item = NonNull<Record>>) {
    // SAFETY: as the caller ensures, each lives until it is freed here; those that were freed are
    // not kept.
    let held: Vec<_> = records.map(Orphan).filter(|orphan| !unsafe { orphan.try_free() }).collect();
    if !held.is_empty()
        && let Some(mut orphans) = list()
    {
        orphans.extend(held);
        ORPHANED.store_release(orphans.len() as u64);
        sync::seq_cst_fence(); // before they are checked again
    }
    free();
}

/// Frees those that nobody holds any more.
pub(super) fn free() {
    if let Some(mut orphans) = list() {
        // SAFETY: each in the list lives; those that were freed are removed from it.
        orphans.retain(|orphan| !unsafe { orphan.try_free() });
        ORPHANED.store_release(orphans.len() as u64);
    }
}

/// The same, if there are any. Takes no lock otherwise.
pub(super) fn free_if_any() {
    if ORPHANED.load_acquire() != 0 {
        free();
    }
}

/// Returns the list, locked. In a forked child it may be locked by a thread that does not exist
/// there: then `None`, and what should be in it is never freed.
fn list() -> Option<MutexGuard<'static, Vec<Orphan>>> {
    if !fork::is_child() {
        return Some(ORPHANS.lock().unwrap_or_else(PoisonError::into_inner));
    }
    match ORPHANS.try_lock() {
        Ok(orphans) => Some(orphans),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

//! Mutexes.

use super::block::Block;
use super::error::RegionError;
use super::failure::StructureError;
use super::handle::Region;
use super::kind::StructureKind;
use super::ownership::Ownership;
use super::semaphore;
use super::waiting::{ring, wait};
use crate::protocol::region::owned::{Attempt, Values};
use crate::sync::Word32;
use crate::sys::shared_memory::Held;
use std::time::Duration;

/// What the count is: it is a semaphore of one permit.
const VALUES: Values = Values { free: 1, taken: 0 };

/// A lock that one thread of one process holds at a time.
///
/// If a process dies while it holds the lock, the next one gets it, and
/// [`owner_died`](MutexGuard::owner_died) tells it that what the lock protects may be half changed.
/// That takes records: in a region of another client, such a lock stays locked until
/// [`Region::repair`].
///
/// # Examples
///
/// ```
/// use slotcast::region::{Array, Mutex, Region};
/// use std::time::Duration;
/// # let name = format!("slotcast-doc-mutex-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let pair = Array::<u64>::create(&region, "pair", 2)?;
/// let mutex = Mutex::create(&region, "pair lock")?;
/// {
///     let guard = mutex.lock(Duration::from_secs(1))?;
///     if guard.owner_died() {
///         pair.fill(&0)?;
///     }
///     pair.set(0, &1)?;
///     pair.set(1, &1)?;
/// } // unlocked here
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Mutex {
    block: Block,
    words: Held<Word32>,
}

/// A mutex that is locked, until this is dropped.
#[must_use = "the mutex is unlocked when this is dropped"]
pub struct MutexGuard<'a> {
    mutex: &'a Mutex,
    owner_died: bool,
}

impl Mutex {
    /// Creates a mutex, which is free.
    ///
    /// # Errors
    /// [`RegionError::NoSpace`], [`RegionError::TableFull`], [`RegionError::StructureExists`] and
    /// [`RegionError::StructureName`].
    pub fn create(region: &Region, name: &str) -> Result<Self, RegionError> {
        Self::of(region.create_one(semaphore::new(name, StructureKind::Mutex), fill)?)
    }

    /// Opens a mutex that exists.
    ///
    /// # Errors
    /// [`RegionError::NoStructure`], [`RegionError::Kind`], [`RegionError::Layout`] and
    /// [`RegionError::Corrupt`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        Self::of(region.open_one(name, StructureKind::Mutex, &[])?)
    }

    /// Opens a mutex, or creates it if there is none.
    ///
    /// # Errors
    /// Those of both, except those that say which exists.
    pub fn open_or_create(region: &Region, name: &str) -> Result<Self, RegionError> {
        region.open_or(name, || Self::open(region, name), || Self::create(region, name))
    }

    pub(super) fn of(block: Block) -> Result<Self, RegionError> {
        let words = semaphore::words(&block)?;
        Ok(Self { block, words })
    }

    fn ownership(&self) -> Ownership<'_> {
        Ownership::new(&self.block, &self.words[0], VALUES)
    }

    /// Locks the mutex if it is free, or its owner has died. Never waits.
    ///
    /// # Errors
    /// [`StructureError::Unclear`].
    pub fn try_lock(&self) -> Result<Option<MutexGuard<'_>>, StructureError> {
        match self.ownership().try_take() {
            Attempt::Taken => Ok(Some(MutexGuard { mutex: self, owner_died: false })),
            Attempt::Inherited => Ok(Some(MutexGuard { mutex: self, owner_died: true })),
            Attempt::Unclear => Err(self.block.unclear()),
            Attempt::Held { .. } | Attempt::HeldByOther => Ok(None),
        }
    }

    /// Locks the mutex. Waits up to `timeout` while another has it. The death of its owner is
    /// noticed within about 10 ms.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`], and [`StructureError::Unclear`] if it is so until the end.
    pub fn lock(&self, timeout: Duration) -> Result<MutexGuard<'_>, StructureError> {
        let mut ownership = self.ownership();
        let mut is_unclear = false;
        let taken = wait(&self.block.inner, self.block.first_bell(), timeout, || {
            let attempt = ownership.try_take();
            is_unclear = attempt == Attempt::Unclear;
            match attempt {
                Attempt::Taken => Some(false),
                Attempt::Inherited => Some(true),
                _ => None,
            }
        });
        match taken {
            Some(owner_died) => Ok(MutexGuard { mutex: self, owner_died }),
            None if is_unclear => Err(self.block.unclear()),
            None => Err(self.block.timed_out(timeout, "is locked")),
        }
    }

    /// Returns whether the mutex is locked now.
    pub fn is_locked(&self) -> bool {
        self.words[0].load_relaxed() == VALUES.taken
    }

    /// Returns whether its owner is recorded, and has died.
    pub(super) fn is_abandoned(&self) -> bool {
        self.is_locked() && self.ownership().has_died()
    }
}

/// Writes a new mutex.
pub(super) fn fill(block: &Block) -> Result<(), RegionError> {
    semaphore::fill(block, VALUES.free, 1)
}

impl MutexGuard<'_> {
    /// Returns whether the last owner has died while it held the lock: what the lock protects may
    /// be half changed.
    pub fn owner_died(&self) -> bool {
        self.owner_died
    }
}

impl Drop for MutexGuard<'_> {
    fn drop(&mut self) {
        let block = &self.mutex.block;
        if !block.inner.is_forked_copy() {
            self.mutex.ownership().release(VALUES.free);
            ring(&block.inner, block.first_bell());
        }
    }
}

impl std::fmt::Debug for Mutex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.block.fmt_as("Mutex", f)
    }
}

impl std::fmt::Debug for MutexGuard<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.mutex.block.fmt_as("MutexGuard", f)
    }
}

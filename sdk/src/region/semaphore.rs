//! Semaphores.

use super::block::Block;
use super::error::RegionError;
use super::failure::StructureError;
use super::handle::Region;
use super::kind::StructureKind;
use super::new::New;
use super::waiting::{ring, wait};
use crate::protocol::region::permits::{NotReleased, Permits};
use crate::sync::Word32;
use crate::sys::shared_memory::Held;
use std::time::Duration;

/// Where the fields are, in words of 32 bits.
const COUNT: usize = 0;
const WAITING: usize = 1;
const MOST: usize = 2;
/// The size in bytes.
pub(super) const SIZE: u64 = 16;

/// How often an exchange is tried while others change the count.
/// A number of permits, which processes acquire and release.
///
/// A process that is killed keeps its permits for ever: nothing records who has one. Where one
/// process at a time may do something, use a [`Mutex`](super::Mutex).
///
/// # Examples
///
/// ```
/// use slotcast::region::{Region, Semaphore};
/// use std::time::Duration;
/// # let name = format!("slotcast-doc-semaphore-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let cameras = Semaphore::create(&region, "cameras", 2, 2)?;
/// cameras.acquire(Duration::from_secs(1))?;
/// assert_eq!(cameras.count(), 1);
/// cameras.release()?;
/// assert!(cameras.release().is_err()); // there are only two
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Semaphore {
    block: Block,
    words: Held<Word32>,
}

impl Semaphore {
    /// Creates a semaphore with `count` permits, and at most `most`: 0 for no limit.
    ///
    /// # Errors
    /// [`RegionError::NoSpace`], [`RegionError::TableFull`], [`RegionError::StructureExists`],
    /// [`RegionError::StructureName`], and [`RegionError::Argument`] if a number is negative as a
    /// signed one, or there are more permits than the limit.
    pub fn create(region: &Region, name: &str, count: u32, most: u32) -> Result<Self, RegionError> {
        let is_possible = i32::try_from(count.max(most)).is_ok() && (most == 0 || count <= most);
        if !is_possible {
            let problem = format!("it cannot have {count} permits, and at most {most}").into();
            return Err(RegionError::Argument { region: region.name().into(), structure: name.into(), problem });
        }
        Self::of(region.create_one(new(name, StructureKind::Semaphore), |block| fill(block, count, most))?)
    }

    /// Opens a semaphore that exists.
    ///
    /// # Errors
    /// [`RegionError::NoStructure`], [`RegionError::Kind`], [`RegionError::Layout`] and
    /// [`RegionError::Corrupt`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        Self::of(region.open_one(name, StructureKind::Semaphore, &[])?)
    }

    /// Opens a semaphore, or creates it if there is none.
    ///
    /// # Errors
    /// Those of both, except those that say which exists.
    pub fn open_or_create(region: &Region, name: &str, count: u32, most: u32) -> Result<Self, RegionError> {
        region.open_or(name, || Self::open(region, name), || Self::create(region, name, count, most))
    }

    pub(super) fn of(block: Block) -> Result<Self, RegionError> {
        let words = words(&block)?;
        Ok(Self { block, words })
    }

    fn permits(&self) -> Permits<'_> {
        Permits::new(&self.words[COUNT], self.words[MOST].load_relaxed().cast_signed())
    }

    /// Acquires a permit if there is one. Never waits. Returns whether it did.
    #[must_use]
    pub fn try_acquire(&self) -> bool {
        self.permits().try_acquire()
    }

    /// Acquires a permit. Waits up to `timeout` while there is none.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`].
    pub fn acquire(&self, timeout: Duration) -> Result<(), StructureError> {
        if self.try_acquire() {
            return Ok(());
        }
        // Other clients count those that wait, too. One that is killed stays counted.
        self.words[WAITING].add(1);
        let acquired = wait(&self.block.inner, self.block.first_bell(), timeout, || self.try_acquire().then_some(()));
        self.words[WAITING].add(u32::MAX);
        acquired.ok_or_else(|| self.block.timed_out(timeout, "has no permit left"))
    }

    /// Releases a permit, and wakes those that wait.
    ///
    /// # Errors
    /// [`StructureError::Refused`] if all permits are there already.
    pub fn release(&self) -> Result<(), StructureError> {
        match self.permits().release() {
            Ok(()) => {
                ring(&self.block.inner, self.block.first_bell());
                Ok(())
            }
            Err(NotReleased::All(count)) => {
                let most = self.most();
                Err(self.block.refused(format!("has {count} permits, of at most {most}: it cannot have more")))
            }
            Err(NotReleased::Unsteady) => Err(self.block.corrupt("its count changes all the time".into())),
        }
    }

    /// Returns how many permits are free. It may be outdated at once.
    pub fn count(&self) -> u32 {
        u32::try_from(self.words[COUNT].load_relaxed().cast_signed()).unwrap_or(0)
    }

    /// Returns how many wait, as far as they are counted: one that was killed stays counted until
    /// [`Region::repair`].
    pub fn waiting(&self) -> u32 {
        u32::try_from(self.words[WAITING].load_relaxed().cast_signed()).unwrap_or(0)
    }

    /// Returns the most permits, 0 if there is no limit.
    pub fn most(&self) -> u32 {
        u32::try_from(self.words[MOST].load_relaxed().cast_signed()).unwrap_or(0)
    }
}

/// Returns a semaphore to be created.
pub(super) fn new(name: &str, kind: StructureKind) -> New<'static> {
    New { name: name.into(), kind, size: SIZE, element_size: 0, schemas: &[], extra: 0 }
}

/// Writes a new semaphore.
pub(super) fn fill(block: &Block, count: u32, most: u32) -> Result<(), RegionError> {
    let words = block.header::<Word32>(0, 4)?;
    words[MOST].store_relaxed(most);
    words[COUNT].store_relaxed(count);
    Ok(())
}

/// Checks the size of a semaphore, and returns its words.
pub(super) fn words(block: &Block) -> Result<Held<Word32>, RegionError> {
    let words = block.header::<Word32>(0, 4)?;
    let most = words[MOST].load_relaxed().cast_signed();
    if block.size != 16 || most < 0 {
        return Err(
            block.layout(format!("it has {} bytes and a limit of {most}, in place of 16 and at least 0", block.size))
        );
    }
    Ok(words)
}

impl std::fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.block.fmt_as("Semaphore", f)
    }
}

//! Latches.

use super::block::Block;
use super::error::RegionError;
use super::failure::StructureError;
use super::handle::Region;
use super::kind::StructureKind;
use super::new::New;
use super::waiting::{ring, wait};
use crate::protocol::region::latch::{Countdown, Counted};
use crate::sync::Word32;
use crate::sys::shared_memory::Held;
use std::time::Duration;

/// Where the fields are, in words of 32 bits.
const COUNT: usize = 0;
const INITIAL: usize = 1;

/// A count that goes down to zero once, and processes that wait for that.
///
/// # Examples
///
/// ```
/// use slotcast::region::{Latch, Region};
/// use std::time::Duration;
/// # let name = format!("slotcast-doc-latch-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let ready = Latch::create(&region, "ready", 2)?;
/// ready.count_down(1)?;
/// assert!(!ready.is_open());
/// ready.count_down(1)?;
/// ready.wait(Duration::from_secs(1))?;
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Latch {
    block: Block,
    words: Held<Word32>,
}

impl Latch {
    /// Creates a latch with a count.
    ///
    /// # Errors
    /// [`RegionError::NoSpace`], [`RegionError::TableFull`], [`RegionError::StructureExists`],
    /// [`RegionError::StructureName`], and [`RegionError::Argument`] if the count is more than
    /// 2^31 - 1.
    pub fn create(region: &Region, name: &str, count: u32) -> Result<Self, RegionError> {
        if i32::try_from(count).is_err() {
            let problem = format!("its count cannot be {count}").into();
            return Err(RegionError::Argument { region: region.name().into(), structure: name.into(), problem });
        }
        let kind = StructureKind::Latch;
        let new = New { name: name.into(), kind, size: 16, element_size: 0, schemas: &[], extra: 0 };
        Self::of(region.create_one(new, |block| {
            let words = block.header::<Word32>(0, 4)?;
            words[INITIAL].store_relaxed(count);
            words[COUNT].store_relaxed(count);
            Ok(())
        })?)
    }

    /// Opens a latch that exists.
    ///
    /// # Errors
    /// [`RegionError::NoStructure`], [`RegionError::Kind`], [`RegionError::Layout`] and
    /// [`RegionError::Corrupt`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        Self::of(region.open_one(name, StructureKind::Latch, &[])?)
    }

    /// Opens a latch, or creates it if there is none.
    ///
    /// # Errors
    /// Those of both, except those that say which exists.
    pub fn open_or_create(region: &Region, name: &str, count: u32) -> Result<Self, RegionError> {
        region.open_or(name, || Self::open(region, name), || Self::create(region, name, count))
    }

    fn of(block: Block) -> Result<Self, RegionError> {
        let words = block.header::<Word32>(0, 4)?;
        if block.size != 16 {
            let size = block.size;
            return Err(block.layout(format!("it has {size} bytes, in place of 16")));
        }
        Ok(Self { block, words })
    }

    fn countdown(&self) -> Countdown<'_> {
        Countdown::new(&self.words[COUNT])
    }

    /// Counts down by `by`, at most to zero. At zero all that wait go on.
    ///
    /// # Errors
    /// [`StructureError::Corrupt`] if the count changes all the time.
    pub fn count_down(&self, by: u32) -> Result<(), StructureError> {
        match self.countdown().by(by) {
            Counted::Opened => ring(&self.block.inner, self.block.first_bell()),
            Counted::Quietly => {}
            Counted::Unsteady => return Err(self.block.corrupt("its count changes all the time".into())),
        }
        Ok(())
    }

    /// Returns whether the count is zero.
    pub fn is_open(&self) -> bool {
        self.countdown().left() == 0
    }

    /// Waits up to `timeout` until the count is zero.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`].
    pub fn wait(&self, timeout: Duration) -> Result<(), StructureError> {
        wait(&self.block.inner, self.block.first_bell(), timeout, || self.is_open().then_some(()))
            .filter(|()| !self.block.inner.is_forked_copy())
            .ok_or_else(|| self.block.timed_out(timeout, "is not open"))
    }

    /// Returns the count. It may be outdated at once.
    pub fn count(&self) -> u32 {
        self.countdown().left()
    }

    /// Returns the count with which the latch was created.
    pub fn initial(&self) -> u32 {
        self.words[INITIAL].load_relaxed()
    }
}

impl std::fmt::Debug for Latch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.block.fmt_as("Latch", f)
    }
}

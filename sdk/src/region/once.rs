//! What is done once.

use super::block::Block;
use super::error::RegionError;
use super::failure::StructureError;
use super::handle::Region;
use super::kind::StructureKind;
use super::new::New;
use super::ownership::Ownership;
use super::waiting::{ring, wait};
use crate::protocol::region::owned::{Attempt, Owned, Values};
use crate::sync::Word32;
use crate::sys::shared_memory::Held;
use std::time::Duration;

const VALUES: Values = Values { free: 0, taken: 1 };
const DONE: u32 = 2;

/// Something that one process does once, and others wait for.
///
/// If the process that does it dies or panics meanwhile, the next one that comes does it. (In a
/// region of another client a death is not noticed; then [`Region::repair`] is needed.)
///
/// # Examples
///
/// ```
/// use slotcast::region::{Once, Region};
/// use std::time::Duration;
/// # let name = format!("slotcast-doc-once-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let once = Once::create(&region, "prepared")?;
/// let did_it = once.call(Duration::from_secs(1), || println!("only one process prints this"))?;
/// assert!(did_it && once.is_done());
/// assert!(!once.call(Duration::from_secs(1), || unreachable!())?);
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Once {
    block: Block,
    words: Held<Word32>,
}

/// Makes it free again, unless it was done.
struct Running<'a>(&'a Once, u32);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let block = &self.0.block;
        if !block.inner.is_forked_copy() {
            self.0.ownership().release(self.1);
            ring(&block.inner, block.first_bell());
        }
    }
}

impl Once {
    /// Creates something that is not done yet.
    ///
    /// # Errors
    /// [`RegionError::NoSpace`], [`RegionError::TableFull`], [`RegionError::StructureExists`] and
    /// [`RegionError::StructureName`].
    pub fn create(region: &Region, name: &str) -> Result<Self, RegionError> {
        let kind = StructureKind::Once;
        let new = New { name: name.into(), kind, size: 4, element_size: 0, schemas: &[], extra: 0 };
        Self::of(region.create_one(new, |_| Ok(()))?)
    }

    /// Opens one that exists.
    ///
    /// # Errors
    /// [`RegionError::NoStructure`], [`RegionError::Kind`], [`RegionError::Layout`] and
    /// [`RegionError::Corrupt`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        Self::of(region.open_one(name, StructureKind::Once, &[])?)
    }

    /// Opens one, or creates it if there is none.
    ///
    /// # Errors
    /// Those of both, except those that say which exists.
    pub fn open_or_create(region: &Region, name: &str) -> Result<Self, RegionError> {
        region.open_or(name, || Self::open(region, name), || Self::create(region, name))
    }

    fn of(block: Block) -> Result<Self, RegionError> {
        let words = block.header::<Word32>(0, 1)?;
        if block.size != 4 {
            let size = block.size;
            return Err(block.layout(format!("it has {size} bytes, in place of 4")));
        }
        Ok(Self { block, words })
    }

    fn ownership(&self) -> Ownership<'_> {
        Ownership::new(&self.block, &self.words[0], VALUES)
    }

    /// Does it, if it is not done, and nobody does it now. Otherwise waits up to `timeout` until it
    /// is done. Returns whether this call did it.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`] while another process does it, and [`StructureError::Unclear`].
    pub fn call(&self, timeout: Duration, act: impl FnOnce()) -> Result<bool, StructureError> {
        if self.is_done() {
            return Ok(false);
        }
        let mut ownership = self.ownership();
        let mut is_unclear = false;
        let is_mine = wait(&self.block.inner, self.block.first_bell(), timeout, || {
            if self.is_done() {
                return Some(false);
            }
            let attempt = ownership.try_take();
            is_unclear = attempt == Attempt::Unclear;
            matches!(attempt, Attempt::Taken | Attempt::Inherited).then_some(true)
        });
        match is_mine {
            Some(true) => {
                let mut running = Running(self, VALUES.free);
                act();
                running.1 = DONE;
                Ok(true)
            }
            Some(false) => Ok(false),
            None if is_unclear => Err(self.block.unclear()),
            None => Err(self.block.timed_out(timeout, "is being done by another process")),
        }
    }

    /// Returns whether it is done.
    pub fn is_done(&self) -> bool {
        Owned::state(&self.words[0]) == DONE
    }
}

impl std::fmt::Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.block.fmt_as("Once", f)
    }
}

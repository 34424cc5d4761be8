//! Values that are computed when they are needed.

use super::block::Block;
use super::element::{Element, Elements};
use super::error::RegionError;
use super::failure::StructureError;
use super::handle::Region;
use super::kind::StructureKind;
use super::new::New;
use super::ownership::Ownership;
use super::waiting::{ring, wait};
use crate::protocol::region::owned::{Attempt, Owned, Values};
use crate::sync::{Word, Word32};
use crate::sys::shared_memory::Held;
use std::time::Duration;

/// Bytes before the value: the state, 4 reserved bytes, and the owner.
const HEADER: usize = 16;
const VALUES: Values = Values { free: 0, taken: 1 };
const READY: u32 = 2;

/// A value that the first process that needs it computes, for all.
///
/// If that process dies or panics while it computes, the next one computes it.
///
/// # Examples
///
/// ```
/// use slotcast::region::{Lazy, Region};
/// use std::time::Duration;
/// # let name = format!("slotcast-doc-lazy-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let answer = Lazy::<u64>::create(&region, "answer")?;
/// assert_eq!(answer.force(Duration::from_secs(1), || 42)?, 42);
/// assert_eq!(answer.force(Duration::from_secs(1), || unreachable!())?, 42);
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Lazy<T> {
    block: Block,
    state: Held<Word32>,
    owner: Held<Word>,
    value: Elements<T>,
}

/// Frees the value again, unless it was computed.
struct Computing<'a, T: Element>(&'a Lazy<T>, u32);

impl<T: Element> Drop for Computing<'_, T> {
    fn drop(&mut self) {
        let block = &self.0.block;
        if !block.inner.is_forked_copy() {
            self.0.ownership().release(self.1);
            ring(&block.inner, block.first_bell());
        }
    }
}

impl<T: Element> Lazy<T> {
    const SIZE: usize = HEADER + size_of::<T>();

    /// Creates a value that is not computed.
    ///
    /// # Errors
    /// [`RegionError::NoSpace`], [`RegionError::TableFull`], [`RegionError::StructureExists`] and
    /// [`RegionError::StructureName`].
    pub fn create(region: &Region, name: &str) -> Result<Self, RegionError> {
        let new = New {
            name: name.into(),
            kind: StructureKind::Lazy,
            size: Self::SIZE as u64,
            element_size: size_of::<T>(),
            schemas: &[T::SCHEMA],
            extra: 0,
        };
        Self::of(region.create_one(new, |_| Ok(()))?)
    }

    /// Opens a value that exists.
    ///
    /// # Errors
    /// [`RegionError::NoStructure`], [`RegionError::Kind`], [`RegionError::Type`],
    /// [`RegionError::Layout`] and [`RegionError::Corrupt`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        Self::of(region.open_one(name, StructureKind::Lazy, &[T::SCHEMA])?)
    }

    /// Opens a value, or creates it if there is none.
    ///
    /// # Errors
    /// Those of both, except those that say which exists.
    pub fn open_or_create(region: &Region, name: &str) -> Result<Self, RegionError> {
        region.open_or(name, || Self::open(region, name), || Self::create(region, name))
    }

    fn of(block: Block) -> Result<Self, RegionError> {
        let value = Elements::new(&block, HEADER, 1).filter(|_| block.size - Self::SIZE < 8);
        let value = value.ok_or_else(|| {
            let (size, needed) = (block.size, Self::SIZE);
            block.layout(format!("it has {size} bytes, and with this type would have {needed}"))
        })?;
        Ok(Self { state: block.header::<Word32>(0, 1)?, owner: block.header::<Word>(8, 1)?, value, block })
    }

    fn ownership(&self) -> Ownership<'_> {
        Ownership::with_owner(&self.block, &self.owner[0], &self.state[0], VALUES)
    }

    /// Returns the value, if it was computed.
    pub fn get(&self) -> Option<T> {
        (Owned::state(&self.state[0]) == READY).then(|| self.value.load(0))
    }

    /// Returns the value. Computes it, if nobody has; waits up to `timeout` while another process
    /// does.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`] and [`StructureError::Unclear`].
    pub fn force(&self, timeout: Duration, compute: impl FnOnce() -> T) -> Result<T, StructureError> {
        let mut ownership = self.ownership();
        let mut is_unclear = false;
        let found = wait(&self.block.inner, self.block.first_bell(), timeout, || {
            if let Some(value) = self.get() {
                return Some(Some(value));
            }
            let attempt = ownership.try_take();
            is_unclear = attempt == Attempt::Unclear;
            matches!(attempt, Attempt::Taken | Attempt::Inherited).then_some(None)
        });
        match found {
            Some(Some(value)) => Ok(value),
            Some(None) => {
                let mut computing = Computing(self, VALUES.free);
                let value = compute();
                self.value.store(0, &value);
                computing.1 = READY;
                Ok(value)
            }
            None if is_unclear => Err(self.block.unclear()),
            None => Err(self.block.timed_out(timeout, "is being computed by another process")),
        }
    }
}

impl<T> std::fmt::Debug for Lazy<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.block.fmt_as("Lazy", f)
    }
}

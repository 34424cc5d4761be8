//! Pools.

use super::block::Block;
use super::element::{Element, Elements};
use super::error::RegionError;
use super::failure::StructureError;
use super::format::align8;
use super::handle::Region;
use super::kind::StructureKind;
use super::new::New;
use super::waiting::{ring, wait};
use crate::protocol::region::slots::{FREE, Slots, TAKEN};
use crate::sync::{Word, Word32};
use crate::sys::shared_memory::Held;
use std::time::Duration;

/// Bytes before the words of the objects: their number, their size, and 8 reserved bytes.
const HEADER: usize = 16;

/// A fixed number of objects, which processes acquire and give back.
///
/// Each object has a word with its owner, so nothing is lost with a process that dies: its objects
/// are free again as soon as no other is.
///
/// # Examples
///
/// ```
/// use slotcast::region::{Pool, Region};
/// # let name = format!("slotcast-doc-pool-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let pool = Pool::<[u8; 64]>::create(&region, "buffers", 2)?;
/// let buffer = pool.try_acquire().expect("one is free");
/// buffer.set(&[7; 64]);
/// let other = pool.try_acquire();
/// assert!(pool.try_acquire().is_none());
/// drop(other);
/// assert_eq!(pool.free(), 1);
/// # drop(buffer);
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Pool<T> {
    block: Block,
    owners: Held<Word>,
    objects: Elements<T>,
    /// Where this process looks first.
    next: Word,
}

/// An object of a pool, which is given back when this is dropped.
#[must_use = "the object is given back when this is dropped"]
pub struct Pooled<'a, T: Element> {
    pool: &'a Pool<T>,
    index: usize,
}

impl<T: Element> Pool<T> {
    /// Creates a pool of zeroed objects.
    ///
    /// # Errors
    /// [`RegionError::NoSpace`], [`RegionError::TableFull`], [`RegionError::StructureExists`],
    /// [`RegionError::StructureName`], and [`RegionError::Argument`] if the capacity is 0.
    pub fn create(region: &Region, name: &str, capacity: u32) -> Result<Self, RegionError> {
        let Some(size) = bytes::<T>(capacity).filter(|_| capacity != 0) else {
            let problem = format!("it cannot have {capacity} objects of {} bytes", size_of::<T>()).into();
            return Err(RegionError::Argument { region: region.name().into(), structure: name.into(), problem });
        };
        let new = New {
            name: name.into(),
            kind: StructureKind::Pool,
            size: size.1,
            element_size: size_of::<T>(),
            schemas: &[T::SCHEMA],
            extra: 0,
        };
        let block = region.create_one(new, |block| {
            let header = block.header::<Word32>(0, 2)?;
            header[0].store_relaxed(capacity);
            header[1].store_relaxed(u32::try_from(size_of::<T>()).unwrap_or(u32::MAX));
            Ok(())
        })?;
        Self::of(block)
    }

    /// Opens a pool that exists.
    ///
    /// # Errors
    /// [`RegionError::NoStructure`], [`RegionError::Kind`], [`RegionError::Type`],
    /// [`RegionError::Layout`] and [`RegionError::Corrupt`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        Self::of(region.open_one(name, StructureKind::Pool, &[T::SCHEMA])?)
    }

    /// Opens a pool, or creates it if there is none. One that exists may have another capacity.
    ///
    /// # Errors
    /// Those of both, except those that say which exists.
    pub fn open_or_create(region: &Region, name: &str, capacity: u32) -> Result<Self, RegionError> {
        region.open_or(name, || Self::open(region, name), || Self::create(region, name, capacity))
    }

    fn of(block: Block) -> Result<Self, RegionError> {
        let header = block.header::<Word32>(0, 2)?;
        block.check_element(header[1].load_relaxed(), size_of::<T>())?;
        let capacity = header[0].load_relaxed();
        let parts = bytes::<T>(capacity).filter(|_| capacity != 0).and_then(|(objects_at, _)| {
            let objects = Elements::new(&block, objects_at, capacity as usize)?;
            Some((block.words::<Word>(HEADER, capacity as usize)?, objects))
        });
        let Some((owners, objects)) = parts else {
            let size = block.size;
            return Err(block.layout(format!("it says {capacity} objects, which does not fit its {size} bytes")));
        };
        Ok(Self { block, owners, objects, next: Word::new(0) })
    }

    fn slots(&self) -> Slots<'_> {
        Slots(&self.owners)
    }

    /// Acquires an object, if one is free or its owner has died. Never waits.
    pub fn try_acquire(&self) -> Option<Pooled<'_, T>> {
        let token = self.block.inner.token();
        let count = self.owners.len();
        let first = usize::try_from(self.next.load_relaxed()).unwrap_or(0);
        let index = self.slots().take(token, first).or_else(|| self.take_from_dead(token))?;
        self.next.store_relaxed(if index + 1 == count { 0 } else { index as u64 + 1 });
        Some(Pooled { pool: self, index })
    }

    /// Takes an object whose owner has died.
    #[cold]
    fn take_from_dead(&self, token: u32) -> Option<usize> {
        self.slots().take_from_dead(token, |token| self.block.inner.is_dead(token))
    }

    /// Acquires an object. Waits up to `timeout` while none is free.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`].
    pub fn acquire(&self, timeout: Duration) -> Result<Pooled<'_, T>, StructureError> {
        let result = wait(&self.block.inner, self.block.first_bell(), timeout, || self.try_acquire());
        result.ok_or_else(|| self.block.timed_out(timeout, "has no free object"))
    }

    /// Takes an object that another process has [handed over](Pooled::hand_over).
    ///
    /// # Errors
    /// [`StructureError::Refused`] if there is no such object, or it was not handed over.
    pub fn adopt(&self, index: u32) -> Result<Pooled<'_, T>, StructureError> {
        let index = index as usize;
        match self.owners.get(index) {
            Some(_) if self.slots().adopt(self.block.inner.token(), index) => Ok(Pooled { pool: self, index }),
            Some(_) => Err(self.block.refused(format!("has object {index}, which was not handed over"))),
            None => Err(self.block.refused(format!("has {} objects, and none at {index}", self.owners.len()))),
        }
    }

    /// Returns the number of objects.
    pub fn capacity(&self) -> usize {
        self.owners.len()
    }

    /// Returns how many objects are free. It may be outdated at once.
    pub fn free(&self) -> usize {
        self.owners.iter().filter(|owner| owner.load_relaxed() == FREE).count()
    }
}

impl<T: Element> Pooled<'_, T> {
    /// Returns a copy of the object.
    pub fn get(&self) -> T {
        self.pool.objects.load(self.index)
    }

    /// Writes the object.
    pub fn set(&self, value: &T) {
        self.pool.objects.store(self.index, value);
    }

    /// Returns the index of the object in its pool.
    #[expect(clippy::cast_possible_truncation, reason = "a pool has fewer than 2^32 objects")]
    pub fn index(&self) -> u32 {
        self.index as u32
    }

    /// Gives the object to nobody, until a process [adopts](Pool::adopt) it by the index that this
    /// returns.
    #[must_use = "nobody can adopt the object without its index"]
    pub fn hand_over(self) -> u32 {
        let index = self.index();
        self.pool.slots().give(self.index, TAKEN);
        std::mem::forget(self);
        index
    }
}

impl<T: Element> Drop for Pooled<'_, T> {
    fn drop(&mut self) {
        let block = &self.pool.block;
        if !block.inner.is_forked_copy() {
            self.pool.slots().give(self.index, FREE);
            ring(&block.inner, block.first_bell());
        }
    }
}

/// Returns where the objects begin, and the size of all.
fn bytes<T>(capacity: u32) -> Option<(usize, u64)> {
    let objects_at = 8 * u64::from(capacity) + HEADER as u64;
    let end = u64::from(capacity).checked_mul(size_of::<T>() as u64)?.checked_add(objects_at)?;
    align8(end)?;
    Some((usize::try_from(objects_at).ok()?, end))
}

impl<T> std::fmt::Debug for Pool<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.block.fmt_as("Pool", f)
    }
}

impl<T: Element> std::fmt::Debug for Pooled<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pooled").field("index", &self.index).finish_non_exhaustive()
    }
}

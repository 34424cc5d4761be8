//! Signals: values with a version.

use super::block::Block;
use super::element::{Element, Elements};
use super::error::RegionError;
use super::failure::StructureError;
use super::handle::Region;
use super::kind::StructureKind;
use super::mutex::{self, Mutex};
use super::name::check_structure;
use super::new::New;
use super::semaphore;
use super::waiting::{ring, wait};
use crate::sync::Word;
use crate::sys::shared_memory::Held;
use std::time::Duration;

/// The parts: version and value, and the lock.
const STATE: &str = "_state";
const LOCK: &str = "_mtx";
/// Bytes before the value: the version.
const HEADER: usize = 8;

/// A value that processes read, change, and wait for changes of.
///
/// Reading takes a lock, as the format demands; an [`Atomic`](super::Atomic) needs none. If a
/// process dies while it changes the value, the value can be half changed: the next change repairs
/// that.
///
/// # Examples
///
/// ```
/// use slotcast::region::{Region, Signal};
/// use std::time::Duration;
/// # let name = format!("slotcast-doc-signal-{}", std::process::id());
/// let time = Duration::from_secs(1);
///
/// let region = Region::create(&name, 1 << 20)?;
/// let speed = Signal::create(&region, "speed", &1.5_f64)?;
/// let seen = speed.version();
/// speed.update(time, |speed| speed * 2.0)?;
/// assert_eq!(speed.wait_for_change(seen, time)?, seen + 1);
/// assert_eq!(speed.get(time)?, 3.0);
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Signal<T> {
    block: Block,
    version: Held<Word>,
    value: Elements<T>,
    lock: Mutex,
}

impl<T: Element> Signal<T> {
    /// Creates a signal with a value, of version 0. It has three entries: `<name>_state`,
    /// `<name>_mtx`, and its name, of at most 25 bytes.
    ///
    /// # Errors
    /// [`RegionError::NoSpace`], [`RegionError::TableFull`], [`RegionError::StructureExists`] and
    /// [`RegionError::StructureName`].
    pub fn create(region: &Region, name: &str, value: &T) -> Result<Self, RegionError> {
        check_structure(region.name(), name, STATE.len())?;
        let part = |suffix: &str| format!("{name}{suffix}");
        let size = (HEADER + size_of::<T>()) as u64;
        let (element_size, schemas) = (size_of::<T>(), &[T::SCHEMA][..]);
        let parts = [
            New { name: part(STATE), kind: StructureKind::Part, size, element_size, schemas, extra: 0 },
            semaphore::new(&part(LOCK), StructureKind::Mutex),
            New { name: part(""), kind: StructureKind::Signal, size: 1, element_size, schemas, extra: 0 },
        ];
        let blocks = region.create_all(&parts, |blocks| {
            mutex::fill(&blocks[1])?;
            value_of(&blocks[0])?.store(0, value);
            Ok(())
        })?;
        let [state, lock, _] = <[Block; 3]>::try_from(blocks).unwrap_or_else(|_| unreachable!("three were created"));
        Self::of(state, Mutex::of(lock)?)
    }

    /// Opens a signal that exists.
    ///
    /// # Errors
    /// [`RegionError::NoStructure`], [`RegionError::Kind`], [`RegionError::Type`],
    /// [`RegionError::Layout`] and [`RegionError::Corrupt`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        region.open_one(name, StructureKind::Signal, &[T::SCHEMA])?;
        let state = region.open_one(&format!("{name}{STATE}"), StructureKind::Part, &[T::SCHEMA])?;
        Self::of(state, Mutex::open(region, &format!("{name}{LOCK}"))?)
    }

    /// Opens a signal, or creates it if there is none.
    ///
    /// # Errors
    /// Those of both, except those that say which exists.
    pub fn open_or_create(region: &Region, name: &str, value: &T) -> Result<Self, RegionError> {
        region.open_or(name, || Self::open(region, name), || Self::create(region, name, value))
    }

    fn of(block: Block, lock: Mutex) -> Result<Self, RegionError> {
        let (version, value) = (block.header::<Word>(0, 1)?, value_of(&block)?);
        if block.size - HEADER - size_of::<T>() >= 8 {
            let (size, needed) = (block.size, HEADER + size_of::<T>());
            return Err(block.layout(format!("it has {size} bytes, and with this type would have {needed}")));
        }
        Ok(Self { block, version, value, lock })
    }

    /// Returns the value. Waits up to `timeout` for the lock.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`] and [`StructureError::Unclear`].
    pub fn get(&self, timeout: Duration) -> Result<T, StructureError> {
        let _locked = self.lock.lock(timeout)?;
        Ok(self.value.load(0))
    }

    /// Sets the value. Waits up to `timeout` for the lock.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`] and [`StructureError::Unclear`].
    pub fn set(&self, timeout: Duration, value: &T) -> Result<(), StructureError> {
        let _locked = self.lock.lock(timeout)?;
        self.change(value);
        Ok(())
    }

    /// Changes the value under the lock, for which it waits up to `timeout`. Returns the new one.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`] and [`StructureError::Unclear`].
    pub fn update(&self, timeout: Duration, change: impl FnOnce(T) -> T) -> Result<T, StructureError> {
        let _locked = self.lock.lock(timeout)?;
        let value = change(self.value.load(0));
        self.change(&value);
        Ok(self.value.load(0))
    }

    fn change(&self, value: &T) {
        self.value.store(0, value);
        self.version[0].add_one();
        ring(&self.block.inner, self.block.first_bell());
    }

    /// Returns the version: the number of changes.
    pub fn version(&self) -> u64 {
        self.version[0].load_acquire()
    }

    /// Waits up to `timeout` until the version is another one than `seen`. Returns it.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`].
    pub fn wait_for_change(&self, seen: u64, timeout: Duration) -> Result<u64, StructureError> {
        let changed = || Some(self.version()).filter(|&version| version != seen);
        let result = wait(&self.block.inner, self.block.first_bell(), timeout, changed);
        result.ok_or_else(|| self.block.timed_out(timeout, "has not changed"))
    }
}

fn value_of<T: Element>(block: &Block) -> Result<Elements<T>, RegionError> {
    Elements::new(block, HEADER, 1).ok_or_else(|| {
        let (size, needed) = (block.size, HEADER + size_of::<T>());
        block.layout(format!("it has {size} bytes, and with this type would have {needed}"))
    })
}

impl<T> std::fmt::Debug for Signal<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.block.fmt_as("Signal", f)
    }
}

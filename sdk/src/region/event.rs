//! Events.

use super::block::Block;
use super::error::RegionError;
use super::failure::StructureError;
use super::handle::Region;
use super::kind::StructureKind;
use super::name::check_structure;
use super::new::New;
use super::semaphore::{self, Semaphore};
use super::waiting::{ring, wait};
use crate::protocol::region::flag::Flag;
use crate::sync::Word32;
use crate::sys::shared_memory::Held;
use std::time::Duration;

/// Where the fields are, in words of 32 bits.
const SIGNALED: usize = 0;
const MODE: usize = 1;
const WAITING: usize = 2;
const SIZE: u64 = 12;

/// The part by which processes wait.
const SUFFIX: &str = "_sem";

/// What a signal does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventMode {
    /// Each signal lets one waiter go on, now or later.
    Auto,
    /// A signal lets all go on until the event is reset.
    Manual,
}

/// Something that happens, for which processes wait.
///
/// # Examples
///
/// ```
/// use slotcast::region::{Event, EventMode, Region};
/// use std::time::Duration;
/// # let name = format!("slotcast-doc-event-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let started = Event::create(&region, "started", EventMode::Manual)?;
/// assert!(started.wait(Duration::from_millis(1)).is_err());
/// started.signal()?;
/// started.wait(Duration::from_secs(1))?;
/// started.reset();
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Event {
    block: Block,
    words: Held<Word32>,
    permits: Semaphore,
    mode: EventMode,
}

impl Event {
    /// Creates an event that has not happened. It has two entries: its name, of at most 27 bytes,
    /// and `<name>_sem`.
    ///
    /// # Errors
    /// [`RegionError::NoSpace`], [`RegionError::TableFull`], [`RegionError::StructureExists`] and
    /// [`RegionError::StructureName`].
    pub fn create(region: &Region, name: &str, mode: EventMode) -> Result<Self, RegionError> {
        check_structure(region.name(), name, SUFFIX.len())?;
        let kind = StructureKind::Event;
        let parts = [
            New { name: name.into(), kind, size: SIZE, element_size: 0, schemas: &[], extra: 0 },
            semaphore::new(&format!("{name}{SUFFIX}"), StructureKind::Semaphore),
        ];
        let blocks = region.create_all(&parts, |blocks| {
            blocks[0].header::<Word32>(0, 3)?[MODE].store_relaxed(u32::from(mode == EventMode::Manual));
            semaphore::fill(&blocks[1], 0, 0)
        })?;
        let [block, permits] = <[Block; 2]>::try_from(blocks).unwrap_or_else(|_| unreachable!("two were created"));
        Self::of(block, Semaphore::of(permits)?)
    }

    /// Opens an event that exists.
    ///
    /// # Errors
    /// [`RegionError::NoStructure`], [`RegionError::Kind`], [`RegionError::Layout`] and
    /// [`RegionError::Corrupt`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        let block = region.open_one(name, StructureKind::Event, &[])?;
        Self::of(block, Semaphore::open(region, &format!("{name}{SUFFIX}"))?)
    }

    /// Opens an event, or creates it if there is none.
    ///
    /// # Errors
    /// Those of both, except those that say which exists.
    pub fn open_or_create(region: &Region, name: &str, mode: EventMode) -> Result<Self, RegionError> {
        region.open_or(name, || Self::open(region, name), || Self::create(region, name, mode))
    }

    fn of(block: Block, permits: Semaphore) -> Result<Self, RegionError> {
        let words = block.header::<Word32>(0, 3)?;
        let mode = match words[MODE].load_relaxed() {
            0 => EventMode::Auto,
            1 => EventMode::Manual,
            other => return Err(block.layout(format!("its mode is {other}, not 0 or 1"))),
        };
        if (block.size as u64).next_multiple_of(8) != SIZE.next_multiple_of(8) {
            let size = block.size;
            return Err(block.layout(format!("it has {size} bytes, in place of {SIZE}")));
        }
        Ok(Self { block, words, permits, mode })
    }

    fn flag(&self) -> Flag<'_> {
        Flag(&self.words[SIGNALED])
    }

    /// Signals the event.
    ///
    /// # Errors
    /// [`StructureError::Refused`] if 2^31 - 1 signals of an automatic event wait already.
    pub fn signal(&self) -> Result<(), StructureError> {
        self.flag().set();
        match self.mode {
            EventMode::Auto => self.permits.release(),
            EventMode::Manual => {
                ring(&self.block.inner, self.block.first_bell());
                Ok(())
            }
        }
    }

    /// Waits up to `timeout` until the event is signaled.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`].
    pub fn wait(&self, timeout: Duration) -> Result<(), StructureError> {
        if self.mode == EventMode::Auto {
            self.permits.acquire(timeout)?;
            self.flag().clear();
            return Ok(());
        }
        self.words[WAITING].add(1);
        let signaled = || self.is_signaled().then_some(());
        let result = wait(&self.block.inner, self.block.first_bell(), timeout, signaled);
        self.words[WAITING].add(u32::MAX);
        result.ok_or_else(|| self.block.timed_out(timeout, "is not signaled"))
    }

    /// Makes the event one that has not happened.
    pub fn reset(&self) {
        self.flag().clear();
        if self.mode == EventMode::Auto {
            // As many as there are now: others may signal meanwhile.
            let _ = (0..self.permits.count()).all(|_| self.permits.try_acquire());
        }
    }

    /// Returns whether the event is signaled now.
    pub fn is_signaled(&self) -> bool {
        self.flag().value() == 1
    }

    /// Returns what a signal does.
    pub fn mode(&self) -> EventMode {
        self.mode
    }
}

impl std::fmt::Debug for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.block.fmt_as("Event", f)
    }
}

//! Read-write locks.

use super::block::Block;
use super::error::RegionError;
use super::failure::StructureError;
use super::handle::Region;
use super::kind::StructureKind;
use super::mutex::{self, Mutex, MutexGuard};
use super::name::check_structure;
use super::new::New;
use super::semaphore;
use super::waiting::{ring, wait};
use crate::failpoint;
use crate::protocol::region::sharing::Sharing;
use crate::sync::{Word, Word32};
use crate::sys::shared_memory::Held;
use std::time::{Duration, Instant};

/// Where the fields are, in words of 32 bits.
const READING: usize = 0;
const WRITING: usize = 1;

/// The parts: the state, the lock under which readers enter, and that of the writer.
/// How many readers at a time have a word beside the format, by which their death is noticed.
pub(super) const READERS: usize = 16;

const STATE: &str = "_state";
const READER_LOCK: &str = "_rmtx";
const WRITER_LOCK: &str = "_wmtx";

/// A lock that many readers or one writer hold at a time.
///
/// The death of a writer is noticed as that of a [`Mutex`]'s owner. Readers that die are noticed if
/// they were among the first 16 at a time. A writer that waits lets no new reader in.
///
/// # Examples
///
/// ```
/// use slotcast::region::{Region, RwLock};
/// use std::time::Duration;
/// # let name = format!("slotcast-doc-rwlock-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let lock = RwLock::create(&region, "map")?;
/// {
///     let one = lock.read(Duration::from_secs(1))?;
///     let other = lock.read(Duration::from_secs(1))?;
///     assert!(lock.write(Duration::from_millis(1)).is_err());
/// }
/// let writer = lock.write(Duration::from_secs(1))?;
/// # drop(writer);
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RwLock {
    block: Block,
    words: Held<Word32>,
    readers: Option<Held<Word>>,
    reader_lock: Mutex,
    writer_lock: Mutex,
}

/// A lock that is held for reading, until this is dropped.
#[must_use = "the lock is released when this is dropped"]
pub struct ReadGuard<'a> {
    lock: &'a RwLock,
    index: Option<usize>,
}

/// A lock that is held for writing, until this is dropped.
#[must_use = "the lock is released when this is dropped"]
pub struct WriteGuard<'a> {
    lock: &'a RwLock,
    writer: MutexGuard<'a>,
}

impl RwLock {
    /// Creates a lock, which is free. It has four entries: `<name>_state`, `<name>_rmtx`,
    /// `<name>_wmtx`, and its name, of at most 25 bytes.
    ///
    /// # Errors
    /// [`RegionError::NoSpace`], [`RegionError::TableFull`], [`RegionError::StructureExists`] and
    /// [`RegionError::StructureName`].
    pub fn create(region: &Region, name: &str) -> Result<Self, RegionError> {
        check_structure(region.name(), name, STATE.len())?;
        let part = |suffix: &str| format!("{name}{suffix}");
        let (kind, extra) = (StructureKind::Part, 8 * READERS as u64);
        let parts = [
            New { name: part(STATE), kind, size: 8, element_size: 0, schemas: &[], extra },
            semaphore::new(&part(READER_LOCK), StructureKind::Mutex),
            semaphore::new(&part(WRITER_LOCK), StructureKind::Mutex),
            New { name: part(""), kind: StructureKind::RwLock, size: 1, element_size: 0, schemas: &[], extra: 0 },
        ];
        let blocks = region.create_all(&parts, |blocks| blocks[1..3].iter().try_for_each(mutex::fill))?;
        let [state, reader, writer, _] =
            <[Block; 4]>::try_from(blocks).unwrap_or_else(|_| unreachable!("four were created"));
        Self::of(state, Mutex::of(reader)?, Mutex::of(writer)?)
    }

    /// Opens a lock that exists.
    ///
    /// # Errors
    /// [`RegionError::NoStructure`], [`RegionError::Kind`], [`RegionError::Layout`] and
    /// [`RegionError::Corrupt`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        region.open_one(name, StructureKind::RwLock, &[])?;
        let state = region.open_one(&format!("{name}{STATE}"), StructureKind::Part, &[])?;
        let open = |suffix| Mutex::open(region, &format!("{name}{suffix}"));
        Self::of(state, open(READER_LOCK)?, open(WRITER_LOCK)?)
    }

    /// Opens a lock, or creates it if there is none.
    ///
    /// # Errors
    /// Those of both, except those that say which exists.
    pub fn open_or_create(region: &Region, name: &str) -> Result<Self, RegionError> {
        region.open_or(name, || Self::open(region, name), || Self::create(region, name))
    }

    fn of(block: Block, reader_lock: Mutex, writer_lock: Mutex) -> Result<Self, RegionError> {
        let words = block.header::<Word32>(0, 2)?;
        if block.size != 8 {
            let size = block.size;
            return Err(block.layout(format!("it has {size} bytes, in place of 8")));
        }
        let readers = block.record.as_ref().and_then(|record| record.extra(READERS));
        Ok(Self { block, words, readers, reader_lock, writer_lock })
    }

    fn sharing(&self) -> Sharing<'_> {
        Sharing {
            reading: &self.words[READING],
            writing: &self.words[WRITING],
            readers: self.readers.as_deref().unwrap_or_default(),
        }
    }

    /// Acquires the lock for reading. Waits up to `timeout` while a writer has it or waits for it.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`] and [`StructureError::Unclear`].
    pub fn read(&self, timeout: Duration) -> Result<ReadGuard<'_>, StructureError> {
        let start = Instant::now();
        loop {
            let _entering = self.reader_lock.lock(timeout.saturating_sub(start.elapsed()))?;
            if let Some(index) = self.sharing().enter(self.block.inner.token()) {
                return Ok(ReadGuard { lock: self, index });
            }
            drop(_entering);
            let left = timeout.saturating_sub(start.elapsed());
            let ended = wait(&self.block.inner, self.block.first_bell(), left, || {
                self.clear_dead_writer();
                (!self.sharing().is_marked()).then_some(())
            });
            ended.ok_or_else(|| self.block.timed_out(timeout, "is locked for writing"))?;
        }
    }

    /// Clears the mark of a writer that has died.
    fn clear_dead_writer(&self) {
        if self.writer_lock.is_abandoned()
            && let Ok(Some(_taken_over)) = self.writer_lock.try_lock()
        {
            self.sharing().unmark();
            ring(&self.block.inner, self.block.first_bell());
        }
    }

    /// Acquires the lock for writing. Waits up to `timeout` while others have it.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`] and [`StructureError::Unclear`].
    pub fn write(&self, timeout: Duration) -> Result<WriteGuard<'_>, StructureError> {
        let start = Instant::now();
        let writer = self.writer_lock.lock(timeout)?;
        {
            // Under this lock no reader is between its look at the mark and being counted.
            let _nobody_enters = self.reader_lock.lock(timeout.saturating_sub(start.elapsed()))?;
            self.sharing().mark();
            failpoint::hit("lock.marked");
        }
        // From here on, dropping it takes the mark back.
        let guard = WriteGuard { lock: self, writer };
        let left = timeout.saturating_sub(start.elapsed());
        let ended = wait(&self.block.inner, self.block.second_bell(), left, || {
            let sharing = self.sharing();
            if !sharing.is_alone() {
                sharing.forget_dead(|token| self.block.inner.is_dead(token));
            }
            sharing.is_alone().then_some(())
        });
        ended.map(|()| guard).ok_or_else(|| self.block.timed_out(timeout, "is locked for reading"))
    }

    /// Returns how many read. It may be outdated at once.
    pub fn readers(&self) -> u32 {
        u32::try_from(self.words[READING].load_relaxed().cast_signed()).unwrap_or(0)
    }

    /// Returns whether somebody writes, or waits until it can.
    pub fn is_writing(&self) -> bool {
        self.words[WRITING].load_relaxed() != 0
    }
}

impl WriteGuard<'_> {
    /// Returns whether the last writer has died while it held the lock: what the lock protects may
    /// be half changed.
    pub fn owner_died(&self) -> bool {
        self.writer.owner_died()
    }
}

impl Drop for ReadGuard<'_> {
    fn drop(&mut self) {
        let lock = self.lock;
        if !lock.block.inner.is_forked_copy() {
            lock.sharing().leave(self.index);
            ring(&lock.block.inner, lock.block.second_bell());
        }
    }
}

impl Drop for WriteGuard<'_> {
    fn drop(&mut self) {
        let block = &self.lock.block;
        if !block.inner.is_forked_copy() {
            // The mutex is unlocked after that.
            self.lock.sharing().unmark();
            ring(&block.inner, block.first_bell());
        }
    }
}

impl std::fmt::Debug for RwLock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.block.fmt_as("RwLock", f)
    }
}

impl std::fmt::Debug for ReadGuard<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.lock.block.fmt_as("ReadGuard", f)
    }
}

impl std::fmt::Debug for WriteGuard<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.lock.block.fmt_as("WriteGuard", f)
    }
}

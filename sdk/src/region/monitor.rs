//! Monitors.

use super::block::Block;
use super::error::RegionError;
use super::failure::StructureError;
use super::handle::Region;
use super::kind::StructureKind;
use super::mutex::{self, Mutex, MutexGuard};
use super::name::check_structure;
use super::new::New;
use super::semaphore::{self, Semaphore};
use crate::protocol::region::notifying::Notifying;
use crate::sync::Word32;
use crate::sys::shared_memory::Held;
use std::time::{Duration, Instant};

/// The parts: the lock, the permits of those that were notified, and the number of those that wait.
const LOCK: &str = "_mtx";
const PERMITS: &str = "_cond";
const COUNT: &str = "_count";

/// How long a waiter tries to get the lock back when its own time is over.
const GRACE: Duration = Duration::from_secs(10);

/// A lock, under which processes wait until others have changed something.
///
/// A waiter may wake although nobody notified it; so check what is waited for, as
/// [`wait_while`](MonitorGuard::wait_while) does.
///
/// # Examples
///
/// ```
/// use slotcast::region::{Array, Monitor, Region};
/// use std::time::Duration;
/// # let name = format!("slotcast-doc-monitor-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let jobs = Array::<u32>::create(&region, "jobs", 1)?;
/// let monitor = Monitor::create(&region, "monitor")?;
/// std::thread::scope(|scope| {
///     scope.spawn(|| {
///         let guard = monitor.lock(Duration::from_secs(10)).unwrap();
///         jobs.set(0, &1).unwrap();
///         guard.notify_one();
///     });
///     let guard = monitor.lock(Duration::from_secs(10))?;
///     let guard = guard.wait_while(Duration::from_secs(10), || jobs.get(0) == Some(0))?;
///     assert_eq!(jobs.get(0), Some(1));
///     Ok::<(), Box<dyn std::error::Error>>(())
/// })?;
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Monitor {
    block: Block,
    lock: Mutex,
    permits: Semaphore,
    waiting: Held<Word32>,
}

/// A monitor that is locked, until this is dropped.
#[must_use = "the monitor is unlocked when this is dropped"]
#[derive(Debug)]
pub struct MonitorGuard<'a> {
    monitor: &'a Monitor,
    lock: MutexGuard<'a>,
}

impl Monitor {
    /// Creates a monitor, which is free. It has four entries: `<name>_mtx`, `<name>_cond`,
    /// `<name>_count`, and its name, of at most 25 bytes.
    ///
    /// # Errors
    /// [`RegionError::NoSpace`], [`RegionError::TableFull`], [`RegionError::StructureExists`] and
    /// [`RegionError::StructureName`].
    pub fn create(region: &Region, name: &str) -> Result<Self, RegionError> {
        check_structure(region.name(), name, COUNT.len())?;
        let part = |suffix: &str| format!("{name}{suffix}");
        let parts = [
            semaphore::new(&part(LOCK), StructureKind::Mutex),
            semaphore::new(&part(PERMITS), StructureKind::Semaphore),
            New { name: part(COUNT), kind: StructureKind::Part, size: 4, element_size: 0, schemas: &[], extra: 0 },
            New { name: part(""), kind: StructureKind::Monitor, size: 1, element_size: 0, schemas: &[], extra: 0 },
        ];
        let blocks = region.create_all(&parts, |blocks| {
            mutex::fill(&blocks[0])?;
            semaphore::fill(&blocks[1], 0, 0)
        })?;
        let [lock, permits, count, block] =
            <[Block; 4]>::try_from(blocks).unwrap_or_else(|_| unreachable!("four were created"));
        Self::of(block, Mutex::of(lock)?, Semaphore::of(permits)?, &count)
    }

    /// Opens a monitor that exists.
    ///
    /// # Errors
    /// [`RegionError::NoStructure`], [`RegionError::Kind`], [`RegionError::Layout`] and
    /// [`RegionError::Corrupt`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        let block = region.open_one(name, StructureKind::Monitor, &[])?;
        let count = region.open_one(&format!("{name}{COUNT}"), StructureKind::Part, &[])?;
        let lock = Mutex::open(region, &format!("{name}{LOCK}"))?;
        Self::of(block, lock, Semaphore::open(region, &format!("{name}{PERMITS}"))?, &count)
    }

    /// Opens a monitor, or creates it if there is none.
    ///
    /// # Errors
    /// Those of both, except those that say which exists.
    pub fn open_or_create(region: &Region, name: &str) -> Result<Self, RegionError> {
        region.open_or(name, || Self::open(region, name), || Self::create(region, name))
    }

    fn of(block: Block, lock: Mutex, permits: Semaphore, count: &Block) -> Result<Self, RegionError> {
        Ok(Self { block, lock, permits, waiting: count.header::<Word32>(0, 1)? })
    }

    /// Locks the monitor. Waits up to `timeout` while another has it.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`] and [`StructureError::Unclear`].
    pub fn lock(&self, timeout: Duration) -> Result<MonitorGuard<'_>, StructureError> {
        Ok(MonitorGuard { monitor: self, lock: self.lock.lock(timeout)? })
    }

    /// Wakes one waiter, if there is one. A notification that nobody waits for is lost.
    pub fn notify_one(&self) {
        self.notify(1);
    }

    /// Wakes all that wait now.
    pub fn notify_all(&self) {
        self.notify(u32::MAX);
    }

    fn notifying(&self) -> Notifying<'_> {
        Notifying(&self.waiting[0])
    }

    fn notify(&self, most: u32) {
        let waiting = self.notifying().waiting();
        for _ in 0..waiting.min(most) {
            if self.permits.count() >= waiting || self.permits.release().is_err() {
                break;
            }
        }
    }
}

impl<'a> MonitorGuard<'a> {
    /// Unlocks the monitor, waits up to `timeout` for a notification, and locks it again. Returns
    /// whether there was one.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`] if the lock cannot be had back: the monitor is then unlocked.
    /// [`StructureError::Unclear`].
    pub fn wait(self, timeout: Duration) -> Result<(Self, bool), StructureError> {
        let Self { monitor, lock } = self;
        monitor.notifying().register();
        drop(lock);
        let notified = monitor.permits.acquire(timeout).is_ok();
        let lock = monitor.lock.lock(timeout.max(GRACE));
        monitor.notifying().unregister();
        Ok((Self { monitor, lock: lock? }, notified))
    }

    /// Waits up to `timeout` while a condition holds. It is called under the lock.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`]: the monitor is then unlocked. [`StructureError::Unclear`].
    pub fn wait_while(mut self, timeout: Duration, mut holds: impl FnMut() -> bool) -> Result<Self, StructureError> {
        let start = Instant::now();
        while holds() {
            let left = timeout.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(self.monitor.block.timed_out(timeout, "did not come to what was waited for"));
            }
            self = self.wait(left)?.0;
        }
        Ok(self)
    }

    /// Wakes one waiter, which goes on when this guard is dropped.
    pub fn notify_one(&self) {
        self.monitor.notify_one();
    }

    /// Wakes all that wait, which go on one after another when this guard is dropped.
    pub fn notify_all(&self) {
        self.monitor.notify_all();
    }

    /// Returns whether the last owner has died while it held the lock.
    pub fn owner_died(&self) -> bool {
        self.lock.owner_died()
    }
}

impl std::fmt::Debug for Monitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.block.fmt_as("Monitor", f)
    }
}

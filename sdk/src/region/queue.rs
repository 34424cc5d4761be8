//! Queues.

use super::element::Element;
use super::error::RegionError;
use super::failure::StructureError;
use super::handle::Region;
use super::kind::StructureKind;
use super::sequence::{Fields, Sequence};
#[cfg(feature = "tokio")]
use super::waiting::wait;
use super::waiting::wait_for_place;
use crate::failpoint;
use crate::protocol::region::Claim;
use crate::protocol::region::queue as core;
use std::time::Duration;

/// Where the header's fields are, in words.
const HEAD: usize = 0;
const TAIL: usize = 1;
const FIELDS: Fields = Fields { capacity: 2, element_size: 3 };

/// The most cells: positions have 32 bits, and two of one lap must be told from those of another.
const MOST: u32 = 1 << 30;

/// A bounded queue, first in, first out, with any number of senders and receivers.
///
/// It is lock-free among processes that run. One that is killed between the two steps of a push or
/// a pop leaves a cell that nobody can pass: others then get [`StructureError::Stuck`] when their
/// time is over, and [`Region::repair`] frees the cell.
///
/// # Examples
///
/// ```
/// use slotcast::region::{Queue, Region};
/// use std::time::Duration;
/// # let name = format!("slotcast-doc-queue-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let queue = Queue::<u64>::create(&region, "jobs", 100)?;
/// assert_eq!(queue.capacity(), 128);
/// assert!(queue.try_push(&1)?);
/// queue.push(&2, Duration::from_secs(1))?; // waits if it is full
/// assert_eq!(queue.pop(Duration::from_secs(1))?, 1);
/// assert_eq!(queue.try_pop()?, Some(2));
/// assert_eq!(queue.try_pop()?, None);
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Queue<T> {
    parts: Sequence<T>,
}

impl<T: Element> Queue<T> {
    /// Creates a queue for at least `capacity` elements: the next power of two, and at least 2.
    ///
    /// # Errors
    /// [`RegionError::NoSpace`], [`RegionError::TableFull`], [`RegionError::StructureExists`],
    /// [`RegionError::StructureName`], and [`RegionError::Argument`] if the capacity is 0 or more
    /// than 2^30.
    pub fn create(region: &Region, name: &str, capacity: u32) -> Result<Self, RegionError> {
        if capacity == 0 || capacity > MOST {
            let problem = format!("its capacity would be {capacity}, and may be 1 to {MOST}").into();
            return Err(RegionError::Argument { region: region.name().into(), structure: name.into(), problem });
        }
        let cells = capacity.next_power_of_two().max(2);
        let parts = Sequence::create(region, name, StructureKind::Queue, (cells, FIELDS), |_, sequences| {
            (0..cells).zip(sequences).for_each(|(position, word)| word.store_relaxed(position));
        })?;
        Ok(Self { parts })
    }

    /// Opens a queue that exists.
    ///
    /// # Errors
    /// [`RegionError::NoStructure`], [`RegionError::Kind`], [`RegionError::Type`],
    /// [`RegionError::Layout`] and [`RegionError::Corrupt`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        let parts = Sequence::open(region, name, StructureKind::Queue, FIELDS)?;
        let cells = parts.words.len();
        if !cells.is_power_of_two() || !(2..=MOST as usize).contains(&cells) {
            return Err(parts.block.layout(format!("its capacity is {cells}, not a power of two from 2 to 2^30")));
        }
        Ok(Self { parts })
    }

    /// Opens a queue, or creates it if there is none. One that exists may have another capacity.
    ///
    /// # Errors
    /// Those of both, except those that say which exists.
    pub fn open_or_create(region: &Region, name: &str, capacity: u32) -> Result<Self, RegionError> {
        region.open_or(name, || Self::open(region, name), || Self::create(region, name, capacity))
    }

    #[inline]
    fn core(&self) -> core::Queue<'_> {
        core::Queue::new(&self.parts.header[HEAD], &self.parts.header[TAIL], &self.parts.words)
    }

    #[inline]
    fn push_once(&self, element: &T) -> Claim<()> {
        self.core().take_free().map(|taken| {
            failpoint::hit("queue.push");
            self.parts.elements.store(taken.cell, element);
            self.core().fill(taken);
            self.parts.bells[0].ring();
        })
    }

    #[inline]
    fn pop_once(&self) -> Claim<T> {
        self.core().take_full().map(|taken| {
            let element = self.parts.elements.load(taken.cell);
            failpoint::hit("queue.pop");
            self.core().free(taken);
            self.parts.bells[1].ring();
            element
        })
    }

    /// Appends an element, unless the queue is full. Never waits. Returns whether it did.
    ///
    /// # Errors
    /// [`StructureError::Corrupt`].
    #[inline]
    pub fn try_push(&self, element: &T) -> Result<bool, StructureError> {
        match self.push_once(element) {
            Claim::Place(()) => Ok(true),
            Claim::None | Claim::Busy => Ok(false),
            Claim::Corrupt => Err(self.corrupt()),
        }
    }

    /// Takes the oldest element. Never waits. Returns `None` if there is none, or the oldest is not
    /// complete yet.
    ///
    /// # Errors
    /// [`StructureError::Corrupt`].
    #[inline]
    pub fn try_pop(&self) -> Result<Option<T>, StructureError> {
        match self.pop_once() {
            Claim::Place(element) => Ok(Some(element)),
            Claim::None | Claim::Busy => Ok(None),
            Claim::Corrupt => Err(self.corrupt()),
        }
    }

    /// Appends an element. Waits up to `timeout` while the queue is full.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`]; [`StructureError::Stuck`] if a process has taken an element
    /// and not finished; and [`StructureError::Corrupt`].
    pub fn push(&self, element: &T, timeout: Duration) -> Result<(), StructureError> {
        let block = &self.parts.block;
        let wait = (self.parts.bells[1].word(), timeout);
        wait_for_place(block, wait, "is full", || self.corrupt(), || self.push_once(element))
    }

    /// Takes the oldest element. Waits up to `timeout` while there is none.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`]; [`StructureError::Stuck`] if a process has begun to append an
    /// element and not finished; and [`StructureError::Corrupt`].
    pub fn pop(&self, timeout: Duration) -> Result<T, StructureError> {
        let block = &self.parts.block;
        let wait = (self.parts.bells[0].word(), timeout);
        wait_for_place(block, wait, "is empty", || self.corrupt(), || self.pop_once())
    }

    /// Waits up to `timeout` until there is an element, without taking it.
    #[cfg(feature = "tokio")]
    pub(super) fn wait_ready(&self, timeout: Duration) {
        let (inner, bell) = (&self.parts.block.inner, self.parts.bells[0].word());
        let _ = wait(inner, bell, timeout, || (!self.is_empty()).then_some(()));
    }

    #[cold]
    fn corrupt(&self) -> StructureError {
        let [head, tail] = [HEAD, TAIL].map(|at| self.parts.header[at].load_relaxed());
        self.parts.block.corrupt(format!("its head is {head} and its tail {tail}, which its cells contradict"))
    }

    /// Returns the number of cells.
    pub fn capacity(&self) -> usize {
        self.parts.words.len()
    }

    /// Returns how many elements there are. It may be outdated at once.
    pub fn len(&self) -> usize {
        self.core().len() as usize
    }

    /// Returns whether there is no element. It may be outdated at once.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes elements until there is none.
    pub fn try_iter(&self) -> impl Iterator<Item = T> + '_ {
        std::iter::from_fn(|| self.try_pop().ok().flatten())
    }

    /// Takes elements, and waits up to `timeout` for each. It ends when that is over, or with an
    /// error.
    pub fn iter(&self, timeout: Duration) -> impl Iterator<Item = T> + '_ {
        std::iter::from_fn(move || self.pop(timeout).ok())
    }

    /// Returns whether the type of the elements was compared with a recorded one, not only their
    /// size.
    pub fn is_verified(&self) -> bool {
        self.parts.block.record.is_some()
    }
}

impl<T> std::fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.parts.block.fmt_as("Queue", f)
    }
}

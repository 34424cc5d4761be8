//! Ring buffers.

use super::block::Block;
use super::element::{Element, Elements};
use super::error::RegionError;
use super::failure::StructureError;
use super::handle::Region;
use super::kind::StructureKind;
use super::new::New;
#[cfg(feature = "tokio")]
use super::waiting::wait;
use super::waiting::{Bell, wait_for_place};
use crate::failpoint;
use crate::protocol::region::Claim;
use crate::protocol::region::spsc::{Content, Impossible, Spsc};
use crate::sync::{Word, Word32};
use crate::sys::shared_memory::Held;
use std::time::Duration;

/// Bytes before the elements: two positions, the capacity in bytes, and the size of an element.
const HEADER: usize = 24;

/// Where the header's fields are: positions in words of 64 bits, the others in words of 32 after
/// them.
const WRITE: usize = 0;
const READ: usize = 1;
const CAPACITY: usize = 0;
const ELEMENT_SIZE: usize = 1;

/// How often the reader starts again because the writer has dropped what it read. Then there is
/// nothing to take for this time.
const TRIES: u32 = 100;

/// A bounded ring for one writer and one reader, which moves many elements at once.
///
/// It is up to the programs that only one thread of one process writes at a time, and only one
/// reads; otherwise elements are lost or mixed up. Nothing that a process leaves when it is killed
/// hinders others: an element that was not written completely was never there.
///
/// # Examples
///
/// ```
/// use slotcast::region::{Region, RingBuffer};
/// # let name = format!("slotcast-doc-ring-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let ring = RingBuffer::<f32>::create(&region, "audio", 4)?;
/// assert_eq!(ring.push_slice(&[0.1, 0.2, 0.3, 0.4, 0.5])?, 4); // it is full
/// assert_eq!(ring.peek()?, Some(0.1));
/// assert_eq!(ring.last(2)?, [0.3, 0.4]);
/// assert_eq!(ring.pop_up_to(3)?, [0.1, 0.2, 0.3]);
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RingBuffer<T> {
    block: Block,
    positions: Held<Word>,
    elements: Elements<T>,
    bells: [Bell; 2],
}

impl<T: Element> RingBuffer<T> {
    const SIZE: u64 = size_of::<T>() as u64;

    /// Creates a ring for `capacity` elements.
    ///
    /// # Errors
    /// [`RegionError::NoSpace`], [`RegionError::TableFull`], [`RegionError::StructureExists`],
    /// [`RegionError::StructureName`], and [`RegionError::Argument`] if the capacity is 0 or all
    /// elements together have more than 4 GiB.
    pub fn create(region: &Region, name: &str, capacity: u32) -> Result<Self, RegionError> {
        let bytes = u64::from(capacity).checked_mul(Self::SIZE).and_then(|bytes| u32::try_from(bytes).ok());
        let Some(bytes) = bytes.filter(|&bytes| bytes != 0) else {
            let problem = format!("{capacity} elements of {} bytes are none, or more than 4 GiB", Self::SIZE).into();
            return Err(RegionError::Argument { region: region.name().into(), structure: name.into(), problem });
        };
        let new = New {
            name: name.into(),
            kind: StructureKind::RingBuffer,
            size: HEADER as u64 + u64::from(bytes),
            element_size: size_of::<T>(),
            schemas: &[T::SCHEMA],
            extra: 0,
        };
        let block = region.create_one(new, |block| {
            let sizes = block.header::<Word32>(16, 2)?;
            sizes[CAPACITY].store_relaxed(bytes);
            sizes[ELEMENT_SIZE].store_relaxed(u32::try_from(Self::SIZE).unwrap_or(u32::MAX));
            Ok(())
        })?;
        Self::of(block)
    }

    /// Opens a ring that exists.
    ///
    /// # Errors
    /// [`RegionError::NoStructure`], [`RegionError::Kind`], [`RegionError::Type`],
    /// [`RegionError::Layout`] and [`RegionError::Corrupt`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        Self::of(region.open_one(name, StructureKind::RingBuffer, &[T::SCHEMA])?)
    }

    /// Opens a ring, or creates it if there is none. One that exists may have another capacity.
    ///
    /// # Errors
    /// Those of both, except those that say which exists.
    pub fn open_or_create(region: &Region, name: &str, capacity: u32) -> Result<Self, RegionError> {
        region.open_or(name, || Self::open(region, name), || Self::create(region, name, capacity))
    }

    fn of(block: Block) -> Result<Self, RegionError> {
        let sizes = block.header::<Word32>(16, 2)?;
        block.check_element(sizes[ELEMENT_SIZE].load_relaxed(), size_of::<T>())?;
        let bytes = u64::from(sizes[CAPACITY].load_relaxed());
        let count = usize::try_from(bytes / Self::SIZE).ok().filter(|&count| count != 0 && bytes % Self::SIZE == 0);
        let elements = count.and_then(|count| Elements::new(&block, HEADER, count));
        let Some(elements) = elements.filter(|_| block.size as u64 - HEADER as u64 - bytes < 8) else {
            return Err(block.layout(format!(
                "it says {bytes} bytes of elements of {} bytes each, which does not fit its {} bytes",
                Self::SIZE,
                block.size
            )));
        };
        Ok(Self { positions: block.header::<Word>(0, 2)?, elements, bells: Bell::both(&block), block })
    }

    #[inline]
    fn core(&self) -> Spsc<'_> {
        let capacity = self.elements.count() as u64 * Self::SIZE;
        Spsc::new(&self.positions[WRITE], &self.positions[READ], capacity)
    }

    /// Returns the content, if it consists of whole elements.
    #[inline]
    fn whole(&self, content: Result<Content, Impossible>) -> Result<Content, StructureError> {
        match content {
            Ok(content) if content.start % Self::SIZE == 0 && content.bytes % Self::SIZE == 0 => Ok(content),
            _ => Err(self.corrupt()),
        }
    }

    /// Waits up to `timeout` until there is an element, without taking it.
    #[cfg(feature = "tokio")]
    pub(super) fn wait_ready(&self, timeout: Duration) {
        let (inner, bell) = (&self.block.inner, self.bells[0].word());
        let _ = wait(inner, bell, timeout, || (!matches!(self.is_empty(), Ok(true))).then_some(()));
    }

    #[cold]
    fn corrupt(&self) -> StructureError {
        let [write, read] = [WRITE, READ].map(|at| self.positions[at].load_relaxed());
        let (size, capacity) = (Self::SIZE, self.elements.count());
        self.block.corrupt(format!(
            "{write} bytes were written and {read} read, which is not possible with {capacity} elements of {size} bytes"
        ))
    }

    /// Returns the index of an element, at a position that counts bytes.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "it is below the number of elements")]
    fn index(&self, position: u64) -> usize {
        let (number, count) = (position / Self::SIZE, self.elements.count() as u64);
        // A division costs as much as all the rest.
        (if count.is_power_of_two() { number & (count - 1) } else { number % count }) as usize
    }

    /// For the writer: appends as many elements as there is room for. Never waits. Returns how
    /// many.
    ///
    /// # Errors
    /// [`StructureError::Corrupt`].
    pub fn push_slice(&self, elements: &[T]) -> Result<usize, StructureError> {
        let content = self.whole(self.core().for_writer())?;
        let room = self.elements.count() - self.count(content);
        let elements = &elements[..elements.len().min(room)];
        self.append(content, elements);
        Ok(elements.len())
    }

    fn append(&self, content: Content, elements: &[T]) {
        if elements.is_empty() {
            return;
        }
        let mut index = self.index(content.start.wrapping_add(content.bytes));
        for element in elements {
            self.elements.store(index, element);
            index = if index + 1 == self.elements.count() { 0 } else { index + 1 };
        }
        failpoint::hit("ring.push");
        self.core().written(content, elements.len() as u64 * Self::SIZE);
        self.bells[0].ring();
    }

    /// For the writer: appends an element, unless the ring is full. Never waits. Returns whether it
    /// did.
    ///
    /// # Errors
    /// [`StructureError::Corrupt`].
    #[inline]
    pub fn try_push(&self, element: &T) -> Result<bool, StructureError> {
        Ok(self.push_slice(std::slice::from_ref(element))? == 1)
    }

    /// For the writer: appends an element. Waits up to `timeout` while the ring is full.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`] and [`StructureError::Corrupt`].
    pub fn push(&self, element: &T, timeout: Duration) -> Result<(), StructureError> {
        let wait = (self.bells[1].word(), timeout);
        wait_for_place(
            &self.block,
            wait,
            "is full",
            || self.corrupt(),
            || match self.try_push(element) {
                Ok(true) => Claim::Place(()),
                Ok(false) => Claim::None,
                Err(_) => Claim::Corrupt,
            },
        )
    }

    /// For the writer: appends an element, and drops the oldest if the ring is full. Never waits.
    /// Returns how many were dropped.
    ///
    /// The reader must be of this crate: readers of other clients do not notice that an element was
    /// dropped while they read it.
    ///
    /// # Errors
    /// [`StructureError::Corrupt`].
    pub fn push_dropping(&self, element: &T) -> Result<usize, StructureError> {
        let mut dropped = 0;
        // The reader makes room when this does not. Only one that does not follow the protocol
        // makes the ring full again, as only the writer fills it.
        for _ in 0..100 {
            let content = self.whole(self.core().for_writer())?;
            if self.count(content) < self.elements.count() {
                if dropped != 0 {
                    self.core().before_overwriting();
                }
                self.append(content, std::slice::from_ref(element));
                return Ok(dropped);
            }
            dropped += usize::from(self.core().taken(content, Self::SIZE));
        }
        Err(self.corrupt())
    }

    /// For the reader: takes up to `most` of the oldest elements. Never waits. Allocates.
    ///
    /// # Errors
    /// [`StructureError::Corrupt`].
    pub fn pop_up_to(&self, most: usize) -> Result<Vec<T>, StructureError> {
        let mut out = Vec::new();
        let mut most = most;
        for _ in 0..TRIES {
            let content = self.whole(self.core().for_reader())?;
            let count = self.count(content).min(most);
            if count == 0 {
                break;
            }
            out.clear();
            out.extend(self.copies(content.start, count));
            if self.core().taken(content, count as u64 * Self::SIZE) {
                self.bells[1].ring();
                return Ok(out);
            }
            // The writer has dropped some meanwhile: fewer are read faster.
            most = (count / 2).max(1);
        }
        Ok(Vec::new())
    }

    /// For the reader: takes the oldest element. Never waits. Returns `None` if there is none.
    ///
    /// # Errors
    /// [`StructureError::Corrupt`].
    #[inline]
    pub fn try_pop(&self) -> Result<Option<T>, StructureError> {
        for _ in 0..TRIES {
            let content = self.whole(self.core().for_reader())?;
            if content.bytes == 0 {
                break;
            }
            let element = self.elements.load(self.index(content.start));
            if self.core().taken(content, Self::SIZE) {
                self.bells[1].ring();
                return Ok(Some(element));
            }
        }
        Ok(None)
    }

    /// For the reader: takes the oldest element. Waits up to `timeout` while there is none.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`] and [`StructureError::Corrupt`].
    pub fn pop(&self, timeout: Duration) -> Result<T, StructureError> {
        let wait = (self.bells[0].word(), timeout);
        wait_for_place(
            &self.block,
            wait,
            "is empty",
            || self.corrupt(),
            || match self.try_pop() {
                Ok(Some(element)) => Claim::Place(element),
                Ok(None) => Claim::None,
                Err(_) => Claim::Corrupt,
            },
        )
    }

    /// For the reader: returns the oldest element without taking it.
    ///
    /// # Errors
    /// [`StructureError::Corrupt`].
    pub fn peek(&self) -> Result<Option<T>, StructureError> {
        Ok(self.look(|_| (0, 1))?.pop())
    }

    /// For the reader: returns up to `most` of the newest elements without taking them, the oldest
    /// of them first. Allocates.
    ///
    /// # Errors
    /// [`StructureError::Corrupt`].
    pub fn last(&self, most: usize) -> Result<Vec<T>, StructureError> {
        self.look(|count| (count - most.min(count), most.min(count)))
    }

    /// Copies elements that stay in the ring: `which` says how many to skip and to copy, of how
    /// many.
    fn look(&self, which: impl Fn(usize) -> (usize, usize)) -> Result<Vec<T>, StructureError> {
        for _ in 0..TRIES {
            let content = self.whole(self.core().for_reader())?;
            if content.bytes == 0 {
                break;
            }
            let (skipped, count) = which(self.count(content));
            let start = content.start.wrapping_add(skipped as u64 * Self::SIZE);
            let out: Vec<T> = self.copies(start, count).collect();
            if self.core().is_still_there(content) {
                return Ok(out);
            }
        }
        Ok(Vec::new())
    }

    /// Returns copies of elements from a position on.
    fn copies(&self, start: u64, count: usize) -> impl Iterator<Item = T> + '_ {
        let (first, all) = (self.index(start), self.elements.count());
        (first..first + count).map(move |index| self.elements.load(if index < all { index } else { index - all }))
    }

    /// Returns the number of elements of a content.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "it is at most the number of elements")]
    fn count(&self, content: Content) -> usize {
        (content.bytes / Self::SIZE) as usize
    }

    /// Returns how many elements there is room for.
    pub fn capacity(&self) -> usize {
        self.elements.count()
    }

    /// Returns how many elements there are. It may be outdated at once.
    ///
    /// # Errors
    /// [`StructureError::Corrupt`].
    pub fn len(&self) -> Result<usize, StructureError> {
        Ok(self.count(self.whole(self.core().for_reader())?))
    }

    /// Returns whether there is no element. It may be outdated at once.
    ///
    /// # Errors
    /// [`StructureError::Corrupt`].
    pub fn is_empty(&self) -> Result<bool, StructureError> {
        Ok(self.len()? == 0)
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
        self.block.record.is_some()
    }
}

impl<T> std::fmt::Debug for RingBuffer<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.block.fmt_as("RingBuffer", f)
    }
}

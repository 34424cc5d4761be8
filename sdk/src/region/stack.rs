//! Stacks.

use super::element::Element;
use super::error::RegionError;
use super::failure::StructureError;
use super::handle::Region;
use super::kind::StructureKind;
use super::sequence::{Fields, Sequence};
use super::waiting::wait_for_place;
use crate::failpoint;
use crate::protocol::region::Claim;
use crate::protocol::region::stack as core;
use std::time::Duration;

/// Where the header's fields are, in words.
const TOP: usize = 0;
const FIELDS: Fields = Fields { capacity: 1, element_size: 2 };
/// The most places: the top is a signed number.
const MOST: u32 = i32::MAX as u32;

/// A bounded stack, last in, first out, for any number of processes.
///
/// A process that is killed between the two steps of a push or a pop leaves a place that others
/// cannot use: they then get [`StructureError::Stuck`] when their time is over, and
/// [`Region::repair`] frees the place.
///
/// # Examples
///
/// ```
/// use slotcast::region::{Region, Stack};
/// # let name = format!("slotcast-doc-stack-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let stack = Stack::<u64>::create(&region, "free blocks", 100)?;
/// assert!(stack.try_push(&1)?);
/// assert!(stack.try_push(&2)?);
/// assert_eq!(stack.try_pop()?, Some(2));
/// assert_eq!(stack.len(), 1);
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Stack<T> {
    parts: Sequence<T>,
}

impl<T: Element> Stack<T> {
    /// Creates a stack for `capacity` elements.
    ///
    /// # Errors
    /// [`RegionError::NoSpace`], [`RegionError::TableFull`], [`RegionError::StructureExists`],
    /// [`RegionError::StructureName`], and [`RegionError::Argument`] if the capacity is 0 or more
    /// than 2^31 - 1.
    pub fn create(region: &Region, name: &str, capacity: u32) -> Result<Self, RegionError> {
        if capacity == 0 || capacity > MOST {
            let problem = format!("its capacity would be {capacity}, and may be 1 to {MOST}").into();
            return Err(RegionError::Argument { region: region.name().into(), structure: name.into(), problem });
        }
        let parts = Sequence::create(region, name, StructureKind::Stack, (capacity, FIELDS), |header, _| {
            header[TOP].store_relaxed(u32::MAX);
        })?;
        Ok(Self { parts })
    }

    /// Opens a stack that exists.
    ///
    /// # Errors
    /// [`RegionError::NoStructure`], [`RegionError::Kind`], [`RegionError::Type`],
    /// [`RegionError::Layout`] and [`RegionError::Corrupt`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        let parts = Sequence::open(region, name, StructureKind::Stack, FIELDS)?;
        if parts.words.len() > MOST as usize {
            return Err(parts.block.layout(format!("its capacity is {}, more than {MOST}", parts.words.len())));
        }
        Ok(Self { parts })
    }

    /// Opens a stack, or creates it if there is none. One that exists may have another capacity.
    ///
    /// # Errors
    /// Those of both, except those that say which exists.
    pub fn open_or_create(region: &Region, name: &str, capacity: u32) -> Result<Self, RegionError> {
        region.open_or(name, || Self::open(region, name), || Self::create(region, name, capacity))
    }

    fn core(&self) -> core::Stack<'_> {
        core::Stack::new(&self.parts.header[TOP], &self.parts.words)
    }

    fn push_once(&self, element: &T) -> Claim<()> {
        self.core().take_free(std::thread::yield_now).map(|place| {
            failpoint::hit("stack.push");
            self.parts.elements.store(place, element);
            self.core().fill(place);
            self.parts.bells[0].ring();
        })
    }

    fn pop_once(&self) -> Claim<T> {
        self.core().take_full(std::thread::yield_now).map(|place| {
            let element = self.parts.elements.load(place);
            failpoint::hit("stack.pop");
            self.core().free(place);
            self.parts.bells[1].ring();
            element
        })
    }

    /// Puts an element on top, unless the stack is full, or another process has that place in its
    /// hands. Waits for nothing. Returns whether it did.
    ///
    /// # Errors
    /// [`StructureError::Corrupt`].
    pub fn try_push(&self, element: &T) -> Result<bool, StructureError> {
        match self.push_once(element) {
            Claim::Place(()) => Ok(true),
            Claim::None | Claim::Busy => Ok(false),
            Claim::Corrupt => Err(self.corrupt()),
        }
    }

    /// Takes the highest element. Waits for nothing. Returns `None` if there is none, or another
    /// process has it in its hands.
    ///
    /// # Errors
    /// [`StructureError::Corrupt`].
    pub fn try_pop(&self) -> Result<Option<T>, StructureError> {
        match self.pop_once() {
            Claim::Place(element) => Ok(Some(element)),
            Claim::None | Claim::Busy => Ok(None),
            Claim::Corrupt => Err(self.corrupt()),
        }
    }

    /// Puts an element on top. Waits up to `timeout` while the stack is full.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`], [`StructureError::Stuck`] and [`StructureError::Corrupt`].
    pub fn push(&self, element: &T, timeout: Duration) -> Result<(), StructureError> {
        let block = &self.parts.block;
        let wait = (self.parts.bells[1].word(), timeout);
        wait_for_place(block, wait, "is full", || self.corrupt(), || self.push_once(element))
    }

    /// Takes the highest element. Waits up to `timeout` while there is none.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`], [`StructureError::Stuck`] and [`StructureError::Corrupt`].
    pub fn pop(&self, timeout: Duration) -> Result<T, StructureError> {
        let block = &self.parts.block;
        let wait = (self.parts.bells[0].word(), timeout);
        wait_for_place(block, wait, "is empty", || self.corrupt(), || self.pop_once())
    }

    #[cold]
    fn corrupt(&self) -> StructureError {
        let (top, places) = (self.parts.header[TOP].load_relaxed().cast_signed(), self.capacity());
        self.parts.block.corrupt(format!("its top is {top}, and it has {places} places"))
    }

    /// Returns the number of places.
    pub fn capacity(&self) -> usize {
        self.parts.words.len()
    }

    /// Returns how many elements there are. It may be outdated at once.
    pub fn len(&self) -> usize {
        self.core().len()
    }

    /// Returns whether there is no element. It may be outdated at once.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether the type of the elements was compared with a recorded one, not only their
    /// size.
    pub fn is_verified(&self) -> bool {
        self.parts.block.record.is_some()
    }
}

impl<T> std::fmt::Debug for Stack<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.parts.block.fmt_as("Stack", f)
    }
}

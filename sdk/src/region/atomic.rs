//! Values that are read and written whole.

use super::block::Block;
use super::element::{Element, Elements};
use super::error::RegionError;
use super::failure::StructureError;
use super::handle::Region;
use super::integer::Integer;
use super::kind::StructureKind;
use super::new::New;
use super::waiting::{PATIENCE, ring, wait};
use crate::protocol::region::cell::{Cell, Writing};
use crate::sync::Word;
use crate::sys::shared_memory::Held;
use std::time::Duration;

/// Bytes before the two copies of the value: the cell's word.
const HEADER: usize = 8;

/// A value of any type that any number of processes read and write, always whole.
///
/// Reading takes no lock, and never waits for a writer, even one that is stopped or has died. Of
/// several writers one writes at a time; one that dies while it writes leaves the old value, and
/// the next one takes its place.
///
/// # Examples
///
/// ```
/// use slotcast::region::{Atomic, Region};
/// # let name = format!("slotcast-doc-atomic-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let pose = Atomic::create(&region, "pose", &[0.0_f64; 6])?;
/// pose.store(&[1.0, 2.0, 3.0, 0.0, 0.0, 0.5])?;
/// assert_eq!(pose.load()?[2], 3.0);
///
/// let count = Atomic::create(&region, "count", &0_u64)?;
/// assert_eq!(count.fetch_add(1)?, 0);
/// assert_eq!(count.update(|count| count * 10)?, 10);
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Atomic<T> {
    block: Block,
    word: Held<Word>,
    copies: Elements<T>,
}

impl<T: Element> Atomic<T> {
    const SIZE: usize = HEADER + 2 * size_of::<T>();

    /// Creates a value.
    ///
    /// # Errors
    /// [`RegionError::NoSpace`], [`RegionError::TableFull`], [`RegionError::StructureExists`] and
    /// [`RegionError::StructureName`].
    pub fn create(region: &Region, name: &str, value: &T) -> Result<Self, RegionError> {
        let new = New {
            name: name.into(),
            kind: StructureKind::Atomic,
            size: Self::SIZE as u64,
            element_size: size_of::<T>(),
            schemas: &[T::SCHEMA],
            extra: 0,
        };
        let block = region.create_one(new, |block| {
            Self::of(block.clone())?.copies.store(0, value);
            Ok(())
        })?;
        Self::of(block)
    }

    /// Opens a value that exists.
    ///
    /// # Errors
    /// [`RegionError::NoStructure`], [`RegionError::Kind`], [`RegionError::Type`],
    /// [`RegionError::Layout`] and [`RegionError::Corrupt`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        Self::of(region.open_one(name, StructureKind::Atomic, &[T::SCHEMA])?)
    }

    /// Opens a value, or creates it if there is none.
    ///
    /// # Errors
    /// Those of both, except those that say which exists.
    pub fn open_or_create(region: &Region, name: &str, value: &T) -> Result<Self, RegionError> {
        region.open_or(name, || Self::open(region, name), || Self::create(region, name, value))
    }

    fn of(block: Block) -> Result<Self, RegionError> {
        let copies = Elements::new(&block, HEADER, 2).filter(|_| block.size - Self::SIZE < 8);
        let copies = copies.ok_or_else(|| {
            let (size, needed) = (block.size, Self::SIZE);
            block.layout(format!("it has {size} bytes, and with this type would have {needed}"))
        })?;
        Ok(Self { word: block.header::<Word>(0, 1)?, copies, block })
    }

    fn cell(&self) -> Cell<'_> {
        Cell::new(&self.word[0])
    }

    /// Returns the value.
    ///
    /// # Errors
    /// [`StructureError::Corrupt`] if others wrote it more often than possible while this read it.
    #[inline]
    pub fn load(&self) -> Result<T, StructureError> {
        let read = self.cell().read(|copy| self.copies.load(copy));
        read.map(|(_, value)| value).ok_or_else(|| self.block.corrupt("its word changes all the time".into()))
    }

    /// Becomes the writer. Waits while another one writes.
    fn begin(&self) -> Result<Writing, StructureError> {
        let inner = &self.block.inner;
        let begin =
            |is_patient: bool| self.cell().begin(inner.token(), |token| is_patient && inner.is_dead(token)).ok();
        if let Some(writing) = begin(false) {
            return Ok(writing);
        }
        let writing = wait(inner, None, PATIENCE, || begin(true));
        writing.ok_or_else(|| self.block.stuck(PATIENCE))
    }

    fn end(&self, writing: Writing) -> Result<(), StructureError> {
        if !self.cell().publish(writing) {
            return Err(self.block.corrupt("another process has taken the place of the one that writes".into()));
        }
        ring(&self.block.inner, self.block.first_bell());
        Ok(())
    }

    /// Stores a value. Waits while another process does.
    ///
    /// # Errors
    /// [`StructureError::Stuck`] if another process has been about to store a value for ten
    /// seconds: it is stopped. [`StructureError::Corrupt`].
    #[inline]
    pub fn store(&self, value: &T) -> Result<(), StructureError> {
        let writing = self.begin()?;
        self.copies.store(writing.next(), value);
        self.end(writing)
    }

    /// Changes the value, while no other process does. Returns the new one.
    ///
    /// # Errors
    /// Those of [`store`](Self::store).
    pub fn update(&self, change: impl FnOnce(T) -> T) -> Result<T, StructureError> {
        struct GiveUp<'a>(Cell<'a>, Option<Writing>);
        impl Drop for GiveUp<'_> {
            fn drop(&mut self) {
                if let Some(writing) = self.1.take() {
                    self.0.give_up(writing);
                }
            }
        }
        let writing = self.begin()?;
        let mut unless_done = GiveUp(self.cell(), Some(writing));
        let value = change(self.copies.load(writing.current()));
        self.copies.store(writing.next(), &value);
        unless_done.1 = None;
        self.end(writing)?;
        Ok(value)
    }

    /// Waits up to `timeout` until the value is one for which `is_so` is true. Returns it.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`] and [`StructureError::Corrupt`].
    pub fn wait_until(&self, timeout: Duration, mut is_so: impl FnMut(&T) -> bool) -> Result<T, StructureError> {
        let result = wait(&self.block.inner, self.block.first_bell(), timeout, || match self.load() {
            Ok(value) if !is_so(&value) => None,
            other => Some(other),
        });
        result.unwrap_or_else(|| Err(self.block.timed_out(timeout, "has not become what was waited for")))
    }
}

impl<T: Integer> Atomic<T> {
    /// Adds a number, wrapping, and returns the value before.
    ///
    /// # Errors
    /// Those of [`store`](Self::store).
    pub fn fetch_add(&self, number: T) -> Result<T, StructureError> {
        let mut before = None;
        self.update(|value| {
            before = Some(value);
            value.wrapping_add(number)
        })?;
        Ok(before.expect("it was changed"))
    }

    /// Stores `new` if the value is `current`. Returns the value before.
    ///
    /// # Errors
    /// Those of [`store`](Self::store).
    pub fn compare_exchange(&self, current: T, new: T) -> Result<T, StructureError> {
        let mut before = None;
        self.update(|value| {
            before = Some(value);
            if value == current { new } else { value }
        })?;
        Ok(before.expect("it was looked at"))
    }
}

impl<T> std::fmt::Debug for Atomic<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.block.fmt_as("Atomic", f)
    }
}

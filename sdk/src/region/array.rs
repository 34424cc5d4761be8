//! Arrays.

use super::block::Block;
use super::element::{Element, Elements};
use super::error::RegionError;
use super::handle::Region;
use super::integer::Integer;
use super::kind::StructureKind;
use super::new::New;
use crate::sync::Word;

/// Bytes before the elements: their number.
const HEADER: usize = 8;

/// A fixed number of elements, which any process can read and write at any time.
///
/// Elements of up to 8 bytes are read and written whole, if their size is a power of two. A larger
/// element that one process writes while another reads it can be seen partly old and partly new:
/// protect it with a [`Mutex`](super::Mutex), or use an [`Atomic`](super::Atomic).
///
/// # Examples
///
/// ```
/// use slotcast::region::{Array, Region};
/// # let name = format!("slotcast-doc-array-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let array = Array::<f64>::create(&region, "samples", 4)?;
/// array.set(0, &1.5)?;
/// array.set(3, &2.5)?;
/// assert_eq!(array.to_vec(), [1.5, 0.0, 0.0, 2.5]);
/// assert_eq!(array.iter().sum::<f64>(), 4.0);
/// assert_eq!(array.get(4), None);
/// # Region::remove(&name)?;
/// # Ok::<(), slotcast::region::RegionError>(())
/// ```
pub struct Array<T> {
    block: Block,
    elements: Elements<T>,
}

impl<T: Element> Array<T> {
    /// Creates an array of `capacity` zeroed elements.
    ///
    /// # Errors
    /// [`RegionError::NoSpace`], [`RegionError::TableFull`], [`RegionError::StructureExists`],
    /// [`RegionError::StructureName`], and [`RegionError::Argument`] if the capacity is 0.
    pub fn create(region: &Region, name: &str, capacity: usize) -> Result<Self, RegionError> {
        let size = capacity.checked_mul(size_of::<T>()).and_then(|bytes| bytes.checked_add(HEADER));
        let (true, Some(size)) = (capacity != 0, size) else {
            let problem = format!("it cannot have {capacity} elements").into();
            return Err(RegionError::Argument { region: region.name().into(), structure: name.into(), problem });
        };
        let new = New {
            name: name.into(),
            kind: StructureKind::Array,
            size: size as u64,
            element_size: size_of::<T>(),
            schemas: &[T::SCHEMA],
            extra: 0,
        };
        let block = region.create_one(new, |block| {
            block.header::<Word>(0, 1)?[0].store_relaxed(capacity as u64);
            Ok(())
        })?;
        Self::of(block)
    }

    /// Opens an array that exists.
    ///
    /// # Errors
    /// [`RegionError::NoStructure`], [`RegionError::Kind`], [`RegionError::Type`],
    /// [`RegionError::Layout`] and [`RegionError::Corrupt`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        Self::of(region.open_one(name, StructureKind::Array, &[T::SCHEMA])?)
    }

    /// Opens an array, or creates it with `capacity` elements if there is none.
    ///
    /// # Errors
    /// Those of both, except those that say which exists. [`RegionError::Layout`] if there is one
    /// of another capacity.
    pub fn open_or_create(region: &Region, name: &str, capacity: usize) -> Result<Self, RegionError> {
        let array = region.open_or(name, || Self::open(region, name), || Self::create(region, name, capacity))?;
        if array.len() != capacity {
            let problem = format!("it has {} elements, and {capacity} were asked for", array.len());
            return Err(array.block.layout(problem));
        }
        Ok(array)
    }

    fn of(block: Block) -> Result<Self, RegionError> {
        let capacity = block.header::<Word>(0, 1)?[0].load_relaxed();
        let elements = usize::try_from(capacity).ok().and_then(|capacity| Elements::readable(&block, HEADER, capacity));
        let elements = elements.ok_or_else(|| {
            block.layout(format!(
                "it says {capacity} elements, which are {} bytes each in this program, and it has {} bytes",
                size_of::<T>(),
                block.size
            ))
        })?;
        // The size may have been rounded up.
        let used = HEADER + elements.count() * size_of::<T>();
        if elements.count() == 0 || block.size - used >= 8 {
            return Err(block.layout(format!(
                "it has {} bytes, and {capacity} elements of {} bytes would take {used}",
                block.size,
                size_of::<T>()
            )));
        }
        Ok(Self { block, elements })
    }

    /// Returns the number of elements, at least 1.
    #[inline]
    #[expect(clippy::len_without_is_empty, reason = "an array is never empty")]
    pub fn len(&self) -> usize {
        self.elements.count()
    }

    /// Returns a copy of an element. Returns `None` beyond the end.
    #[inline]
    pub fn get(&self, index: usize) -> Option<T> {
        (index < self.elements.count()).then(|| self.elements.load(index))
    }

    /// Stores an element.
    ///
    /// # Errors
    /// [`RegionError::Argument`] beyond the end, [`RegionError::ReadOnly`] and
    /// [`RegionError::OpenedReadOnly`].
    #[inline]
    pub fn set(&self, index: usize, value: &T) -> Result<(), RegionError> {
        if index < self.elements.count() && self.elements.is_writable() {
            self.elements.store(index, value);
            return Ok(());
        }
        Err(self.refusal(index))
    }

    #[cold]
    fn refusal(&self, index: usize) -> RegionError {
        if !self.elements.is_writable() {
            return self.block.inner.read_only();
        }
        let region = self.block.inner.name.clone();
        let problem = format!("it has {} elements, and none at index {index}", self.len()).into();
        RegionError::Argument { region, structure: self.block.name.clone(), problem }
    }

    /// Stores the same value in all elements, one after another.
    ///
    /// # Errors
    /// [`RegionError::ReadOnly`] and [`RegionError::OpenedReadOnly`].
    pub fn fill(&self, value: &T) -> Result<(), RegionError> {
        (0..self.len()).try_for_each(|index| self.set(index, value))
    }

    /// Returns copies of all elements, one after another: they need not be of the same moment.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = T> + DoubleEndedIterator + '_ {
        (0..self.len()).map(|index| self.elements.load(index))
    }

    /// Returns copies of all elements. Allocates.
    pub fn to_vec(&self) -> Vec<T> {
        self.iter().collect()
    }

    /// Returns whether the type of the elements was compared with a recorded one, not only their
    /// size.
    pub fn is_verified(&self) -> bool {
        self.block.record.is_some()
    }
}

/// Elements that processors change atomically.
impl<T: Integer> Array<T> {
    /// Adds a number to an element, wrapping, and returns the value before: whole, whatever others
    /// do. Returns `None` beyond the end, or if the region can only be read.
    #[inline]
    pub fn fetch_add(&self, index: usize, number: T) -> Option<T> {
        self.is_changeable(index).then(|| T::add_at(&self.elements, index, number))
    }

    /// Stores `new` if an element is `current`. Returns whether it did, or `None` beyond the end,
    /// or if the region can only be read.
    #[inline]
    pub fn compare_exchange(&self, index: usize, current: T, new: T) -> Option<bool> {
        self.is_changeable(index).then(|| T::exchange_at(&self.elements, index, current, new))
    }

    fn is_changeable(&self, index: usize) -> bool {
        index < self.elements.count() && self.elements.is_writable()
    }
}

impl<T> std::fmt::Debug for Array<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.block.fmt_as("Array", f)
    }
}

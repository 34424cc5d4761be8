//! Futures: values that are set once.

use super::block::Block;
use super::element::{Element, Elements};
use super::error::RegionError;
use super::failure::StructureError;
use super::handle::Region;
use super::kind::StructureKind;
use super::new::New;
use super::ownership::Ownership;
use super::waiting::{ring, wait};
use crate::protocol::region::owned::{Attempt, Owned, Values};
use crate::sync::{Byte, SharedWord, Word, Word32};
use crate::sys::process;
use crate::sys::shared_memory::Held;
use std::time::Duration;

/// Where the fields are, in words of 32 bits.
const STATE: usize = 0;
const WAITERS: usize = 1;
/// Bytes before the value: state, number of waiters, and the time of completion.
const HEADER: usize = 16;
/// The bytes of the text of an error.
const TEXT: usize = 256;

const VALUES: Values = Values { free: 0, taken: 1 };
const READY: u32 = 2;
const FAILED: u32 = 3;

/// A value that one process sets once, or an error, and for which any number of processes wait.
///
/// A process that dies while it sets the value leaves it unset: the next one can set it.
///
/// # Examples
///
/// ```
/// use slotcast::region::{Future, Region};
/// use std::time::Duration;
/// # let name = format!("slotcast-doc-future-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let energy = Future::<f64>::create(&region, "energy")?;
/// assert!(energy.try_get()?.is_none());
/// assert!(energy.set(&-1.5)?);
/// assert!(!energy.set(&0.0)?); // it is set already
/// assert_eq!(energy.get(Duration::from_secs(1))?, Ok(-1.5));
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Future<T> {
    block: Block,
    words: Held<Word32>,
    completed: Held<Word>,
    value: Elements<T>,
    text: Held<Byte>,
}

impl<T: Element> Future<T> {
    const SIZE: usize = HEADER + size_of::<T>() + TEXT;

    /// Creates a future that is not set.
    ///
    /// # Errors
    /// [`RegionError::NoSpace`], [`RegionError::TableFull`], [`RegionError::StructureExists`] and
    /// [`RegionError::StructureName`].
    pub fn create(region: &Region, name: &str) -> Result<Self, RegionError> {
        let new = New {
            name: name.into(),
            kind: StructureKind::Future,
            // Other clients have it as a structure, whose size is a multiple of its alignment.
            size: Self::SIZE.next_multiple_of(8) as u64,
            element_size: size_of::<T>(),
            schemas: &[T::SCHEMA],
            extra: 0,
        };
        Self::of(region.create_one(new, |_| Ok(()))?)
    }

    /// Opens a future that exists.
    ///
    /// # Errors
    /// [`RegionError::NoStructure`], [`RegionError::Kind`], [`RegionError::Type`],
    /// [`RegionError::Layout`] and [`RegionError::Corrupt`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        Self::of(region.open_one(name, StructureKind::Future, &[T::SCHEMA])?)
    }

    /// Opens a future, or creates it if there is none.
    ///
    /// # Errors
    /// Those of both, except those that say which exists.
    pub fn open_or_create(region: &Region, name: &str) -> Result<Self, RegionError> {
        region.open_or(name, || Self::open(region, name), || Self::create(region, name))
    }

    fn of(block: Block) -> Result<Self, RegionError> {
        let value = Elements::new(&block, HEADER, 1);
        let text = block.words::<Byte>(HEADER + size_of::<T>(), TEXT);
        let (Some(value), Some(text)) = (value, text.filter(|_| block.size - Self::SIZE < 8)) else {
            let (size, needed) = (block.size, Self::SIZE);
            return Err(block.layout(format!("it has {size} bytes, and with this type would have {needed}")));
        };
        Ok(Self { words: block.header::<Word32>(0, 2)?, completed: block.header::<Word>(8, 1)?, value, text, block })
    }

    /// Sets the value, unless it or an error was set. Returns whether it did.
    ///
    /// # Errors
    /// [`StructureError::Unclear`].
    pub fn set(&self, value: &T) -> Result<bool, StructureError> {
        self.complete(READY, || self.value.store(0, value))
    }

    /// Sets an error in place of a value, unless one of both was set. The text is cut after 255
    /// bytes. Returns whether it did.
    ///
    /// # Errors
    /// [`StructureError::Unclear`].
    pub fn fail(&self, text: &str) -> Result<bool, StructureError> {
        let end = (0..TEXT).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0).min(text.len());
        let bytes = text.as_bytes()[..end].iter().copied().chain(std::iter::repeat(0));
        self.complete(FAILED, || self.text.iter().zip(bytes).for_each(|(byte, value)| byte.store(value)))
    }

    fn complete(&self, state: u32, write: impl FnOnce()) -> Result<bool, StructureError> {
        let mut ownership = Ownership::new(&self.block, &self.words[STATE], VALUES);
        match ownership.try_take() {
            Attempt::Taken | Attempt::Inherited => {
                write();
                self.completed[0].store_relaxed(process::monotonic_ns());
                ownership.release(state);
                ring(&self.block.inner, self.block.first_bell());
                Ok(true)
            }
            Attempt::Unclear => Err(self.block.unclear()),
            Attempt::Held { .. } | Attempt::HeldByOther => Ok(false),
        }
    }

    /// Returns the value or the error, if one of both was set. Never waits.
    ///
    /// # Errors
    /// [`StructureError::Corrupt`] if the state is none.
    pub fn try_get(&self) -> Result<Option<Result<T, String>>, StructureError> {
        match Owned::state(&self.words[STATE]) {
            0 | 1 => Ok(None),
            READY => Ok(Some(Ok(self.value.load(0)))),
            FAILED => Ok(Some(Err(self.read_text()))),
            other => Err(self.block.corrupt(format!("its state is {other}, not 0 to 3"))),
        }
    }

    fn read_text(&self) -> String {
        let bytes: Vec<u8> = self.text.iter().map(SharedWord::load).take_while(|&byte| byte != 0).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Returns the value or the error. Waits up to `timeout` until one of both is set.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`] and [`StructureError::Corrupt`].
    pub fn get(&self, timeout: Duration) -> Result<Result<T, String>, StructureError> {
        if let Some(result) = self.try_get()? {
            return Ok(result);
        }
        self.words[WAITERS].add(1);
        let result = wait(&self.block.inner, self.block.first_bell(), timeout, || self.try_get().transpose());
        self.words[WAITERS].add(u32::MAX);
        result.unwrap_or_else(|| Err(self.block.timed_out(timeout, "is not set")))
    }

    /// Returns when it was set, in nanoseconds of `CLOCK_MONOTONIC`. Returns `None` if it is not.
    pub fn completed_ns(&self) -> Option<u64> {
        (Owned::state(&self.words[STATE]) >= READY).then(|| self.completed[0].load_relaxed())
    }
}

impl<T> std::fmt::Debug for Future<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.block.fmt_as("Future", f)
    }
}

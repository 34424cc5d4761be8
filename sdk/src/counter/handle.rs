use crate::shm::CounterSegment;
use crate::sys::fork::Origin;
use std::fmt;
use std::sync::Arc;

/// A number that others see: how often something has happened, or how much of something there is.
///
/// Clones are the same counter. Threads share it without a lock. [`Counters::counter`](crate::Counters::counter)
/// creates it.
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// # let counters = slotcast::Counters::builder("camera").domain(&domain).create()?;
/// let frames = counters.counter("frames", "")?;
/// frames.add(1);
/// let buffered = counters.counter("buffered", "byte")?;
/// buffered.add(4096);
/// buffered.add(-4096);
/// assert_eq!((frames.get(), buffered.get()), (1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Counter {
    pub(super) segment: Arc<CounterSegment>,
    pub(super) index: usize,
    pub(super) origin: Origin,
}

impl Counter {
    /// Adds a number, which may be negative. It wraps. One addition, without order: it neither waits
    /// nor allocates. In a forked child it does nothing.
    #[inline]
    pub fn add(&self, number: i64) {
        if self.origin.is_here() {
            self.segment.table().value(self.index).add_relaxed(number.cast_unsigned());
        }
    }

    /// Sets the number, whatever it was: for what is measured, and not counted. In a forked child it
    /// does nothing.
    #[inline]
    pub fn set(&self, number: i64) {
        if self.origin.is_here() {
            self.segment.table().value(self.index).store_relaxed(number.cast_unsigned());
        }
    }

    /// Returns the number; in a forked child 0.
    pub fn get(&self) -> i64 {
        if self.origin.is_here() { self.segment.table().value(self.index).load_relaxed().cast_signed() } else { 0 }
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counter").field("value", &self.get()).finish_non_exhaustive()
    }
}

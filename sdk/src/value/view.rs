use super::Version;
use crate::schema::ShmMessage;
use crate::subscriber::{Sample, Subscriber};
use std::fmt;
use std::ops::Deref;
use std::time::Duration;

/// A value that was read. It stays what it is while it is looked at. To keep it longer, copy it, or
/// clone its [`sample`](Self::sample).
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut writer = slotcast::ValueWriter::<[f64; 2]>::builder("limits").domain(&domain).create()?;
/// # let mut reader = slotcast::ValueReader::<[f64; 2]>::builder("limits").domain(&domain).create()?;
/// writer.set(&[0.5, 2.0])?;
/// let limits = reader.get()?.expect("it was set");
/// println!("{} to {}, set {:?} ago", limits[0], limits[1], limits.age().unwrap_or_default());
/// assert!(!limits.is_orphaned());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Value<'a, T: ShmMessage> {
    pub(super) sample: &'a Sample<T>,
    pub(super) subscriber: &'a Subscriber<T>,
}

impl<'a, T: ShmMessage> Value<'a, T> {
    /// Returns its version.
    #[inline]
    pub fn version(&self) -> Version {
        Version::new(self.sample.publisher(), self.sample.sequence())
    }

    /// Returns how long ago it was set. Returns `None` if its writer has no
    /// [`timestamps`](super::ValueWriterBuilder::timestamps). Reads the clock: about 20 ns.
    pub fn age(&self) -> Option<Duration> {
        self.sample.age()
    }

    /// Returns whether its writer has ended, and no other one has set another value yet. Makes some
    /// system calls.
    pub fn is_orphaned(&self) -> bool {
        !self.subscriber.is_alive(self.sample.publisher())
    }

    /// Returns it as a sample, which can be cloned, kept and sent to other threads. One that is larger
    /// than 1024 bytes lies in the memory of its writer, which does not reuse that while it is held.
    pub fn sample(&self) -> &'a Sample<T> {
        self.sample
    }
}

impl<T: ShmMessage> Deref for Value<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.sample
    }
}

impl<T: ShmMessage + fmt::Debug> fmt::Debug for Value<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Value").field("value", &**self).field("version", &self.version()).finish_non_exhaustive()
    }
}

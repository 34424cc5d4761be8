use crate::registry::EndpointId;
use std::fmt;

/// Which writer has set a value, and how often it had set one then. Another value has another
/// version.
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut writer = slotcast::ValueWriter::<u64>::builder("limit").domain(&domain).create()?;
/// # let mut reader = slotcast::ValueReader::<u64>::builder("limit").domain(&domain).create()?;
/// writer.set(&5)?;
/// writer.set(&6)?;
/// let version = reader.get()?.expect("it was set").version();
/// assert_eq!((version.number(), version.writer()), (2, writer.id()));
/// assert!(!reader.changed_since(version)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    writer: EndpointId,
    number: u64,
}

impl Version {
    #[inline]
    pub(crate) fn new(writer: EndpointId, sequence: u64) -> Self {
        Self { writer, number: sequence.saturating_add(1) }
    }

    /// Returns the version that has these parts, such as another language or a file has kept them.
    pub fn from_parts(writer: EndpointId, number: u64) -> Self {
        Self { writer, number }
    }

    /// Returns who has set the value: another one after a restart or a take-over.
    pub fn writer(self) -> EndpointId {
        self.writer
    }

    /// Returns how often this writer had set the value, from 1.
    pub fn number(self) -> u64 {
        self.number
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.number, self.writer)
    }
}

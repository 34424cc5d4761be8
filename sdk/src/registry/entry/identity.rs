use crate::sys::process;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;

/// What an endpoint is.
///
/// ```
/// use slotcast::registry::Role;
///
/// assert_eq!(Role::Publisher.to_string(), "publisher");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It writes a ring.
    Publisher,
    /// It reads the rings of publishers.
    Subscriber,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Publisher => "publisher",
            Self::Subscriber => "subscriber",
        })
    }
}

/// The identity of an endpoint: random, and never reused. Prints as 32 hexadecimal digits.
///
/// ```
/// use slotcast::EndpointId;
///
/// assert_eq!(EndpointId(0xabc).to_string(), "00000000000000000000000000000abc");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointId(pub u128);

impl EndpointId {
    /// Creates a new identity.
    ///
    /// # Errors
    /// When the kernel gives no random numbers.
    pub fn random() -> io::Result<Self> {
        process::random().map(Self)
    }

    /// Creates an identity from the two words that stand for it in shared memory, the lower first.
    pub(crate) fn of_halves([lower, upper]: [u64; 2]) -> Self {
        Self(u128::from(lower) | u128::from(upper) << 64)
    }

    /// Returns the two words that stand for it in shared memory, the lower first.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the halves are meant")]
    pub(crate) fn halves(self) -> [u64; 2] {
        [self.0 as u64, (self.0 >> 64) as u64]
    }
}

impl fmt::Display for EndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// What people call an endpoint: `pid 4711, driver "left wheel"`.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// use slotcast::{Publisher, Subscriber};
///
/// let publisher = Publisher::<u64>::builder("ticks").domain(&domain).name("clock").create()?;
/// let mut subscriber = Subscriber::<u64>::builder("ticks").domain(&domain).create()?;
/// for publisher in subscriber.publishers()? {
///     assert!(publisher.to_string().ends_with("\"clock\""));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerName {
    /// Its identity, as in [`Sample::publisher`](crate::Sample::publisher).
    pub id: EndpointId,
    /// What it is.
    pub role: Role,
    /// The number of its process, in that process's own PID namespace.
    pub pid: u32,
    /// The program that its process runs; cut after 256 characters, with `…`.
    pub program: String,
    /// The name that the endpoint was given; may be empty. Cut in the same way.
    pub name: String,
}

impl fmt::Display for PeerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {}, {}", self.pid, self.program.escape_debug())?;
        if self.name.is_empty() { Ok(()) } else { write!(f, " \"{}\"", self.name.escape_debug()) }
    }
}

use std::fmt;

/// What a publisher has promised a subscriber, as seen from either side.
///
/// See [`Publisher::readers`](crate::Publisher::readers) and
/// [`Subscriber::sources`](crate::Subscriber::sources).
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// use slotcast::{Delivery, Publisher, Subscriber};
/// use std::time::Duration;
///
/// let timeout = Duration::from_secs(1);
/// let mut publisher = Publisher::<u64>::builder("log").domain(&domain).lossless(timeout).create()?;
/// let subscriber = Subscriber::<u64>::builder("log").domain(&domain).lossless().create()?;
/// assert_eq!(publisher.readers()?[0].delivery, Delivery::Pending);
/// publisher.publish(&1)?;
/// assert_eq!(publisher.readers()?[0].delivery, Delivery::Lossless);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// Messages can be lost: the subscriber has not requested lossless delivery, or the publisher
    /// does not offer it. What is overwritten before it was read is lost.
    Lossy,
    /// The subscriber has requested lossless delivery, and the publisher has not answered yet. It
    /// does so before its next message; if it already serves the maximal number of subscribers,
    /// when others leave.
    Pending,
    /// No message is lost: the publisher waits for the subscriber.
    Lossless,
    /// Delivery was lossless until the subscriber did not read in time, or reported an impossible
    /// cursor. The publisher does not wait for it any more.
    Detached,
    /// The subscriber has requested lossless delivery and cannot have it: see
    /// [`NotLossless::Refused`](crate::NotLossless::Refused) and
    /// [`NotLossless::NoLine`](crate::NotLossless::NoLine).
    Refused,
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lossy => "lossy",
            Self::Pending => "lossless requested",
            Self::Lossless => "lossless",
            Self::Detached => "detached",
            Self::Refused => "lossless refused",
        })
    }
}

/// Why a publisher does not deliver without loss to a subscriber that requests it.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// use slotcast::{NotLossless, Publisher, RecvError, Subscriber};
///
/// let publisher = Publisher::<u64>::builder("log").domain(&domain).create()?; // not lossless
/// let mut subscriber = Subscriber::<u64>::builder("log").domain(&domain).lossless().create()?;
/// let error = subscriber.try_recv().unwrap_err();
/// assert!(matches!(error, RecvError::NotLossless { reason: NotLossless::Lossy, .. }));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotLossless {
    /// The publisher does not wait for subscribers.
    #[error("it does not wait for subscribers; create it with `lossless(timeout)`")]
    Lossy,
    /// It already serves the maximal number of subscribers to which it promises something: that no
    /// message is lost, or that samples stay in place.
    #[error("it already serves {max} guaranteed subscribers, the maximum", max = crate::protocol::grant::MAX_GRANTS)]
    Full,
    /// This subscriber already reports its progress to the maximal number of publishers.
    #[error(
        "this subscriber already reports its progress to {max} publishers, the maximum; read the others with a second \
         subscriber",
        max = crate::shm::MAX_LINES
    )]
    NoLine,
    /// It cannot open this subscriber's control page.
    #[error("it cannot open the control page of this subscriber; give the subscriber `Placement::File`")]
    Refused,
    /// It has published before it noticed this subscriber, and messages were lost. It was asked to
    /// scan again.
    #[error(
        "it has not noticed this subscriber: its process is short of descriptors or memory, or the topic's file was \
         overwritten"
    )]
    Unnoticed,
    /// This subscriber was behind for longer than the publisher waits. With
    /// [`LaggardPolicy::DetachUntilRead`](crate::LaggardPolicy::DetachUntilRead) the publisher
    /// waits for it again once it has caught up.
    #[error(
        "this subscriber did not read in time and was detached; to be waited for again, create a new one, or let its \
         publisher have `LaggardPolicy::DetachUntilRead`"
    )]
    Detached,
}

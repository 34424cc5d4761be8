/// Why a publisher does not give a subscriber lossless delivery that asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotLossless {
    /// The publisher waits for nobody.
    #[error("it does not wait for subscribers; create it with `lossless(timeout)`")]
    Lossy,
    /// It has given its word to as many as it can: that they lose nothing, or that what they hold in place stays.
    #[error(
        "it already serves {max} guaranteed subscribers, the maximum",
        max = crate::protocol::grant::MAX_GRANTS
    )]
    Full,
    /// This subscriber reads so many publishers that it cannot tell this one how far it is.
    #[error(
        "this subscriber already reports its progress to {max} publishers, the maximum; read the others with a second subscriber",
        max = crate::shm::MAX_LINES
    )]
    NoLine,
    /// It cannot look at this subscriber's control page.
    #[error("it cannot open the control page of this subscriber; give the subscriber `Placement::File`")]
    Refused,
    /// It has published without having looked at this subscriber, and messages were lost. It was asked to look again.
    #[error(
        "it has not noticed this subscriber: its process is short of descriptors or memory, or the \
         topic's file was overwritten"
    )]
    Unnoticed,
    /// This subscriber was behind for longer than the publisher waits.
    #[error("this subscriber did not read in time and was detached; create a new one to be waited for again")]
    Detached,
}

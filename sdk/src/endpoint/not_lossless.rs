/// Why a publisher does not give a subscriber lossless delivery that asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotLossless {
    /// The publisher waits for nobody.
    #[error("it does not wait for subscribers; make it with `lossless(timeout)`")]
    Lossy,
    /// It has given its word to as many as it can: that they lose nothing, or that what they hold in place stays.
    #[error(
        "it has given its word to {max} subscribers, that they lose nothing or that samples stay in place, and can to no more",
        max = crate::protocol::grant::MAX_GRANTS
    )]
    Full,
    /// This subscriber reads so many publishers that it cannot tell this one how far it is.
    #[error(
        "this subscriber reads {max} publishers already, and can tell no more how far it is; read the topic with another one, too",
        max = crate::shm::MAX_LINES
    )]
    NoLine,
    /// It cannot look at this subscriber's control page.
    #[error("it cannot open the control page of this subscriber; give the subscriber `Placement::File`")]
    Refused,
    /// It has published without having looked at this subscriber, and messages were lost. It was asked to look again.
    #[error(
        "it has not noticed this subscriber: its process is short of descriptors or memory, or somebody wrote to the \
         topic's file"
    )]
    Unnoticed,
    /// This subscriber was behind for longer than the publisher waits.
    #[error("this subscriber did not read in time, and was let go; make a new one to be waited for again")]
    Detached,
}

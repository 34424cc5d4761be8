use crate::registry::{PeerName, TopicName};
use std::fmt;

/// Why a pool has no slot for a message: what its memory is used for.
///
/// # Examples
///
/// ```
/// use slotcast::{LoanError, Publisher};
///
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// let mut publisher = Publisher::<[u8]>::builder("frames").domain(&domain).max_memory(4096).create()?;
/// let loan = publisher.loan_slice(4000)?;
/// match publisher.loan_slice(4000) {
///     Err(LoanError::PoolExhausted(exhausted)) => assert_eq!(exhausted.loans, 1),
///     other => panic!("{other:?}"),
/// }
/// # drop(loan);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "topic \"{topic}\": no memory for a message of {bytes} bytes: of the pool's {pool} bytes the newest \
     {kept} messages are \
     kept for readers, {loans} loans are open, and {held}; drop loans and samples, or raise `max_memory` (or lower \
     `depth`) where the publisher is created", held = Holders(readers)
)]
#[non_exhaustive]
pub struct PoolExhausted {
    /// The topic.
    pub topic: TopicName,
    /// The size of the message.
    pub bytes: u64,
    /// The size of the pool.
    pub pool: u64,
    /// How many messages are in the ring, the oldest of them to be overwritten next. For a server of a
    /// service also the items that clients have not acknowledged.
    pub kept: u64,
    /// How many loans are open.
    pub loans: u64,
    /// Which subscribers hold samples of messages that are no longer in the ring, and how many.
    pub readers: Vec<(PeerName, u64)>,
}

struct Holders<'a>(&'a [(PeerName, u64)]);

impl fmt::Display for Holders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no subscriber holds an older one");
        }
        for (index, (name, count)) in self.0.iter().enumerate() {
            let (comma, s) = (if index == 0 { "" } else { ", " }, if *count == 1 { "" } else { "s" });
            write!(f, "{comma}{count} older one{s} by samples of the subscriber ({name})")?;
        }
        Ok(())
    }
}

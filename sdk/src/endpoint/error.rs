use super::not_lossless::NotLossless;
use crate::error_debug::debug_is_display;
use crate::registry::{EntryError, Peer, PeerName, RegistryError, Role, TopicName, TopicNameError};
use crate::schema::Schema;
use crate::shm::SegmentError;
use crate::sys::advice::{Attempt, suffix};
use std::fmt;
use std::io;

/// Why a publisher or subscriber cannot be created.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// use slotcast::{CreateError, Publisher};
///
/// let leader = Publisher::<u64>::builder("leader").domain(&domain).exclusive().create()?;
/// match Publisher::<u64>::builder("leader").domain(&domain).create() {
///     Err(CreateError::Exclusive { publisher, .. }) => assert_eq!(publisher.expect("it is alive").id, leader.id()),
///     Err(error) => return Err(error.into()),
///     Ok(_) => unreachable!("there is only one leader"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// The topic's name is not valid.
    #[error(transparent)]
    TopicName(#[from] TopicNameError),
    /// The registry cannot be used.
    #[error("topic \"{topic}\": {reason}")]
    Registry {
        /// The topic.
        topic: TopicName,
        /// Why.
        reason: RegistryError,
    },
    /// The topic carries messages of another layout.
    #[error(transparent)]
    Mismatch(#[from] Box<Mismatch>),
    /// A publisher's memory or entry cannot be used.
    #[error(transparent)]
    Attach(#[from] Box<AttachError>),
    /// Another publisher exists, and one of the two wants to be the only one.
    #[error(
        "topic \"{topic}\": another publisher{of} exists, and one of the two wants to be the only one{held}",
        of = of(publisher), held = held(lock_holders)
    )]
    Exclusive {
        /// The topic.
        topic: TopicName,
        /// The other one, if its entry could be read.
        publisher: Option<PeerName>,
        /// If no live publisher is announced: the processes that have the topic open, one of which
        /// holds the lock.
        lock_holders: Box<[String]>,
    },
    /// A publisher that exists cannot deliver without loss to a subscriber that requests it.
    #[error("topic \"{topic}\": the publisher ({publisher}) cannot deliver without loss: {reason}")]
    NotLossless {
        /// The topic.
        topic: TopicName,
        /// The publisher.
        publisher: Box<PeerName>,
        /// Why.
        reason: NotLossless,
    },
    /// A setting is out of its range.
    #[error("topic \"{topic}\": {reason}")]
    Setting {
        /// The topic.
        topic: TopicName,
        /// The setting, and its range.
        reason: String,
    },
    /// There is no memory for the ring, for a subscriber's control page, or for the whole pool if
    /// that is allocated at once (`prefault`, `lock_memory`). Or this process has no descriptor
    /// left.
    #[error(
        "topic \"{topic}\": cannot create shared memory of {bytes} bytes: {reason}{}",
        suffix("; ", Attempt::CreateMemory, reason)
    )]
    Memory {
        /// The topic.
        topic: TopicName,
        /// Its size. For a publisher of large messages it includes all of `max_memory`.
        bytes: u64,
        /// The kernel's error.
        reason: io::Error,
    },
}

debug_is_display!(CreateError {
    TopicName(value),
    Registry { topic, reason },
    Mismatch(value),
    Attach(value),
    Exclusive { topic, publisher, lock_holders },
    NotLossless { topic, publisher, reason },
    Setting { topic, reason },
    Memory { topic, bytes, reason },
});

/// Names the processes that may hold the lock of a publisher that is not announced.
fn held(processes: &[String]) -> String {
    if processes.is_empty() {
        return String::new();
    }
    format!(" (it is not announced; one of these processes holds its lock: {})", processes.join("; "))
}

/// Two endpoints of a topic disagree about the layout of its messages. The text lists the
/// differences, at most 32 of them, and says what to do.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// use slotcast::{CreateError, Publisher, Subscriber};
///
/// let publisher = Publisher::<u32>::builder("count").domain(&domain).create()?;
/// let Err(CreateError::Mismatch(mismatch)) = Subscriber::<u64>::builder("count").domain(&domain).create() else {
///     panic!("u32 is not u64");
/// };
/// assert_eq!((mismatch.ours.size, mismatch.theirs.size), (8, 4));
/// println!("{mismatch}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Mismatch {
    /// The topic.
    pub topic: TopicName,
    /// The role of this endpoint.
    pub role: Role,
    /// The layout of this endpoint's messages.
    pub ours: Schema,
    /// The role of the other endpoint.
    pub peer_role: Role,
    /// The other endpoint, if its entry could be read.
    pub peer: Option<PeerName>,
    /// The layout of the other endpoint's messages.
    pub theirs: Schema,
}

/// How many differences a text lists.
const DIFFERENCES: usize = 32;

/// One side of a [`Mismatch`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side<'a> {
    pub(crate) role: Role,
    pub(crate) schema: &'a Schema,
}

impl<'a> Side<'a> {
    /// Returns the side of an endpoint that was found.
    pub(crate) fn of(peer: &'a Peer) -> Self {
        Self { role: peer.role, schema: &peer.schema }
    }
}

impl Mismatch {
    /// Creates the error of an endpoint of this process. `peer` is the other endpoint, if its entry
    /// could be read.
    pub(crate) fn new(topic: &TopicName, ours: Side<'_>, theirs: Side<'_>, peer: Option<&PeerName>) -> Box<Self> {
        Box::new(Self {
            topic: topic.clone(),
            role: ours.role,
            ours: ours.schema.clone(),
            peer_role: theirs.role,
            peer: peer.cloned(),
            theirs: theirs.schema.clone(),
        })
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, role, ours, peer_role, peer, theirs } = self;
        let whose = if role == peer_role { "another" } else { "the" };
        write!(f, "topic \"{topic}\": {} of this {role} does not match {whose} {peer_role}'s", ours.type_name())?;
        if let Some(peer) = peer {
            write!(f, " ({peer})")?;
        }
        // The publisher's side first, whichever side reports it.
        let (differences, first, second) = match (role, peer_role) {
            (Role::Publisher, Role::Publisher) => {
                (theirs.differences(ours), "the other publisher has", "this publisher has")
            }
            (Role::Publisher, Role::Subscriber) => (ours.differences(theirs), "publisher has", "subscriber expects"),
            (Role::Subscriber, _) => (theirs.differences(ours), "publisher has", "subscriber expects"),
        };
        for difference in differences.iter().take(DIFFERENCES) {
            write!(f, "\n  {}", difference.between(first, second))?;
        }
        let more = differences.len().saturating_sub(DIFFERENCES);
        if more > 0 {
            write!(f, "\n  and {more} more")?;
        }
        write!(f, "\nrebuild the older program, or give the new layout a topic of its own (`{topic}/v2`, for example)")
    }
}

impl std::error::Error for Mismatch {}

/// A subscriber cannot read from one of its topic's publishers. It still reads from the others.
///
/// ```
/// use slotcast::{RecvError, Subscriber};
///
/// fn next(subscriber: &mut Subscriber<u64>) -> Result<Option<u64>, RecvError> {
///     match subscriber.try_recv() {
///         Err(RecvError::Attach(error)) => {
///             eprintln!("{error}"); // reported once for each publisher
///             Ok(None)
///         }
///         other => Ok(other?.map(|sample| *sample)),
///     }
/// }
/// ```
#[derive(thiserror::Error)]
#[error("topic \"{topic}\": cannot read from the publisher{of}: {reason}", of = of(publisher))]
pub struct AttachError {
    /// The topic.
    pub topic: TopicName,
    /// The publisher, if its entry could be read.
    pub publisher: Option<PeerName>,
    /// Why.
    pub reason: AttachReason,
}

debug_is_display!(struct AttachError { topic, publisher, reason });

impl AttachError {
    pub(crate) fn new(topic: &TopicName, publisher: Option<PeerName>, reason: AttachReason) -> Self {
        Self { topic: topic.clone(), publisher, reason }
    }
}

/// Why a subscriber cannot read from a publisher.
///
/// ```
/// use slotcast::AttachReason;
///
/// fn is_of_another_version(reason: &AttachReason) -> bool {
///     matches!(reason, AttachReason::Entry(_))
/// }
/// assert!(!is_of_another_version(&AttachReason::NoMemory));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttachReason {
    /// Its entry cannot be used.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// Its memory cannot be used.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// Its entry names no memory.
    #[error("its entry names no memory")]
    NoMemory,
}

impl AttachReason {
    /// Returns whether the publisher may be exiting.
    pub(crate) fn may_be_exiting(&self) -> bool {
        matches!(self, Self::Segment(error) if error.may_be_exiting())
    }

    /// Returns whether it may work later: this process is short of something.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Segment(error) => error.is_transient(),
            Self::Entry(_) | Self::NoMemory => false,
        }
    }
}

fn of(publisher: &Option<PeerName>) -> String {
    publisher.as_ref().map(|publisher| format!(" ({publisher})")).unwrap_or_default()
}

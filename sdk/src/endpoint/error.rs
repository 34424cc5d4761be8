use super::not_lossless::NotLossless;
use crate::endpoint::error_debug::debug_is_display;
use crate::registry::{EntryError, Peer, PeerName, RegistryError, Role, TopicName, TopicNameError};
use crate::schema::Schema;
use crate::shm::SegmentError;
use crate::sys::error::is_process_full;
use std::fmt;
use std::io;

/// Why a publisher or subscriber cannot be made.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// The topic's name is not legal.
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
    /// The topic cannot be had alone, or is had alone by another publisher.
    #[error(
        "topic \"{topic}\": another publisher{of} exists, and one of the two wants to be the only one{held}",
        of = of(publisher), held = held(lock_holders)
    )]
    Exclusive {
        /// The topic.
        topic: TopicName,
        /// The other one, if it was still there to be asked.
        publisher: Option<PeerName>,
        /// If no live publisher is announced: the processes that have the topic open, one of which holds the lock.
        lock_holders: Vec<String>,
    },
    /// A publisher that is there cannot give what a lossless subscriber asks for.
    #[error("topic \"{topic}\": the publisher ({publisher}) cannot deliver without loss: {reason}")]
    NotLossless {
        /// The topic.
        topic: TopicName,
        /// Which publisher.
        publisher: Box<PeerName>,
        /// Why.
        reason: NotLossless,
    },
    /// A setting is out of its range.
    #[error("topic \"{topic}\": {reason}")]
    Setting {
        /// The topic.
        topic: TopicName,
        /// Which, and what it can be.
        reason: String,
    },
    /// There is no memory for the ring, for all of the pool where it is to be there from the start (`prefault`,
    /// `lock_memory`), or for a subscriber's control page; or no descriptor is left.
    #[error("topic \"{topic}\": cannot create shared memory of {bytes} bytes: {reason}{}", advice(reason))]
    Memory {
        /// The topic.
        topic: TopicName,
        /// Its size: of a publisher of large messages, with all of `max_memory`.
        bytes: u64,
        /// What the kernel answered.
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

/// Two endpoints of a topic disagree about the layout of its messages.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Mismatch {
    /// The topic.
    pub topic: TopicName,
    /// What this endpoint is.
    pub role: Role,
    /// What this endpoint's messages look like.
    pub ours: Schema,
    /// What the other endpoint is.
    pub peer_role: Role,
    /// The other endpoint, if it was still there to be asked.
    pub peer: Option<PeerName>,
    /// What the other endpoint's messages look like.
    pub theirs: Schema,
}

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
        // The publisher's side first, whoever tells.
        let (differences, first, second) = match (role, peer_role) {
            (Role::Publisher, Role::Publisher) => {
                (theirs.differences(ours), "the other publisher has", "this publisher has")
            }
            (Role::Publisher, Role::Subscriber) => (ours.differences(theirs), "publisher has", "subscriber expects"),
            (Role::Subscriber, _) => (theirs.differences(ours), "publisher has", "subscriber expects"),
        };
        for difference in differences {
            write!(f, "\n  {}", difference.between(first, second))?;
        }
        Ok(())
    }
}

impl std::error::Error for Mismatch {}

/// Why a subscriber cannot read from one of its topic's publishers.
#[derive(Debug, thiserror::Error)]
#[error("topic \"{topic}\": cannot read from the publisher{of}: {reason}", of = of(publisher))]
pub struct AttachError {
    /// The topic.
    pub topic: TopicName,
    /// The publisher, if its entry could be read.
    pub publisher: Option<PeerName>,
    /// Why.
    pub reason: AttachReason,
}

impl AttachError {
    pub(crate) fn new(topic: &TopicName, publisher: Option<PeerName>, reason: AttachReason) -> Self {
        Self { topic: topic.clone(), publisher, reason }
    }
}

/// What keeps a subscriber from a publisher.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttachReason {
    /// Its entry is none that can be used.
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
    /// Whether it may be that the publisher is just ending or dying.
    pub(crate) fn may_be_exiting(&self) -> bool {
        matches!(self, Self::Segment(error) if error.may_be_exiting())
    }

    /// Whether it may work later: this process is short of something.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Segment(error) => error.is_transient(),
            Self::Entry(_) | Self::NoMemory => false,
        }
    }
}

/// What to do where memory cannot be made. Of a publisher, also where a subscriber's page has no room beside it.
fn advice(reason: &io::Error) -> &'static str {
    match reason.kind() {
        io::ErrorKind::OutOfMemory => "; lower `depth` or `max_memory` of publishers, or raise `ulimit -v`",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; lower `depth` or `max_memory` of publishers, or free some of the file system"
        }
        _ if is_process_full(reason) => "; raise `ulimit -n`",
        _ => "",
    }
}

fn of(publisher: &Option<PeerName>) -> String {
    publisher.as_ref().map(|publisher| format!(" ({publisher})")).unwrap_or_default()
}

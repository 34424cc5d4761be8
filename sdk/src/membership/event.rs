use crate::endpoint::{AttachError, AttachReason, Mismatch};
use crate::error_debug::debug_is_display;
use crate::registry::{PeerName, RegistryError, TopicName, TopicNameError};
use std::fmt;
use std::time::Duration;

/// What has happened to an endpoint: see [`Membership`](crate::Membership).
///
/// For each endpoint the events come in order: `Joined` first, and `Left` or `Died` last, once
/// each.
///
/// ```
/// use slotcast::MemberEvent;
///
/// fn log(event: &MemberEvent) {
///     match event {
///         MemberEvent::Died(peer) => eprintln!("lost {peer}: stopping"),
///         MemberEvent::Quiet { peer, silent, .. } => eprintln!("{peer} shows no sign of life for {silent:?}"),
///         event => println!("{event}"),
///     }
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum MemberEvent {
    /// It has joined, or was present when the [`Membership`](crate::Membership) was created.
    Joined(PeerName),
    /// It has left in order: it was dropped.
    Left(PeerName),
    /// Its process was killed, has crashed, or has ended without dropping it.
    Died(PeerName),
    /// It is present, and incompatible with this endpoint. Nothing more is reported about it.
    Refused {
        /// The endpoint, if its entry could be read.
        peer: Option<PeerName>,
        /// Why it is incompatible.
        reason: Refusal,
    },
    /// A publisher has not kept its promise to show that it is
    /// [alive](crate::PublisherBuilder::alive_every). Its process exists: it is stopped, stuck or
    /// slow.
    Quiet {
        /// The publisher.
        peer: PeerName,
        /// The interval within which it promised a sign of life.
        promised: Duration,
        /// How long it has given none, at least.
        silent: Duration,
    },
    /// A publisher that was `Quiet` is active again.
    Active(PeerName),
}

impl MemberEvent {
    /// Returns the endpoint that the event is about. Returns `None` if its entry could not be read.
    pub fn peer(&self) -> Option<&PeerName> {
        match self {
            Self::Joined(peer) | Self::Left(peer) | Self::Died(peer) | Self::Active(peer) => Some(peer),
            Self::Quiet { peer, .. } => Some(peer),
            Self::Refused { peer, .. } => peer.as_ref(),
        }
    }
}

impl fmt::Display for MemberEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joined(peer) => write!(f, "{peer} has joined"),
            Self::Left(peer) => write!(f, "{peer} has left"),
            Self::Died(peer) => write!(f, "{peer} has died"),
            Self::Refused { peer: Some(peer), reason } => write!(f, "{peer} is incompatible: {reason}"),
            Self::Refused { peer: None, reason } => write!(f, "{reason}"),
            Self::Quiet { peer, promised, silent } => {
                write!(
                    f,
                    "{peer} is quiet: it promised a sign of life every {promised:?}, and has given none for {silent:?}"
                )
            }
            Self::Active(peer) => write!(f, "{peer} is active again"),
        }
    }
}

/// Why an endpoint is incompatible with one of the other side.
///
/// ```
/// use slotcast::{MemberEvent, Refusal};
///
/// fn log(event: &MemberEvent) {
///     if let MemberEvent::Refused { reason: Refusal::Mismatch(mismatch), .. } = event {
///         eprintln!("{} has {} bytes here, and {} there", mismatch.topic, mismatch.ours.size, mismatch.theirs.size);
///     }
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Its messages have another layout.
    #[error(transparent)]
    Mismatch(#[from] Box<Mismatch>),
    /// Its entry cannot be used; or, for a publisher that has promised to be alive, its memory.
    #[error(transparent)]
    Attach(#[from] AttachReason),
}

/// Why a membership cannot tell which endpoints are present.
///
/// Endpoints that are known are still watched. Each error is reported once, and what failed is
/// retried every 100 ms.
///
/// ```
/// use slotcast::{Membership, MembershipError};
///
/// fn log(membership: &mut Membership) -> Result<(), MembershipError> {
///     loop {
///         match membership.next() {
///             Ok(event) => println!("{event}"),
///             Err(error @ MembershipError::Forked { .. }) => return Err(error),
///             Err(error) => eprintln!("{error}; trying again"),
///         }
///     }
/// }
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum MembershipError {
    /// The topic's name is not valid.
    #[error(transparent)]
    TopicName(#[from] TopicNameError),
    /// The registry cannot be read, or this process has too many descriptors.
    #[error("topic \"{topic}\": {reason}")]
    Registry {
        /// The topic.
        topic: TopicName,
        /// Why.
        reason: RegistryError,
    },
    /// The memory of a publisher that has promised to be alive cannot be opened now: this process
    /// is short of something.
    #[error(transparent)]
    Attach(#[from] Box<AttachError>),
    /// This process was forked from the one that created the handle. Create a new one.
    #[error("topic \"{topic}\": this handle belongs to the process that this one was forked from: create a new one")]
    Forked {
        /// The topic.
        topic: TopicName,
    },
}

debug_is_display!(MembershipError {
    TopicName(value),
    Registry { topic, reason },
    Attach(value),
    Forked { topic },
});

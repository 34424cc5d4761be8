use crate::endpoint::error_debug::debug_is_display;
use crate::endpoint::{AttachError, AttachReason, Mismatch};
use crate::registry::{PeerName, RegistryError, TopicName};
use std::fmt;
use std::time::Duration;

/// What has become of an endpoint of the other side. Of each one the events come in order: `Joined` first, and `Left` or
/// `Died` last, once each.
#[derive(Debug)]
#[non_exhaustive]
pub enum MemberEvent {
    /// It is there: it has come, or was there when the [`Membership`](crate::Membership) was made.
    Joined(PeerName),
    /// It has ended in order: it was dropped.
    Left(PeerName),
    /// Its process was killed, has crashed, or has ended without dropping it.
    Died(PeerName),
    /// It is there, and does not go with this endpoint. Nothing more is told of it.
    Refused {
        /// Who it is, if its entry could be read.
        peer: Option<PeerName>,
        /// Why.
        reason: Refusal,
    },
    /// A publisher has broken its promise to show at least so often that it is
    /// [alive](crate::PublisherBuilder::alive_every). Its process is there: it is stopped, stuck or slow.
    Quiet {
        /// Who.
        peer: PeerName,
        /// How often it was to show that it is alive.
        promised: Duration,
        /// For how long it has not, at least.
        silent: Duration,
    },
    /// A publisher that was `Quiet` goes on.
    Active(PeerName),
}

impl MemberEvent {
    /// Whom it is about, if its entry could be read.
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

/// Why an endpoint does not go with one of the other side.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Its messages have another layout.
    #[error(transparent)]
    Mismatch(#[from] Box<Mismatch>),
    /// Its entry cannot be read; or its memory, of a publisher that has promised to show there that it is alive.
    #[error(transparent)]
    Attach(#[from] AttachReason),
}

/// Why it cannot be told who is there. Who is known already is still watched; each error is told once, and what failed is
/// tried again every 100 ms.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum MembershipError {
    /// The registry cannot be read, or this process has too many descriptors.
    #[error("topic \"{topic}\": {reason}")]
    Registry {
        /// The topic.
        topic: TopicName,
        /// Why.
        reason: RegistryError,
    },
    /// The memory of a publisher that has promised to be alive cannot be opened now: this process is short of something.
    #[error(transparent)]
    Attach(#[from] Box<AttachError>),
    /// This process was forked off the one that made the handle. Make a new one.
    #[error("topic \"{topic}\": this handle belongs to the process that this one was forked from: create a new one")]
    Forked {
        /// The topic.
        topic: TopicName,
    },
}

debug_is_display!(MembershipError {
    Registry { topic, reason },
    Attach(value),
    Forked { topic },
});

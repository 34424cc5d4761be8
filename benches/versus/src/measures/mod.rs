//! What is measured, one a file.

mod latency;

use crate::message::Use;
use crate::pair::{Link, Role, serve};
use crate::peers::{Failure, Peer};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A measurement that is made with each peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Measure {
    /// One way, by ping-pong.
    Latency { bytes: usize, how: Use },
}

impl Measure {
    /// Returns the size of the messages.
    pub(crate) fn bytes(&self) -> usize {
        match *self {
            Self::Latency { bytes, .. } => bytes,
        }
    }

    /// Returns how much of a message is used.
    pub(crate) fn how(&self) -> Use {
        match *self {
            Self::Latency { how, .. } => how,
        }
    }

    /// Returns the unit of its values.
    pub(crate) fn unit(&self) -> &'static str {
        match self {
            Self::Latency { .. } => "ns",
        }
    }

    /// Runs one side, until its input is closed.
    pub(crate) fn run<P: Peer, const W: usize>(&self, role: Role, link: &Link) -> Result<(), Failure> {
        match (self, role) {
            (Self::Latency { .. }, Role::Leader) => serve::<latency::Leader<P, W>>(role, link, self),
            (Self::Latency { .. }, Role::Follower) => serve::<latency::Follower<P, W>>(role, link, self),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Latency { bytes, how } => {
                let how = match how {
                    Use::Touch => "8 bytes touched",
                    Use::Full => "in full",
                };
                write!(f, "one way, {}, {how}", Size(bytes))
            }
        }
    }
}

/// A number of bytes, for people.
pub(crate) struct Size(pub(crate) usize);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes >= 1 << 20 && bytes.is_multiple_of(1 << 20) => write!(f, "{} MiB", bytes >> 20),
            bytes if bytes >= 1 << 10 && bytes.is_multiple_of(1 << 10) => write!(f, "{} KiB", bytes >> 10),
            bytes => write!(f, "{bytes} B"),
        }
    }
}

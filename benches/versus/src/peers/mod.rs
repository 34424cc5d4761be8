//! The ways to send messages that are compared, one a file. How each is set up, and why, is told
//! there, and in the book's chapter "Beside the peers".

mod bare;
mod iceoryx2;
mod slotcast;

use crate::channel::Channel;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::error::Error;

/// Why something did not work, as a sentence.
pub(crate) type Failure = Box<dyn Error>;

/// Sends messages of `W` words.
pub(crate) trait Sender<const W: usize> {
    /// Sends a message that `write` writes: into memory that the receiver will see, if the peer can.
    /// Waits while the peer has no room for it, if the channel is to lose nothing.
    fn send(&mut self, write: impl FnOnce(&mut [u64; W])) -> Result<(), Failure>;
}

/// Receives messages of `W` words.
pub(crate) trait Receiver<const W: usize> {
    /// Passes the next message to `read`, or returns `None` if there is none yet.
    fn poll<R>(&mut self, read: impl FnOnce(&[u64; W]) -> R) -> Result<Option<R>, Failure>;

    /// Waits for the next message, by polling.
    #[inline]
    fn receive<R>(&mut self, read: impl Fn(&[u64; W]) -> R) -> Result<R, Failure> {
        loop {
            if let Some(found) = self.poll(&read)? {
                return Ok(found);
            }
        }
    }
}

/// A way to send messages from one process to others.
pub(crate) trait Peer {
    type Sender<const W: usize>: Sender<W>;
    type Receiver<const W: usize>: Receiver<W>;

    /// Creates the sending end, in its process. Waits for the receivers if the peer needs to.
    fn sender<const W: usize>(channel: &Channel) -> Result<Self::Sender<W>, Failure>;

    /// Creates a receiving end, in its process. Waits for the sender if the peer needs to.
    fn receiver<const W: usize>(channel: &Channel) -> Result<Self::Receiver<W>, Failure>;
}

/// Something to do with any peer and messages of `W` words.
pub(crate) trait Visitor {
    type Result;
    fn visit<P: Peer, const W: usize>(self) -> Self::Result;
}

/// The peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Name {
    /// One slot and a flag in a shared mapping
    Slot,
    /// A ring of slots with a flag each in a shared mapping
    Ring,
    /// This project, with its defaults
    Slotcast,
    /// iceoryx2 with its fastest settings
    Iceoryx2,
    /// iceoryx2 with its defaults
    Iceoryx2Defaults,
}

impl Name {
    /// Returns what it is called in tables and plots.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Slot => "slot",
            Self::Ring => "ring",
            Self::Slotcast => "Slotcast",
            Self::Iceoryx2 => "iceoryx2",
            Self::Iceoryx2Defaults => "iceoryx2 defaults",
        }
    }

    /// Does something with this peer and messages of so many bytes.
    pub(crate) fn visit<V: Visitor>(self, bytes: usize, visitor: V) -> Result<V::Result, Failure> {
        match self {
            Self::Slot => visit_sized::<bare::Slot, V>(bytes, visitor),
            Self::Ring => visit_sized::<bare::Ring, V>(bytes, visitor),
            Self::Slotcast => visit_sized::<slotcast::Slotcast, V>(bytes, visitor),
            Self::Iceoryx2 => visit_sized::<iceoryx2::Fastest, V>(bytes, visitor),
            Self::Iceoryx2Defaults => visit_sized::<iceoryx2::Defaults, V>(bytes, visitor),
        }
    }
}

fn visit_sized<P: Peer, V: Visitor>(bytes: usize, visitor: V) -> Result<V::Result, Failure> {
    Ok(match bytes {
        8 => visitor.visit::<P, 1>(),
        64 => visitor.visit::<P, 8>(),
        1024 => visitor.visit::<P, 128>(),
        4096 => visitor.visit::<P, 512>(),
        65_536 => visitor.visit::<P, 8192>(),
        1_048_576 => visitor.visit::<P, 131_072>(),
        4_194_304 => visitor.visit::<P, 524_288>(),
        _ => return Err(format!("no message has {bytes} bytes").into()),
    })
}

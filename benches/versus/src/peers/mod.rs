//! The ways to send messages that are compared, one a file. How each is set up, and why, is told
//! there, and in the book's chapter "Beside the peers".

#[cfg(feature = "aeron")]
mod aeron;
mod bare;
mod buffer;
mod by_messages;
mod eventfd;
mod iceoryx2;
mod ipc_channel;
mod name;
mod offers;
mod patterns;
mod pipe;
mod seq_lock;
mod shmem_ipc;
mod slotcast;
mod socket;
mod zeromq;

use crate::channel::Channel;
pub(crate) use name::{AnySize, Name, OneSize, SmallSizes, Visitor};
pub(crate) use offers::{EventsVisitor, ServicesVisitor, ValuesVisitor};
pub(crate) use patterns::{
    CallWords, Client, Events, Heard, IDS, Idling, Listener, Notifier, Reader, Server, Services, ValueWords, Values,
    Writer,
};
use std::borrow::Cow;
use std::error::Error;
use std::fmt;

/// Why something did not work, as a sentence.
pub(crate) type Failure = Box<dyn Error>;

/// What a peer does not offer, and so is not measured with it.
#[derive(Debug)]
pub(crate) struct Unsupported(pub(crate) Cow<'static, str>);

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Unsupported {}

/// Sends messages of `W` words.
pub(crate) trait Sender<const W: usize> {
    /// Sends a message that `write` writes: into memory that the receiver will see, if the peer
    /// can. Waits while the peer has no room for it, if the channel is to lose nothing.
    fn send(&mut self, write: impl Fn(&mut [u64; W])) -> Result<(), Failure>;

    /// Does what a peer needs to be done between messages so that receivers can come.
    fn tend(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}

/// Receives messages of `W` words.
pub(crate) trait Receiver<const W: usize> {
    /// Passes the next message to `read`, or returns `None` if there is none yet.
    fn poll<R>(&mut self, read: impl FnOnce(&[u64; W]) -> R) -> Result<Option<R>, Failure>;

    /// Does what a peer needs to be done before messages are sent, when both ends are open.
    fn tend(&mut self) -> Result<(), Failure> {
        Ok(())
    }

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

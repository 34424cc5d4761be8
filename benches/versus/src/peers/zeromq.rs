//! ZeroMQ over `ipc://`: the crate `zmq`, which builds libzmq 4.3 from source. (The pure crate
//! `zeromq` needs an asynchronous runtime around each message.)
//!
//! Between one sender and one receiver sockets are `PAIR`, which filter nothing. To several, and
//! where the sender must not wait, they are `XPUB` and `SUB`: what a full queue cannot take is
//! dropped. `XPUB` instead of `PUB` lets the sender see that all receivers have subscribed. Queues
//! are as long as by default, 1000 messages. Each process has one `Context` with one thread for
//! input and output, as its makers advise. The program sleeps while it waits for a message, because
//! that thread needs the processor: with polling, a message takes longer.

use super::buffer::zeroed;
use super::{Failure, Peer};
use crate::channel::{Channel, Flow};
use std::sync::OnceLock;
use zerocopy::{FromBytes, IntoBytes};
use zmq::{Context, Error, Message, Socket, SocketType};

pub(crate) struct ZeroMq;

pub(crate) struct Sender<const W: usize>(Socket);

pub(crate) struct Receiver<const W: usize> {
    socket: Socket,
    message: Message,
    /// For messages that do not begin on a word: that depends on where they are in what was read.
    aligned: Box<[u64; W]>,
}

fn socket(kind: SocketType) -> Result<Socket, Failure> {
    static CONTEXT: OnceLock<Context> = OnceLock::new();
    let socket = CONTEXT.get_or_init(Context::new).socket(kind)?;
    socket.set_linger(0)?;
    Ok(socket)
}

fn is_pair(channel: &Channel) -> bool {
    channel.receivers == 1 && channel.flow != Flow::Lossy
}

fn address(channel: &Channel) -> Result<String, Failure> {
    let path = channel.path();
    Ok(format!("ipc://{}", path.to_str().ok_or("the folder's name is not UTF-8")?))
}

impl Peer for ZeroMq {
    type Sender<const W: usize> = Sender<W>;
    type Receiver<const W: usize> = Receiver<W>;

    fn sender<const W: usize>(channel: &Channel) -> Result<Self::Sender<W>, Failure> {
        if is_pair(channel) {
            let socket = socket(SocketType::PAIR)?;
            socket.bind(&address(channel)?)?;
            return Ok(Sender(socket));
        }
        let socket = socket(SocketType::XPUB)?;
        socket.bind(&address(channel)?)?;
        let mut subscriptions = 0;
        while subscriptions < channel.receivers {
            // The first byte says that it is a subscription; to all messages it has no other.
            subscriptions += usize::from(socket.recv_bytes(0)?.len() > 1);
        }
        Ok(Sender(socket))
    }

    fn receiver<const W: usize>(channel: &Channel) -> Result<Self::Receiver<W>, Failure> {
        let kind = if is_pair(channel) { SocketType::PAIR } else { SocketType::SUB };
        let socket = socket(kind)?;
        socket.set_reconnect_ivl(1)?; // milliseconds: the sender may not be there yet
        socket.set_rcvtimeo(1)?;
        if kind == SocketType::SUB {
            socket.set_subscribe(b"")?;
            // XPUB reports a subscription only once: so each receiver has one that is unlike
            // others.
            socket.set_subscribe(&[&[0xff; 8], channel.index.to_le_bytes().as_slice()].concat())?;
        }
        socket.connect(&address(channel)?)?;
        Ok(Receiver { socket, message: Message::new(), aligned: zeroed() })
    }
}

impl<const W: usize> super::Sender<W> for Sender<W> {
    #[inline]
    fn send(&mut self, write: impl Fn(&mut [u64; W])) -> Result<(), Failure> {
        let mut message = Message::with_size(8 * W);
        if let Ok(words) = <[u64; W]>::mut_from_bytes(&mut message) {
            write(words);
        } else {
            return Err("ZeroMQ's memory for a message does not begin on a word".into());
        }
        Ok(self.0.send(message, 0)?) // waits while a PAIR's queue is full; XPUB drops
    }
}

impl<const W: usize> super::Receiver<W> for Receiver<W> {
    #[inline]
    fn poll<R>(&mut self, read: impl FnOnce(&[u64; W]) -> R) -> Result<Option<R>, Failure> {
        match self.socket.recv(&mut self.message, 0) {
            Ok(()) => {}
            Err(Error::EAGAIN | Error::EINTR) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let bytes: &[u8] = &self.message;
        if let Ok(words) = <[u64; W]>::ref_from_bytes(bytes) {
            return Ok(Some(read(words)));
        }
        if bytes.len() != 8 * W {
            return Err(format!("a message has {} bytes instead of {}", bytes.len(), 8 * W).into());
        }
        self.aligned.as_mut_bytes().copy_from_slice(bytes);
        Ok(Some(read(&self.aligned)))
    }
}

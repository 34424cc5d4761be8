//! Unix sockets, of streams and of packets.
//!
//! Neither side sleeps: both poll, as all peers do here. A stream is read in chunks of up to 64
//! KiB, with as many messages as there are; a packet is read by itself. The buffers of the sockets
//! are as large as an ordinary user may have them. Several receivers are as many sockets.

use super::buffer::{Incoming, zeroed};
use super::{Failure, Peer, Unsupported};
use crate::channel::{Channel, Flow};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, SocketAddrUnix, SocketFlags, SocketType, accept, bind, connect, listen, recv, recvmsg, send, sendmsg,
    socket_with, sockopt,
};
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;
use zerocopy::IntoBytes;

/// The size of buffers that is asked for. The kernel grants what `net.core.wmem_max` allows.
const BUFFER: usize = 8 << 20;

pub(crate) struct Stream;
pub(crate) struct Packets;

pub(crate) struct Sender<const W: usize> {
    sockets: Vec<OwnedFd>,
    message: Box<[u64; W]>,
}

pub(crate) struct StreamReceiver<const W: usize> {
    socket: OwnedFd,
    incoming: Incoming<W>,
}

pub(crate) struct PacketReceiver<const W: usize> {
    socket: OwnedFd,
    message: Box<[u64; W]>,
}

/// Creates a socket to which receivers connect.
fn listening(channel: &Channel, kind: SocketType) -> Result<OwnedFd, Failure> {
    let listener = socket_with(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None)?;
    // Bound under another name first: whoever finds the right one can connect at once.
    let unready = channel.path().with_extension("unready");
    bind(&listener, &SocketAddrUnix::new(&unready)?)?;
    listen(&listener, i32::try_from(channel.receivers)?)?;
    std::fs::rename(&unready, channel.path())?;
    Ok(listener)
}

fn sender<const W: usize>(channel: &Channel, kind: SocketType) -> Result<Sender<W>, Failure> {
    refuse_lossy(channel)?;
    let listener = listening(channel, kind)?;
    let sockets = (0..channel.receivers)
        .map(|_| {
            let socket = accept(&listener)?;
            sockopt::set_socket_send_buffer_size(&socket, BUFFER)?;
            Ok(socket)
        })
        .collect::<Result<_, Failure>>()?;
    Ok(Sender { sockets, message: zeroed() })
}

/// Connects to the listening socket of a channel. Waits for it.
fn connected(channel: &Channel, kind: SocketType) -> Result<OwnedFd, Failure> {
    let address = SocketAddrUnix::new(channel.path())?;
    loop {
        let socket = socket_with(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None)?;
        match connect(&socket, &address) {
            Ok(()) => return Ok(socket),
            // The sender is not there yet.
            Err(Errno::NOENT) => std::thread::sleep(Duration::from_micros(50)),
            Err(error) => return Err(error.into()),
        }
    }
}

fn receiver(channel: &Channel, kind: SocketType) -> Result<OwnedFd, Failure> {
    refuse_lossy(channel)?;
    connected(channel, kind)
}

/// Sends a descriptor to the process at the other end of the channel. Waits for it.
pub(super) fn send_descriptor(channel: &Channel, descriptor: &OwnedFd) -> Result<(), Failure> {
    let socket = accept(&listening(channel, SocketType::SEQPACKET)?)?;
    let descriptors = [descriptor.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
    sendmsg(&socket, &[IoSlice::new(&[0])], &mut ancillary, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Receives what [`send_descriptor`] sends. Waits for it.
pub(super) fn receive_descriptor(channel: &Channel) -> Result<OwnedFd, Failure> {
    let socket = connected(channel, SocketType::SEQPACKET)?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    recvmsg(&socket, &mut [IoSliceMut::new(&mut [0])], &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(mut descriptors) = message
            && let Some(descriptor) = descriptors.next()
        {
            return Ok(descriptor);
        }
    }
    Err("the other process has sent no descriptor".into())
}

fn refuse_lossy(channel: &Channel) -> Result<(), Failure> {
    match channel.flow {
        Flow::Lossy => Err(Unsupported("a full socket is not overwritten".into()).into()),
        _ => Ok(()),
    }
}

impl Peer for Stream {
    type Sender<const W: usize> = Sender<W>;
    type Receiver<const W: usize> = StreamReceiver<W>;

    fn sender<const W: usize>(channel: &Channel) -> Result<Self::Sender<W>, Failure> {
        sender(channel, SocketType::STREAM)
    }

    fn receiver<const W: usize>(channel: &Channel) -> Result<Self::Receiver<W>, Failure> {
        Ok(StreamReceiver { socket: receiver(channel, SocketType::STREAM)?, incoming: Incoming::new() })
    }
}

impl Peer for Packets {
    type Sender<const W: usize> = Sender<W>;
    type Receiver<const W: usize> = PacketReceiver<W>;

    fn sender<const W: usize>(channel: &Channel) -> Result<Self::Sender<W>, Failure> {
        let sender: Sender<W> = sender(channel, SocketType::SEQPACKET)?;
        Ok(sender)
    }

    fn receiver<const W: usize>(channel: &Channel) -> Result<Self::Receiver<W>, Failure> {
        Ok(PacketReceiver { socket: receiver(channel, SocketType::SEQPACKET)?, message: zeroed() })
    }
}

impl<const W: usize> super::Sender<W> for Sender<W> {
    #[inline]
    fn send(&mut self, write: impl Fn(&mut [u64; W])) -> Result<(), Failure> {
        write(&mut self.message);
        for socket in &self.sockets {
            let mut left = self.message.as_bytes();
            while !left.is_empty() {
                match send(socket, left, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                    Ok(count) => left = &left[count..],
                    Err(Errno::AGAIN | Errno::INTR) => {}
                    Err(Errno::MSGSIZE) => {
                        return Err("a packet is larger than a user's sockets may buffer: see net.core.wmem_max".into());
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }
}

/// Reads without waiting; returns `None` if there is nothing.
#[inline]
fn read(socket: &OwnedFd, bytes: &mut [u8]) -> Result<Option<usize>, Failure> {
    match recv(socket, bytes, RecvFlags::DONTWAIT) {
        Ok((_, count)) => Ok(Some(count)),
        Err(Errno::AGAIN | Errno::INTR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl<const W: usize> super::Receiver<W> for StreamReceiver<W> {
    #[inline]
    fn poll<R>(&mut self, look: impl FnOnce(&[u64; W]) -> R) -> Result<Option<R>, Failure> {
        let socket = &self.socket;
        self.incoming.poll(|bytes| read(socket, bytes), look)
    }
}

impl<const W: usize> super::Receiver<W> for PacketReceiver<W> {
    #[inline]
    fn poll<R>(&mut self, look: impl FnOnce(&[u64; W]) -> R) -> Result<Option<R>, Failure> {
        match read(&self.socket, self.message.as_mut_bytes())? {
            None => Ok(None),
            Some(count) if count == 8 * W => Ok(Some(look(&self.message))),
            Some(count) => Err(format!("a packet has {count} bytes instead of {}", 8 * W).into()),
        }
    }
}

//! Datagram sockets with a name in a directory. They can carry descriptors (`SCM_RIGHTS`).

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, SocketAddrUnix, SocketFlags, SocketType,
};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

fn socket() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(rustix::net::socket_with(AddressFamily::UNIX, SocketType::DGRAM, flags, None)?)
}

/// Returns the address of a name in an open directory. It is short enough for a socket, however
/// long the directory's own path is.
fn address(directory: BorrowedFd<'_>, name: &str) -> io::Result<SocketAddrUnix> {
    Ok(SocketAddrUnix::new(format!("{}/{name}", super::file::own_path(directory)))?)
}

/// Creates a socket with a name in a directory. Only this user can send to it.
pub(crate) fn bind(directory: impl AsFd, name: &str) -> io::Result<OwnedFd> {
    let socket = socket()?;
    rustix::net::bind(&socket, &address(directory.as_fd(), name)?)?;
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::chmodat(directory, name, mode, rustix::fs::AtFlags::empty())?;
    Ok(socket)
}

/// Creates two sockets that are connected to each other.
pub(crate) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?)
}

/// Creates a socket that is connected to the one of that name.
pub(crate) fn connect(directory: impl AsFd, name: &str) -> io::Result<OwnedFd> {
    let socket = socket()?;
    rustix::net::connect(&socket, &address(directory.as_fd(), name)?)?;
    Ok(socket)
}

/// Sends one byte over a connected socket, without waiting. Returns `false` if the other end is
/// closed.
///
/// A full queue counts as success: its owner will be woken anyway.
pub(crate) fn notify(socket: impl AsFd) -> io::Result<bool> {
    match rustix::net::send(socket, &[0], SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
        Ok(_) | Err(Errno::AGAIN) => Ok(true),
        Err(Errno::CONNREFUSED | Errno::CONNRESET | Errno::PIPE | Errno::NOTCONN) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// How many datagrams one call discards at most: twice the largest usual queue.
const AT_ONCE: u32 = 1024;

/// Discards the datagrams in the queue. It stops at a limit, in case a sender never stops.
pub(crate) fn drain(socket: impl AsFd) -> io::Result<()> {
    for _ in 0..AT_ONCE {
        match rustix::net::recv(&socket, &mut [0_u8; 8][..], RecvFlags::DONTWAIT | RecvFlags::TRUNC) {
            Ok(_) => {}
            Err(Errno::AGAIN) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Sends a datagram with descriptors to the socket of that name, without waiting.
///
/// # Errors
/// `WouldBlock` if its queue is full.
pub(crate) fn send(directory: impl AsFd, name: &str, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
    reply(connect(directory, name)?, bytes, descriptors)
}

/// Sends a message with descriptors over a connected socket, without waiting.
pub(crate) fn reply(socket: impl AsFd, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !ancillary.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    let sent = rustix::net::sendmsg(socket, &[IoSlice::new(bytes)], &mut ancillary, flags)?;
    if sent == bytes.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// The largest number of descriptors in one datagram.
pub(crate) const MAX_DESCRIPTORS: usize = 8;

/// Receives the next datagram. Returns how many of its bytes are in `bytes`, and its descriptors;
/// `None` if the queue is empty.
pub(crate) fn receive(socket: impl AsFd, bytes: &mut [u8]) -> io::Result<Option<(usize, Vec<OwnedFd>)>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
    let received = match rustix::net::recvmsg(socket, &mut [IoSliceMut::new(bytes)], &mut ancillary, flags) {
        Err(Errno::AGAIN) => return Ok(None),
        result => result?,
    };
    let descriptors = ancillary.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
        _ => None,
    });
    Ok(Some((received.bytes, descriptors.flatten().collect())))
}

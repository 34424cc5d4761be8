//! Datagram sockets whose only message is "wake up", found by a name in a directory.

use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

fn socket() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(rustix::net::socket_with(AddressFamily::UNIX, SocketType::DGRAM, flags, None)?)
}

/// Returns the address of a name in an open directory. It is short enough, however long the directory's own path is.
fn address(directory: BorrowedFd<'_>, name: &str) -> io::Result<SocketAddrUnix> {
    Ok(SocketAddrUnix::new(format!("{}/{name}", super::file::own_path(directory)))?)
}

/// Creates a socket with a name in a directory, to which only this user can send.
pub(crate) fn bind(directory: impl AsFd, name: &str) -> io::Result<OwnedFd> {
    let socket = socket()?;
    rustix::net::bind(&socket, &address(directory.as_fd(), name)?)?;
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::chmodat(directory, name, mode, rustix::fs::AtFlags::empty())?;
    Ok(socket)
}

/// Creates a socket that is connected to the one with this name.
pub(crate) fn connect(directory: impl AsFd, name: &str) -> io::Result<OwnedFd> {
    let socket = socket()?;
    rustix::net::connect(&socket, &address(directory.as_fd(), name)?)?;
    Ok(socket)
}

/// Sends one byte over a connected socket, without waiting. Returns whether its owner still exists: a socket that is full
/// is readable already.
pub(crate) fn notify(socket: impl AsFd) -> io::Result<bool> {
    match rustix::net::send(socket, &[0], SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
        Ok(_) | Err(Errno::AGAIN) => Ok(true),
        Err(Errno::CONNREFUSED | Errno::CONNRESET | Errno::PIPE | Errno::NOTCONN) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The most datagrams that are discarded at once: twice the largest usual queue.
const MAX_DISCARDED: u32 = 1024;

/// Discards the datagrams that are queued, but not more than [`MAX_DISCARDED`] if somebody sends without end.
pub(crate) fn drain(socket: impl AsFd) -> io::Result<()> {
    for _ in 0..MAX_DISCARDED {
        match rustix::net::recv(&socket, &mut [0_u8; 8][..], RecvFlags::DONTWAIT | RecvFlags::TRUNC) {
            Ok(_) => {}
            Err(Errno::AGAIN) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

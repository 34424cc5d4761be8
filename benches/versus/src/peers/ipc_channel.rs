//! ipc-channel, of bytes: `IpcBytesSender` and `IpcBytesReceiver`, which serialize nothing.
//!
//! It sends over a Unix socket of packets, in fragments if a message is large. The receiver polls
//! with `try_recv`, because all peers poll here. Each message arrives in memory of its own. The
//! sender waits where the socket is full, and cannot do otherwise: so nothing is lossy. Several
//! receivers are as many channels.

use super::buffer::zeroed;
use super::{Failure, Peer, Unsupported};
use crate::channel::{Channel, Flow};
use ipc_channel::TryRecvError;
use ipc_channel::ipc::{IpcBytesReceiver, IpcBytesSender, IpcOneShotServer, IpcSender, bytes_channel};
use std::io::ErrorKind;
use std::time::Duration;
use zerocopy::{FromBytes, IntoBytes};

pub(crate) struct IpcChannel;

pub(crate) struct Sender<const W: usize> {
    channels: Vec<IpcBytesSender>,
    message: Box<[u64; W]>,
}

pub(crate) struct Receiver<const W: usize> {
    channel: IpcBytesReceiver,
    /// For messages that do not begin on a word.
    aligned: Box<[u64; W]>,
}

impl Peer for IpcChannel {
    type Sender<const W: usize> = Sender<W>;
    type Receiver<const W: usize> = Receiver<W>;

    fn sender<const W: usize>(channel: &Channel) -> Result<Self::Sender<W>, Failure> {
        refuse_lossy(channel)?;
        let servers = (0..channel.receivers).map(|index| {
            let (server, name) = IpcOneShotServer::<IpcBytesSender>::new()?;
            let unready = channel.path_of(index).with_extension("unready");
            std::fs::write(&unready, name)?;
            std::fs::rename(&unready, channel.path_of(index))?;
            Ok(server)
        });
        let servers = servers.collect::<Result<Vec<_>, Failure>>()?;
        let accept = |server: IpcOneShotServer<_>| Ok(server.accept()?.1);
        let channels = servers.into_iter().map(accept).collect::<Result<_, Failure>>()?;
        Ok(Sender { channels, message: zeroed() })
    }

    fn receiver<const W: usize>(channel: &Channel) -> Result<Self::Receiver<W>, Failure> {
        refuse_lossy(channel)?;
        let name = loop {
            match std::fs::read_to_string(channel.path_of(channel.index)) {
                Ok(name) => break name,
                Err(error) if error.kind() == ErrorKind::NotFound => std::thread::sleep(Duration::from_micros(50)),
                Err(error) => return Err(error.into()),
            }
        };
        let (sender, receiver) = bytes_channel()?;
        IpcSender::connect(name)?.send(sender)?;
        Ok(Receiver { channel: receiver, aligned: zeroed() })
    }
}

fn refuse_lossy(channel: &Channel) -> Result<(), Failure> {
    match channel.flow {
        Flow::Lossy => Err(Unsupported("a sender waits while its channel is full".into()).into()),
        _ => Ok(()),
    }
}

impl<const W: usize> super::Sender<W> for Sender<W> {
    #[inline]
    fn send(&mut self, write: impl Fn(&mut [u64; W])) -> Result<(), Failure> {
        write(&mut self.message);
        for channel in &self.channels {
            channel.send(self.message.as_bytes())?;
        }
        Ok(())
    }
}

impl<const W: usize> super::Receiver<W> for Receiver<W> {
    #[inline]
    fn poll<R>(&mut self, read: impl FnOnce(&[u64; W]) -> R) -> Result<Option<R>, Failure> {
        let bytes = match self.channel.try_recv() {
            Ok(bytes) => bytes,
            Err(TryRecvError::Empty) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if let Ok(words) = <[u64; W]>::ref_from_bytes(&bytes) {
            return Ok(Some(read(words)));
        }
        if bytes.len() != 8 * W {
            return Err(format!("a message has {} bytes instead of {}", bytes.len(), 8 * W).into());
        }
        self.aligned.as_mut_bytes().copy_from_slice(&bytes);
        Ok(Some(read(&self.aligned)))
    }
}

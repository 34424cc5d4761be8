use super::{Failure, Peer, Unsupported, bare, iceoryx2, ipc_channel, pipe, shmem_ipc, slotcast, socket, zeromq};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Name {
    /// This project, with its defaults
    Slotcast,
    /// This project, for values without the time at which they were set
    SlotcastUntimed,
    /// One slot and a flag in a shared mapping
    Slot,
    /// A ring of slots with a flag each in a shared mapping
    Ring,
    /// A sequence lock in a shared mapping, for values
    SeqLock,
    /// An eventfd of the kernel, for events and calls
    Eventfd,
    /// iceoryx2 with its fastest settings
    Iceoryx2,
    /// iceoryx2 with its defaults
    Iceoryx2Defaults,
    /// shmem-ipc
    ShmemIpc,
    /// ipc-channel
    IpcChannel,
    /// ZeroMQ over ipc://
    Zeromq,
    /// Unix sockets of streams
    Stream,
    /// Unix sockets of packets
    Packets,
    /// Pipes
    Pipe,
    /// Aeron over IPC
    #[cfg(feature = "aeron")]
    Aeron,
}

impl Name {
    /// Returns what it is called in tables and plots.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Slotcast => "Slotcast",
            Self::SlotcastUntimed => "Slotcast, no time",
            Self::Slot => "bare slot",
            Self::Ring => "bare ring",
            Self::SeqLock => "sequence lock",
            Self::Eventfd => "eventfd",
            Self::Iceoryx2 => "iceoryx2",
            Self::Iceoryx2Defaults => "iceoryx2 defaults",
            Self::ShmemIpc => "shmem-ipc",
            Self::IpcChannel => "ipc-channel",
            Self::Zeromq => "ZeroMQ",
            Self::Stream => "Unix stream",
            Self::Packets => "Unix packets",
            Self::Pipe => "pipe",
            #[cfg(feature = "aeron")]
            Self::Aeron => "Aeron",
        }
    }

    /// Does something with this peer and messages of so many bytes.
    pub(crate) fn visit<S: Sizes, V: Visitor>(self, bytes: usize, visitor: V) -> Result<V::Result, Failure> {
        match self {
            Self::SlotcastUntimed | Self::SeqLock | Self::Eventfd => {
                Err(Unsupported("it carries no messages".into()).into())
            }
            Self::Slotcast => S::visit::<slotcast::Slotcast, V>(bytes, visitor),
            Self::Slot => S::visit::<bare::Slot, V>(bytes, visitor),
            Self::Ring => S::visit::<bare::Ring, V>(bytes, visitor),
            Self::Iceoryx2 => S::visit::<iceoryx2::Fastest, V>(bytes, visitor),
            Self::Iceoryx2Defaults => S::visit::<iceoryx2::Defaults, V>(bytes, visitor),
            Self::ShmemIpc => S::visit::<shmem_ipc::ShmemIpc, V>(bytes, visitor),
            Self::IpcChannel => S::visit::<ipc_channel::IpcChannel, V>(bytes, visitor),
            Self::Zeromq => S::visit::<zeromq::ZeroMq, V>(bytes, visitor),
            Self::Stream => S::visit::<socket::Stream, V>(bytes, visitor),
            Self::Packets => S::visit::<socket::Packets, V>(bytes, visitor),
            Self::Pipe => S::visit::<pipe::Pipe, V>(bytes, visitor),
            #[cfg(feature = "aeron")]
            Self::Aeron => S::visit::<super::aeron::AeronIpc, V>(bytes, visitor),
        }
    }
}

/// Something to do with any peer and messages of `W` words.
pub(crate) trait Visitor {
    type Result;
    fn visit<P: Peer, const W: usize>(self) -> Self::Result;
}

/// The sizes for which something is compiled: not more than are measured, because that takes long.
pub(crate) trait Sizes {
    fn visit<P: Peer, V: Visitor>(bytes: usize, visitor: V) -> Result<V::Result, Failure>;
}

pub(crate) struct OneSize;
pub(crate) struct SmallSizes;
pub(crate) struct AnySize;

impl Sizes for OneSize {
    fn visit<P: Peer, V: Visitor>(bytes: usize, visitor: V) -> Result<V::Result, Failure> {
        match bytes {
            64 => Ok(visitor.visit::<P, 8>()),
            _ => Err(format!("no message has {bytes} bytes").into()),
        }
    }
}

impl Sizes for SmallSizes {
    fn visit<P: Peer, V: Visitor>(bytes: usize, visitor: V) -> Result<V::Result, Failure> {
        match bytes {
            8 => Ok(visitor.visit::<P, 1>()),
            1024 => Ok(visitor.visit::<P, 128>()),
            _ => OneSize::visit::<P, V>(bytes, visitor),
        }
    }
}

impl Sizes for AnySize {
    fn visit<P: Peer, V: Visitor>(bytes: usize, visitor: V) -> Result<V::Result, Failure> {
        match bytes {
            4096 => Ok(visitor.visit::<P, 512>()),
            65_536 => Ok(visitor.visit::<P, 8192>()),
            1_048_576 => Ok(visitor.visit::<P, 131_072>()),
            4_194_304 => Ok(visitor.visit::<P, 524_288>()),
            _ => SmallSizes::visit::<P, V>(bytes, visitor),
        }
    }
}

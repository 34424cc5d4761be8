use crate::error_debug::debug_is_display;
use crate::registry::{Handle, HandoverError, PeerName, TopicName, Way};
use slotcast_macros::ShmMessage;
use std::io;
use std::os::fd::OwnedFd;

/// A file descriptor that a message carries: a field of a large message or of its header, in which a
/// subscriber finds a dma-buf, a memfd or a socket of the publisher.
///
/// [`Publisher::carry`](crate::Publisher::carry) creates it, and
/// [`Subscriber::take_fd`](crate::Subscriber::take_fd) returns a copy of the descriptor. The publisher's own
/// stays open as long as a subscriber can read the message in place.
///
/// # Examples
///
/// ```
/// use slotcast::{MessageFd, Publisher, ShmMessage, Subscriber};
/// use std::io::{Read, Write};
///
/// #[derive(ShmMessage, Clone, Copy)]
/// #[repr(C)]
/// struct Frame {
///     stamp_ns: u64,
///     buffer: MessageFd,
/// }
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut publisher = Publisher::<[u8], Frame>::builder("camera").domain(&domain).create()?;
/// let mut subscriber = Subscriber::<[u8], Frame>::builder("camera").domain(&domain).create()?;
///
/// let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
/// let mut loan = publisher.loan_slice(0)?;
/// let buffer = publisher.carry(&loan, theirs.into())?;
/// loan.header_mut().buffer = buffer;
/// publisher.send(loan)?;
///
/// let frame = subscriber.recv()?;
/// let socket = subscriber.take_fd(&frame, frame.header().buffer)?; // in another process
/// std::os::unix::net::UnixStream::from(socket).write_all(b"hello")?;
/// let mut text = [0; 5];
/// (&ours).read_exact(&mut text)?;
/// assert_eq!(&text, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(ShmMessage, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct MessageFd {
    /// One more than the number of the descriptor in the publisher's process; 0 for none.
    number: u64,
    device: u64,
    inode: u64,
}

impl MessageFd {
    /// Carries none.
    pub const NONE: Self = Self { number: 0, device: 0, inode: 0 };

    /// Describes a descriptor of this process.
    pub(crate) fn of(descriptor: &OwnedFd) -> io::Result<Self> {
        let Handle { descriptor, device, inode, .. } = Handle::of(descriptor)?;
        // A descriptor that is open is not negative.
        Ok(Self { number: u64::try_from(descriptor).unwrap_or(0) + 1, device, inode })
    }

    /// Returns whether there is none.
    pub fn is_none(&self) -> bool {
        self.number == 0
    }

    /// Fetches the descriptor from a process: as it is, or, where the kernel refuses that, opened anew
    /// for reading.
    pub(crate) fn fetch(self, pid: u32) -> Result<OwnedFd, HandoverError> {
        // What is no number of a descriptor is none of that process.
        let descriptor = i32::try_from(self.number.wrapping_sub(1)).unwrap_or(i32::MAX);
        let handle = Handle { pid, descriptor, device: self.device, inode: self.inode };
        handle.fetch_by(Way::Pidfd).or_else(|refused| handle.fetch_by(Way::Proc).map_err(|_| refused))
    }
}

/// Why a message cannot carry a descriptor, or why it cannot be taken.
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// use slotcast::{MessageFd, MessageFdError, Publisher, Subscriber};
///
/// let mut publisher = Publisher::<[u8], MessageFd>::builder("camera").domain(&domain).create()?;
/// let mut subscriber = Subscriber::<[u8], MessageFd>::builder("camera").domain(&domain).create()?;
/// let mut loan = publisher.loan_slice(0)?;
/// *loan.header_mut() = MessageFd::NONE;
/// publisher.send(loan)?;
/// let message = subscriber.recv()?;
/// let error = subscriber.take_fd(&message, *message.header()).unwrap_err();
/// assert!(matches!(error, MessageFdError::Empty { .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum MessageFdError {
    /// The messages of this publisher are copied, so that nothing says how long a descriptor is needed.
    #[error(
        "topic \"{topic}\": messages of {bytes} bytes are copied, and carry no descriptors: use messages of more than \
         1024 bytes, or slices"
    )]
    Copied {
        /// The topic.
        topic: TopicName,
        /// The size of a message.
        bytes: usize,
    },
    /// The loan is of another publisher.
    #[error("topic \"{topic}\": the loan comes from another publisher: let the one carry that lent it")]
    ForeignLoan {
        /// The topic.
        topic: TopicName,
    },
    /// The publisher belongs to the process that this one was forked from.
    #[error("topic \"{topic}\": this publisher belongs to the process that this one was forked from: create a new one")]
    Forked {
        /// The topic.
        topic: TopicName,
    },
    /// The kernel does not describe the descriptor.
    #[error("topic \"{topic}\": the descriptor cannot be carried: {reason}")]
    Kernel {
        /// The topic.
        topic: TopicName,
        /// What the kernel says.
        reason: io::Error,
    },
    /// The message carries none.
    #[error("topic \"{topic}\": the message carries no descriptor in this field")]
    Empty {
        /// The topic.
        topic: TopicName,
    },
    /// The publisher has ended: its descriptors are closed.
    #[error("topic \"{topic}\": the publisher of the message has ended, and its descriptors are closed")]
    Ended {
        /// The topic.
        topic: TopicName,
    },
    /// The descriptor cannot be fetched from the publisher.
    #[error(
        "topic \"{topic}\": {publisher}: {reason}; the publisher may refuse that (`prctl(PR_SET_DUMPABLE)`), or the \
         system does (Yama's `ptrace_scope`)"
    )]
    Handover {
        /// The topic.
        topic: TopicName,
        /// The publisher.
        publisher: Box<PeerName>,
        /// Why.
        reason: HandoverError,
    },
}

debug_is_display!(MessageFdError {
    Copied { topic, bytes },
    ForeignLoan { topic },
    Forked { topic },
    Kernel { topic, reason },
    Empty { topic },
    Ended { topic },
    Handover { topic, publisher, reason },
});

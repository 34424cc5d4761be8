//! The descriptor that a subscriber can be waited for by.

use crate::registry::RegistryError;
use crate::sync::Word;
use crate::sys::poll::{Interest, Poll, Timer};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

/// A descriptor that is readable while a subscriber may have something to deliver: for `poll`,
/// `epoll` and whatever is built on them. [`Subscriber::event_fd`](crate::Subscriber::event_fd)
/// returns it.
///
/// Clones are the same descriptor. It stays valid when its subscriber is dropped, and is not
/// readable any more. Nothing is to be read from it.
///
/// # Examples
///
/// ```
/// use slotcast::{Publisher, Subscriber};
/// use std::os::fd::AsFd;
///
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
/// let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
/// let event_fd = subscriber.event_fd()?;
/// // Register `event_fd.as_fd()` with an event loop. When that reports it to be readable:
/// # publisher.publish(&1)?;
/// # assert!(event_fd.as_fd().try_clone_to_owned().is_ok());
/// while let Some(message) = subscriber.try_recv()? {
///     println!("{}", *message);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct EventFd(Arc<Shared>);

/// What [`WaitSet::add_subscriber`](crate::WaitSet::add_subscriber) takes: a
/// [`Subscriber`](crate::Subscriber), or a [subscriber without a type](crate::dynamic::Subscriber).
///
/// # Examples
///
/// ```
/// use slotcast::{Key, Waitable, WaitError, WaitSet};
///
/// fn add_all(set: &mut WaitSet, subscribers: &mut [&mut dyn Waitable]) -> Result<Vec<Key>, WaitError> {
///     subscribers.iter_mut().map(|subscriber| set.add_subscriber(*subscriber)).collect()
/// }
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut left = slotcast::Subscriber::<u64>::builder("left").domain(&domain).create()?;
/// let mut right = slotcast::Subscriber::<f32>::builder("right").domain(&domain).create()?;
/// assert_eq!(add_all(&mut WaitSet::new()?, &mut [&mut left, &mut right])?.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Waitable {
    /// Returns its descriptor, as [`Subscriber::event_fd`](crate::Subscriber::event_fd) does.
    ///
    /// # Errors
    /// When it cannot be created.
    fn event_fd(&mut self) -> Result<EventFd, RegistryError>;
}

struct Shared {
    /// Watches everything that can wake a subscriber.
    poll: Poll,
    timer: Timer,
    /// How many messages the subscriber had taken when it last found none.
    taken: Word,
}

/// What has made it readable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Causes {
    pub(crate) socket: bool,
    pub(crate) timer: bool,
}

const SOCKET: u64 = 0;
const TIMER: u64 = 1;

impl EventFd {
    /// Creates a descriptor that is readable now, and when the socket is that it will
    /// [listen to](Self::listen_to).
    pub(crate) fn new() -> io::Result<Self> {
        let (poll, timer) = (Poll::new()?, Timer::new()?);
        poll.add(&timer, TIMER, Interest::Readable)?;
        timer.set(Some(Duration::ZERO), None)?;
        Ok(Self(Arc::new(Shared { poll, timer, taken: Word::new(0) })))
    }

    /// Sets the socket that makes it readable. The one before is forgotten when it is dropped.
    pub(crate) fn listen_to(&self, socket: impl AsFd) -> io::Result<()> {
        self.0.poll.add(socket, SOCKET, Interest::Readable)
    }

    /// Makes it readable every `time` without the socket, for the first time after `time`.
    pub(crate) fn wake_every(&self, time: Duration) -> io::Result<()> {
        self.0.timer.set(Some(time), Some(time))
    }

    /// Makes it readable now.
    pub(crate) fn wake(&self) -> io::Result<()> {
        self.wake_every(Duration::ZERO)
    }

    /// Leaves it to the socket alone to make it readable.
    pub(crate) fn silence(&self) -> io::Result<()> {
        self.0.timer.set(None, None)
    }

    /// Returns why it is readable now, if it is, and resets the timer as a cause.
    pub(crate) fn causes(&self) -> io::Result<Causes> {
        let mut causes = Causes::default();
        self.0.poll.poll_now(|ready| match ready.key {
            SOCKET => causes.socket = true,
            _ => causes.timer = true,
        })?;
        if causes.timer {
            self.0.timer.take()?;
        }
        Ok(causes)
    }

    /// Sets how many messages the subscriber has taken.
    pub(crate) fn set_taken(&self, messages: u64) {
        // Relaxed: it is only compared with what it was before.
        self.0.taken.store_relaxed(messages);
    }

    /// Returns how many messages the subscriber had taken when it last found none.
    pub(crate) fn taken(&self) -> u64 {
        self.0.taken.load_relaxed()
    }

    /// Returns whether it is a clone of the other.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl AsFd for EventFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.poll.as_fd()
    }
}

impl fmt::Debug for EventFd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EventFd").field(&self.as_fd()).finish()
    }
}

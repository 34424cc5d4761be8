use crate::sync::Word;
use crate::sys::poll::{Interest, Poll, Timer};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

/// A descriptor that is readable while a subscriber may have something to tell: for `poll`, `epoll` and whatever is
/// built on them. See [`Subscriber::event_fd`](crate::Subscriber::event_fd).
///
/// Clones are the same descriptor. It stays valid, and silent, when its subscriber is gone. Nothing is to be read from it.
#[derive(Clone)]
pub struct EventFd(Arc<Shared>);

struct Shared {
    /// Of everything that a subscriber can be woken by.
    poll: Poll,
    timer: Timer,
    /// How many messages the subscriber had taken when it last found none.
    taken: Word,
}

/// What has made a descriptor readable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Causes {
    pub(crate) bell: bool,
    pub(crate) timer: bool,
}

const BELL: u64 = 0;
const TIMER: u64 = 1;

impl EventFd {
    /// A descriptor that is readable when a bell rings, which is to be given, and now.
    pub(crate) fn new() -> io::Result<Self> {
        let (poll, timer) = (Poll::new()?, Timer::new()?);
        poll.add(&timer, TIMER, Interest::Readable)?;
        timer.set(Some(Duration::ZERO), None)?;
        Ok(Self(Arc::new(Shared { poll, timer, taken: Word::new(0) })))
    }

    /// Gives it a bell. The one before goes by itself, when it is dropped.
    pub(crate) fn listen_to(&self, bell: impl AsFd) -> io::Result<()> {
        self.0.poll.add(bell, BELL, Interest::Readable)
    }

    /// Makes it readable after a time though no bell rings, and again each time as long after.
    pub(crate) fn wake_each(&self, time: Duration) -> io::Result<()> {
        self.0.timer.set(Some(time), Some(time))
    }

    /// Makes it readable now.
    pub(crate) fn wake(&self) -> io::Result<()> {
        self.wake_each(Duration::ZERO)
    }

    /// Leaves it to its bell alone to make it readable.
    pub(crate) fn sleep(&self) -> io::Result<()> {
        self.0.timer.set(None, None)
    }

    /// Why it is readable now, if it is. That the timer was the cause is forgotten by this.
    pub(crate) fn causes(&self) -> io::Result<Causes> {
        let mut causes = Causes::default();
        self.0.poll.poll_now(|ready| match ready.key {
            BELL => causes.bell = true,
            _ => causes.timer = true,
        })?;
        if causes.timer {
            self.0.timer.take()?;
        }
        Ok(causes)
    }

    /// Tells how many messages the subscriber has taken.
    pub(crate) fn tell_taken(&self, messages: u64) {
        // Relaxed: it is compared with what it was before, and nothing else follows from it.
        self.0.taken.store_relaxed(messages);
    }

    /// How many messages the subscriber had taken when it last found none.
    pub(crate) fn taken(&self) -> u64 {
        self.0.taken.load_relaxed()
    }

    /// Whether it is a clone of the other.
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

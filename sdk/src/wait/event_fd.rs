#![allow(dead_code, reason = "its users come next")]

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
/// Clones are the same descriptor. It stays valid, and silent, when its subscriber is gone.
#[derive(Clone)]
pub struct EventFd {
    shared: Arc<Shared>,
}

struct Shared {
    /// Of everything that a subscriber can be woken by.
    poll: Poll,
    timer: Timer,
    /// How many messages the subscriber had taken when it last found none.
    received: Word,
}

const BELL: u64 = 0;
const TIMER: u64 = 1;

impl EventFd {
    /// A descriptor that is readable when `bell` is; it is so now.
    pub(crate) fn new(bell: impl AsFd) -> io::Result<Self> {
        let poll = Poll::new()?;
        let timer = Timer::new()?;
        poll.add(bell, BELL, Interest::Readable)?;
        poll.add(&timer, TIMER, Interest::Readable)?;
        timer.set(Some(Duration::ZERO), None)?;
        Ok(Self { shared: Arc::new(Shared { poll, timer, received: Word::new(0) }) })
    }

    /// Makes it readable after a time though no bell rings.
    pub(crate) fn look_after(&self, time: Duration) -> io::Result<()> {
        self.shared.timer.set(Some(time), None)
    }

    /// Tells how many messages the subscriber has taken.
    pub(crate) fn tell_received(&self, messages: u64) {
        // Relaxed: it is compared with what it was before, and nothing else follows from it.
        self.shared.received.store_relaxed(messages);
    }

    /// How many messages the subscriber had taken when it last found none.
    pub(crate) fn received(&self) -> u64 {
        self.shared.received.load_relaxed()
    }

    /// Whether it is a clone of the other.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl AsFd for EventFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.shared.poll.as_fd()
    }
}

impl fmt::Debug for EventFd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EventFd").field(&self.as_fd()).finish()
    }
}

//! Waiting for descriptors (`epoll`), and descriptors to wait for: timers and events.

use rustix::event::{EventfdFlags, epoll};
use rustix::io::Errno;
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

/// A set of descriptors. It is itself a descriptor, readable while one of them is ready.
#[derive(Debug)]
pub(crate) struct Poll(OwnedFd);

/// What to wait for on a descriptor.
///
/// # Examples
///
/// ```
/// use slotcast::{Interest, WaitSet};
/// use std::time::Duration;
///
/// let (receiver, sender) = std::io::pipe()?;
/// let mut set = WaitSet::new()?;
/// set.add_descriptor(&receiver, Interest::Readable)?;
/// let writable = set.add_descriptor(&sender, Interest::Writable)?;
/// let ready = set.wait_timeout(Duration::ZERO)?;
/// assert_eq!(ready.len(), 1, "the pipe is empty: it can only be written");
/// assert_eq!(ready[0].key, writable);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Until it can be read, has reached its end, or has failed.
    Readable,
    /// Until it can be written, or has failed.
    Writable,
    /// Until either.
    Both,
}

/// A descriptor that is ready.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ready {
    /// The key under which it was added.
    pub(crate) key: u64,
    /// A read would not wait: there is data, the end, or an error.
    pub(crate) readable: bool,
    /// A write would not wait.
    pub(crate) writable: bool,
    /// The other end is closed or sends nothing more, or the descriptor failed.
    pub(crate) closed: bool,
}

/// How many descriptors one wait reports at most. The others stay ready and come first the next
/// time.
pub(crate) const AT_ONCE: usize = 64;

impl Poll {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(epoll::create(epoll::CreateFlags::CLOEXEC)?))
    }

    /// Adds a descriptor. It is removed automatically when the file behind it is closed.
    pub(crate) fn add(&self, descriptor: impl AsFd, key: u64, interest: Interest) -> io::Result<()> {
        let flags = match interest {
            Interest::Readable => epoll::EventFlags::IN | epoll::EventFlags::RDHUP,
            Interest::Writable => epoll::EventFlags::OUT,
            Interest::Both => epoll::EventFlags::IN | epoll::EventFlags::RDHUP | epoll::EventFlags::OUT,
        };
        Ok(epoll::add(&self.0, descriptor, epoll::EventData::new_u64(key), flags)?)
    }

    pub(crate) fn remove(&self, descriptor: impl AsFd) -> io::Result<()> {
        Ok(epoll::delete(&self.0, descriptor)?)
    }

    /// Waits until a descriptor is ready, and passes those that are to `report`. At the deadline it
    /// reports none. It polls once even if the deadline is over, and signals do not end the wait.
    pub(crate) fn wait(&self, deadline: Option<Instant>, mut report: impl FnMut(Ready)) -> io::Result<()> {
        let mut events = [MaybeUninit::uninit(); AT_ONCE];
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let time = left.and_then(|left| Timespec::try_from(left).ok());
            match epoll::wait(&self.0, &mut events, time.as_ref()) {
                Ok((ready, _)) => {
                    ready.iter().for_each(|event| report(Ready::of(event)));
                    return Ok(());
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Passes the descriptors that are ready now to `report`, without waiting.
    pub(crate) fn poll_now(&self, mut report: impl FnMut(Ready)) -> io::Result<()> {
        let mut events = [MaybeUninit::uninit(); AT_ONCE];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let (ready, _) = epoll::wait(&self.0, &mut events, Some(&now))?;
        ready.iter().for_each(|event| report(Ready::of(event)));
        Ok(())
    }
}

impl Ready {
    fn of(event: &epoll::Event) -> Self {
        let flags = event.flags;
        let failed = flags.intersects(epoll::EventFlags::HUP | epoll::EventFlags::ERR);
        Self {
            key: event.data.u64(),
            readable: failed || flags.contains(epoll::EventFlags::IN),
            writable: failed || flags.contains(epoll::EventFlags::OUT),
            closed: failed || flags.contains(epoll::EventFlags::RDHUP),
        }
    }
}

impl AsFd for Poll {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// A timer that is readable when its time has come.
#[derive(Debug)]
pub(crate) struct Timer(OwnedFd);

impl Timer {
    pub(crate) fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        Ok(Self(rustix::time::timerfd_create(TimerfdClockId::Monotonic, flags)?))
    }

    /// Sets the timer to become readable after `after`, and then again every `every`; `None`
    /// switches either off. Discards earlier expirations that were not taken.
    pub(crate) fn set(&self, after: Option<Duration>, every: Option<Duration>) -> io::Result<()> {
        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        let convert = |time: Option<Duration>| match time {
            None => zero,
            Some(time) => Timespec::try_from(time).unwrap_or(Timespec { tv_sec: i64::MAX, tv_nsec: 0 }),
        };
        // Zero would switch the timer off.
        let after = after.map(|after| after.max(Duration::from_nanos(1)));
        let times = Itimerspec { it_interval: convert(every), it_value: convert(after) };
        rustix::time::timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &times)?;
        Ok(())
    }

    /// Returns how often the timer has expired since the last call.
    pub(crate) fn take(&self) -> io::Result<u64> {
        take_count(&self.0)
    }
}

impl AsFd for Timer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// A counter that is readable while it is not zero.
#[derive(Debug)]
pub(crate) struct Event(OwnedFd);

impl Event {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?))
    }

    /// Adds one. Never waits: a full counter is readable anyway.
    pub(crate) fn add_one(&self) -> io::Result<()> {
        match rustix::io::write(&self.0, &1_u64.to_ne_bytes()) {
            Ok(_) | Err(Errno::AGAIN) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns what was added since the last call.
    pub(crate) fn take(&self) -> io::Result<u64> {
        take_count(&self.0)
    }
}

impl AsFd for Event {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn take_count(descriptor: &OwnedFd) -> io::Result<u64> {
    let mut count = [0; 8];
    match rustix::io::read(descriptor, &mut count) {
        Ok(_) => Ok(u64::from_ne_bytes(count)),
        Err(Errno::AGAIN) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

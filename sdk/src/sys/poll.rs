//! Waiting for descriptors (`epoll`), and descriptors to be waited for: clocks, events, the ends of processes.

use rustix::event::{EventfdFlags, epoll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags};
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

/// A set of descriptors, itself a descriptor that is readable while one of them is ready.
#[derive(Debug)]
pub(crate) struct Poll(OwnedFd);

/// What a descriptor is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Until it can be read, has ended, or has failed.
    Readable,
    /// Until it can be written, or has failed.
    Writable,
    /// Until one of the two.
    Both,
}

/// A descriptor that is ready.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ready {
    /// The number under which it was added.
    pub(crate) key: u64,
    /// Reading would not wait: something is there, or its end, or an error.
    pub(crate) readable: bool,
    /// The same for writing.
    pub(crate) writable: bool,
    /// The other side is gone or sends nothing more, or it failed.
    pub(crate) closed: bool,
}

/// The most that one wait reports; the others stay ready, and come first the next time.
pub(crate) const AT_ONCE: usize = 64;

impl Poll {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(epoll::create(epoll::CreateFlags::CLOEXEC)?))
    }

    /// Adds a descriptor. It goes by itself when the file behind it is closed.
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

    /// Waits until a descriptor is ready, or the deadline, and shows those that are: none then.
    /// Signals do not end it. Looks once if the deadline is over.
    pub(crate) fn wait(&self, deadline: Option<Instant>, mut see: impl FnMut(Ready)) -> io::Result<()> {
        let mut events = [MaybeUninit::uninit(); AT_ONCE];
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let time = left.and_then(|left| Timespec::try_from(left).ok());
            match epoll::wait(&self.0, &mut events, time.as_ref()) {
                Ok((ready, _)) => {
                    ready.iter().for_each(|event| see(Ready::of(event)));
                    return Ok(());
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Shows the descriptors that are ready now.
    pub(crate) fn look(&self, mut see: impl FnMut(Ready)) -> io::Result<()> {
        let mut events = [MaybeUninit::uninit(); AT_ONCE];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let (ready, _) = epoll::wait(&self.0, &mut events, Some(&now))?;
        ready.iter().for_each(|event| see(Ready::of(event)));
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

/// A clock that is readable when a time has come.
#[derive(Debug)]
pub(crate) struct Timer(OwnedFd);

impl Timer {
    pub(crate) fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        Ok(Self(rustix::time::timerfd_create(TimerfdClockId::Monotonic, flags)?))
    }

    /// Sets it to be readable after a time, and again after each `every`, or not at all. What was
    /// not taken of before is gone.
    pub(crate) fn set(&self, after: Option<Duration>, every: Option<Duration>) -> io::Result<()> {
        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        let spell = |time: Option<Duration>| match time {
            None => zero,
            Some(time) => Timespec::try_from(time).unwrap_or(Timespec { tv_sec: i64::MAX, tv_nsec: 0 }),
        };
        // Zero would switch it off.
        let after = after.map(|after| after.max(Duration::from_nanos(1)));
        let times = Itimerspec { it_interval: spell(every), it_value: spell(after) };
        rustix::time::timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &times)?;
        Ok(())
    }

    /// How often its time has come since this was asked last.
    pub(crate) fn take(&self) -> io::Result<u64> {
        take_count(&self.0)
    }
}

impl AsFd for Timer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// A counter that is readable when it is not zero.
#[derive(Debug)]
pub(crate) struct Event(OwnedFd);

impl Event {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?))
    }

    /// Adds one. Never waits: a counter that is full is as good as one more.
    pub(crate) fn add_one(&self) -> io::Result<()> {
        match rustix::io::write(&self.0, &1_u64.to_ne_bytes()) {
            Ok(_) | Err(Errno::AGAIN) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// What was added since this was asked last.
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

/// A descriptor that is readable once the process of this number has ended, reaped or not. `NotFound` or the like if
/// there is none.
pub(crate) fn end_of_process(pid: u32) -> io::Result<OwnedFd> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
    Ok(rustix::process::pidfd_open(pid, PidfdFlags::empty())?)
}

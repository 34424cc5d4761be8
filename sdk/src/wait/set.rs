use super::clocks::Clocks;
use super::{EventFd, Interest, Key, Ready, ReadyKind, Trigger, WaitError};
use crate::sys::fork::Origin;
use crate::sys::poll::{self, Poll, Timer};
use crate::sys::{descriptor, fork};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

/// Waits for several things at once, in one thread: subscribers, foreign descriptors (sockets, pipes, other libraries'),
/// intervals, deadlines of subscribers, and triggers of other threads or of signal handlers.
///
/// ```no_run
/// use slotcast::{Subscriber, WaitSet, ReadyKind};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut poses = Subscriber::<[f64; 3]>::new("robot/pose")?;
/// let mut set = WaitSet::new()?;
/// let pose = set.add(&poses.event_fd()?)?;
/// let tick = set.interval(Duration::from_secs(1))?;
/// loop {
///     for ready in set.wait()? {
///         match ready.kind {
///             ReadyKind::Messages if ready.key == pose => {
///                 for pose in poses.try_iter() {
///                     println!("{:?}", *pose?);
///                 }
///             }
///             ReadyKind::Interval { periods } if ready.key == tick => println!("{periods} s later"),
///             _ => {}
///         }
///     }
/// }
/// # }
/// ```
///
/// Each wait reports all that is ready, each thing once, so that none keeps another waiting. Subscribers and descriptors
/// are reported as long as they are ready; the others are consumed by their report.
///
/// A set holds two descriptors, and one more for each foreign descriptor and each trigger. Waiting allocates nothing once it
/// has reported as much at a time before.
#[derive(Debug)]
pub struct WaitSet {
    poll: Poll,
    alarm: Alarm,
    /// By their keys, ascending.
    members: Vec<Member>,
    clocks: Clocks,
    ready: Vec<Ready>,
    /// How often the kernel was asked.
    looks: u64,
    /// To know a child's copy of this.
    origin: Origin,
}

/// One thing in the set.
#[derive(Debug)]
struct Member {
    key: Key,
    source: Source,
    /// At which look it was seen to be ready last.
    seen: u64,
}

/// What is waited for.
#[derive(Debug)]
enum Source {
    Subscriber(EventFd),
    /// A duplicate: it stays what it was when its user closes his, whatever gets that number next.
    Descriptor(OwnedFd),
    /// It is one of the clocks.
    Interval,
    Trigger(Trigger),
}

impl WaitSet {
    /// A set with nothing in it.
    ///
    /// # Errors
    /// When this process has too many descriptors.
    pub fn new() -> Result<Self, WaitError> {
        fork::install_handlers();
        let making = || WaitError::kernel("make a wait set");
        let poll = Poll::new().map_err(making())?;
        let alarm = Alarm { timer: Timer::new().map_err(making())?, at: None };
        poll.add(&alarm.timer, Key::NONE, Interest::Readable).map_err(making())?;
        Ok(Self {
            poll,
            alarm,
            members: Vec::new(),
            clocks: Clocks::default(),
            ready: Vec::new(),
            looks: 0,
            origin: Origin::here(),
        })
    }

    /// Adds a subscriber, by its [`event_fd`](crate::Subscriber::event_fd). It is reported as [`ReadyKind::Messages`] by each
    /// wait until `try_recv` has returned nothing; the first time whether a message is there or not.
    ///
    /// When the subscriber is gone it is silent. It can be in several sets, and in each once.
    ///
    /// # Errors
    /// When it is in this set already, or the kernel has no room.
    pub fn add(&mut self, event_fd: &EventFd) -> Result<Key, WaitError> {
        self.usable()?;
        let is_same = |source: &Source| matches!(source, Source::Subscriber(other) if other.is_same(event_fd));
        if let Some(member) = self.members.iter().find(|member| is_same(&member.source)) {
            return Err(WaitError::Twice(member.key));
        }
        let key = Key::next();
        self.poll.add(event_fd, key.number(), Interest::Readable).map_err(WaitError::adding)?;
        Ok(self.keep(key, Source::Subscriber(event_fd.clone())))
    }

    /// Adds a foreign descriptor: a socket, a pipe, a terminal, a timer, or what another library wants to be waited for.
    /// It is reported as [`ReadyKind::Descriptor`] as long as it is ready: by each wait, until it was read empty or written full.
    ///
    /// The set holds a duplicate of it. So it can be closed at any time, and its number used again, and the set cannot
    /// take one for the other; but what it is of (the connection, say) stays open until it is [removed](Self::remove).
    ///
    /// # Errors
    /// When it is of a kind that is always ready, such as a regular file, or the kernel has no room.
    pub fn add_descriptor(&mut self, descriptor: &impl AsFd, interest: Interest) -> Result<Key, WaitError> {
        self.usable()?;
        let descriptor = descriptor::duplicate(descriptor).map_err(WaitError::adding)?;
        let key = Key::next();
        self.poll.add(&descriptor, key.number(), interest).map_err(WaitError::adding)?;
        Ok(self.keep(key, Source::Descriptor(descriptor)))
    }

    /// Adds a clock that is reported as [`ReadyKind::Interval`] after each period from now on. Periods that end while nobody waits
    /// are counted in the next report; they do not come one by one. It does not drift, and stands still while the machine is
    /// suspended.
    ///
    /// # Errors
    /// When the period is zero.
    pub fn interval(&mut self, period: Duration) -> Result<Key, WaitError> {
        self.usable()?;
        if period.is_zero() {
            return Err(WaitError::Zero("an interval"));
        }
        let key = Key::next();
        self.clocks.add_interval(key, period);
        Ok(self.keep(key, Source::Interval))
    }

    /// Has [`ReadyKind::Missed`] reported when a subscriber that is in this set gets no message for so long: once, and again only
    /// after a message has come and the next one is late. Replaces the deadline that it had; `Duration::MAX` is none.
    ///
    /// The time counts from now, or from when a wait began after the last messages were received, whichever is later. A
    /// subscriber that has messages that were not received is not late. It has to be read until `try_recv` returns
    /// nothing, by the thread that waits.
    ///
    /// # Errors
    /// When the key is not of a subscriber in this set, or the time is zero.
    pub fn deadline(&mut self, key: Key, time: Duration) -> Result<(), WaitError> {
        self.usable()?;
        if time.is_zero() {
            return Err(WaitError::Zero("a deadline"));
        }
        match &self.members[self.place(key)?].source {
            Source::Subscriber(event_fd) => self.clocks.set_deadline(key, event_fd, time),
            _ => return Err(WaitError::NoMessages(key)),
        }
        Ok(())
    }

    /// Adds a trigger: when it is fired, by any thread or a signal handler, the set reports [`ReadyKind::Triggered`], once.
    ///
    /// # Errors
    /// When this process has too many descriptors, or the kernel has no room.
    pub fn trigger(&mut self) -> Result<(Key, Trigger), WaitError> {
        self.usable()?;
        let trigger = Trigger::new().map_err(WaitError::kernel("make a trigger"))?;
        let key = Key::next();
        self.poll.add(trigger.event(), key.number(), Interest::Readable).map_err(WaitError::adding)?;
        Ok((self.keep(key, Source::Trigger(trigger.clone())), trigger))
    }

    /// Removes what has this key, with its deadline. It is reported no more.
    ///
    /// # Errors
    /// When the key is of nothing in this set.
    pub fn remove(&mut self, key: Key) -> Result<(), WaitError> {
        self.usable()?;
        let place = self.place(key)?;
        let Member { source, .. } = self.members.remove(place);
        self.clocks.remove(key);
        let removed = match &source {
            Source::Subscriber(event_fd) => self.poll.remove(event_fd),
            Source::Descriptor(descriptor) => self.poll.remove(descriptor),
            Source::Interval => Ok(()),
            Source::Trigger(trigger) => self.poll.remove(trigger.event()),
        };
        removed.map_err(WaitError::kernel("remove from a wait set"))
    }

    /// How many things are in it. A deadline belongs to its subscriber and does not count.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Waits until something is ready, and returns all that is: at least one, each once. No signal ends it.
    ///
    /// # Errors
    /// When the set is empty: it would wait for ever. Or when this process was forked off the one that made it.
    pub fn wait(&mut self) -> Result<&[Ready], WaitError> {
        self.wait_before(None)
    }

    /// The same for at most so long. Nothing is ready then: the result is empty. With zero it looks and does not wait.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn wait_timeout(&mut self, time: Duration) -> Result<&[Ready], WaitError> {
        self.wait_before(Instant::now().checked_add(time)) // beyond all time: none
    }

    /// The same until then at most. Nothing is ready then: the result is empty. If that is in the past it looks and does not
    /// wait.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn wait_deadline(&mut self, deadline: Instant) -> Result<&[Ready], WaitError> {
        self.wait_before(Some(deadline))
    }

    fn wait_before(&mut self, deadline: Option<Instant>) -> Result<&[Ready], WaitError> {
        self.usable()?;
        if self.is_empty() {
            return Err(WaitError::Empty);
        }
        self.ready.clear();
        loop {
            // What is due now is reported after a look at the descriptors that begins after now: whatever was ready in
            // time is seen in time.
            let now = Instant::now();
            self.clocks.look(now);
            let next = self.clocks.next().into_iter().chain(deadline).min();
            let is_due = next.is_some_and(|next| next <= now);
            self.look(now, next, !is_due).map_err(WaitError::kernel("wait"))?;
            self.clocks.report(now, &mut self.ready);
            if !self.ready.is_empty() || deadline.is_some_and(|deadline| deadline <= now) {
                return Ok(&self.ready);
            }
        }
    }

    /// Takes what the kernel has to tell. Waits for something, at most until `next`, if it is to.
    fn look(&mut self, now: Instant, next: Option<Instant>, waits: bool) -> io::Result<()> {
        self.looks += 1;
        if waits {
            self.alarm.set(next, now)?;
            if self.take(|poll, see| poll.wait(None, see))? {
                return Ok(());
            }
        }
        // What was not told yet comes first, so that all is told when the first comes again.
        while !self.take(|poll, see| poll.poll_now(see))? {}
        Ok(())
    }

    /// Takes what the kernel tells at once. Whether that is all.
    fn take(&mut self, ask: impl FnOnce(&Poll, &mut dyn FnMut(poll::Ready)) -> io::Result<()>) -> io::Result<bool> {
        let Self { poll, alarm, members, ready, looks, .. } = self;
        let (mut told, mut comes_again, mut taken) = (0, false, Ok(()));
        ask(poll, &mut |event| {
            told += 1;
            if event.key == Key::NONE {
                if let Err(reason) = alarm.silence() {
                    taken = Err(reason);
                }
                return;
            }
            let Ok(place) = members.binary_search_by_key(&event.key, |member| member.key.number()) else { return };
            let member = &mut members[place];
            if member.seen == *looks {
                comes_again = true;
                return;
            }
            member.seen = *looks;
            match member.source.report(event) {
                Ok(kind) => ready.extend(kind.map(|kind| Ready { key: member.key, kind })),
                Err(reason) => taken = Err(reason),
            }
        })?;
        taken?;
        Ok(comes_again || told < poll::AT_ONCE)
    }

    fn keep(&mut self, key: Key, source: Source) -> Key {
        self.members.push(Member { key, source, seen: 0 });
        key
    }

    fn place(&self, key: Key) -> Result<usize, WaitError> {
        self.members.binary_search_by_key(&key, |member| member.key).map_err(|_| WaitError::Unknown(key))
    }

    /// A child must not touch what it shares with its parent, such as what is registered with the kernel.
    fn usable(&self) -> Result<(), WaitError> {
        if self.origin.is_here() { Ok(()) } else { Err(WaitError::Forked) }
    }
}

impl Source {
    fn report(&self, event: poll::Ready) -> io::Result<Option<ReadyKind>> {
        let poll::Ready { readable, writable, closed, .. } = event;
        Ok(match self {
            Self::Subscriber(_) => Some(ReadyKind::Messages),
            Self::Descriptor(_) => Some(ReadyKind::Descriptor { readable, writable, closed }),
            Self::Interval => None, // it has no descriptor
            Self::Trigger(trigger) => (trigger.event().take()? > 0).then_some(ReadyKind::Triggered),
        })
    }
}

/// Ends a wait at a time. (What the kernel takes with a wait is rounded to milliseconds, up.)
#[derive(Debug)]
struct Alarm {
    timer: Timer,
    /// For when it is set.
    at: Option<Instant>,
}

impl Alarm {
    fn set(&mut self, at: Option<Instant>, now: Instant) -> io::Result<()> {
        if at != self.at {
            self.timer.set(at.map(|at| at.saturating_duration_since(now)), None)?;
            self.at = at;
        }
        Ok(())
    }

    fn silence(&mut self) -> io::Result<()> {
        self.timer.take()?;
        self.at = None;
        Ok(())
    }
}

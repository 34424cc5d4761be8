//! Waiting for several things at once.

use super::clocks::Clocks;
use super::{EventFd, Interest, Key, Ready, ReadyKind, Trigger, WaitError, Waitable};
use crate::sys::fork::Origin;
use crate::sys::poll::{self, Poll, Timer};
use crate::sys::{descriptor, fork};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

/// Waits for several things at once, in one thread: subscribers, foreign descriptors (sockets,
/// pipes, those of other libraries), intervals, deadlines of subscribers, and triggers of other
/// threads or of signal handlers.
///
/// Each wait reports everything that is ready, each thing once, so that none keeps another waiting.
/// Subscribers and descriptors are reported as long as they are ready; the others are consumed by
/// their report.
///
/// A set holds two descriptors, and one more for each foreign descriptor and each trigger. Waiting
/// allocates nothing once it has reported as much at a time before.
///
/// # Examples
///
/// ```
/// use slotcast::{ReadyKind, Subscriber, WaitSet};
/// use std::time::Duration;
///
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = slotcast::Publisher::<[f64; 3]>::builder("robot/pose").domain(&domain).create()?;
/// let mut poses = Subscriber::<[f64; 3]>::builder("robot/pose").domain(&domain).create()?;
/// let mut set = WaitSet::new()?;
/// let pose = set.add(&poses.event_fd()?)?;
/// let tick = set.interval(Duration::from_millis(20))?;
/// # publisher.publish(&[1.0, 2.0, 3.0])?;
/// # let mut over = false;
/// # while !over {
/// for ready in set.wait()? {
///     match ready.kind {
///         ReadyKind::Messages if ready.key == pose => {
///             for pose in poses.try_iter() {
///                 println!("{:?}", *pose?);
///             }
///         }
///         ReadyKind::Interval { periods } if ready.key == tick => {
///             println!("{periods} × 20 ms later");
/// #           over = true;
///         }
///         _ => {}
///     }
/// }
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct WaitSet {
    poll: Poll,
    alarm: Alarm,
    /// In the order of their keys, ascending.
    members: Vec<Member>,
    clocks: Clocks,
    ready: Vec<Ready>,
    /// How many polls there were.
    polls: u64,
    /// To recognise a forked child's copy.
    origin: Origin,
}

/// One thing in the set.
struct Member {
    key: Key,
    source: Source,
    /// The number of the poll that last found it ready.
    found: u64,
}

/// What is waited for.
enum Source {
    Subscriber(EventFd),
    /// A duplicate. It stays what it was when the original is closed, whatever gets that number
    /// next.
    Descriptor(OwnedFd),
    /// One of the clocks.
    Interval,
    Trigger(Trigger),
}

impl WaitSet {
    /// Creates an empty set.
    ///
    /// # Errors
    /// When this process has too many descriptors.
    ///
    /// # Examples
    ///
    /// ```
    /// let set = slotcast::WaitSet::new()?;
    /// assert!(set.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new() -> Result<Self, WaitError> {
        fork::install_handlers();
        let making = || WaitError::kernel("create a wait set");
        let poll = Poll::new().map_err(making())?;
        let alarm = Alarm { timer: Timer::new().map_err(making())?, at: None };
        poll.add(&alarm.timer, Key::NONE, Interest::Readable).map_err(making())?;
        Ok(Self {
            poll,
            alarm,
            members: Vec::new(),
            clocks: Clocks::default(),
            ready: Vec::new(),
            polls: 0,
            origin: Origin::here(),
        })
    }

    /// Adds a subscriber, by its [`event_fd`](crate::Subscriber::event_fd). Each wait reports it as
    /// [`ReadyKind::Messages`] until `try_recv` has returned `None`; the first wait does whether a
    /// message is present or not.
    ///
    /// When the subscriber is dropped it is not reported any more. It can be in several sets, and
    /// in each once.
    ///
    /// # Errors
    /// When it is in this set already, or the kernel has no capacity for it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber, WaitSet};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// let mut set = WaitSet::new()?;
    /// let key = set.add(&subscriber.event_fd()?)?;
    /// # publisher.publish(&1)?;
    /// assert_eq!(set.wait()?[0].key, key);
    /// for message in subscriber.try_iter() {
    ///     println!("{}", *message?);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add(&mut self, event_fd: &EventFd) -> Result<Key, WaitError> {
        self.check_here()?;
        let is_same = |source: &Source| matches!(source, Source::Subscriber(other) if other.is_same(event_fd));
        if let Some(member) = self.members.iter().find(|member| is_same(&member.source)) {
            return Err(WaitError::Twice(member.key));
        }
        let key = Key::next();
        self.poll.add(event_fd, key.number(), Interest::Readable).map_err(WaitError::adding)?;
        Ok(self.keep(key, Source::Subscriber(event_fd.clone())))
    }

    /// Adds a subscriber, typed or not: as [`add`](Self::add) does with its `event_fd`.
    ///
    /// It is not borrowed after this: receive from it when its key is reported.
    ///
    /// # Errors
    /// As [`add`](Self::add), and [`WaitError::Descriptor`] when it cannot have a descriptor.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber, WaitSet};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// let mut set = WaitSet::new()?;
    /// let key = set.add_subscriber(&mut subscriber)?;
    /// # publisher.publish(&1)?;
    /// assert_eq!(set.wait()?[0].key, key);
    /// assert_eq!(*subscriber.recv()?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_subscriber(&mut self, subscriber: &mut (impl Waitable + ?Sized)) -> Result<Key, WaitError> {
        self.check_here()?;
        let event_fd = subscriber.event_fd().map_err(|reason| WaitError::Descriptor(Box::new(reason)))?;
        self.add(&event_fd)
    }

    /// Adds a foreign descriptor: a socket, a pipe, a terminal, a timer, or what another library
    /// wants to be waited for. Each wait reports it as [`ReadyKind::Descriptor`] as long as it is
    /// ready: until it was read empty or written full.
    ///
    /// The set holds a duplicate of it. So it can be closed at any time and its number reused,
    /// without the set confusing the two. But what it refers to, such as a connection, stays open
    /// until it is [removed](Self::remove).
    ///
    /// # Errors
    /// When it is of a kind that is always ready, such as a regular file, or the kernel has no
    /// capacity for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use slotcast::{Interest, WaitSet};
    /// use std::io::Write;
    ///
    /// let (receiver, mut sender) = std::io::pipe()?;
    /// let mut set = WaitSet::new()?;
    /// let key = set.add_descriptor(&receiver, Interest::Readable)?;
    /// sender.write_all(b"ping")?;
    /// assert_eq!(set.wait()?[0].key, key);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_descriptor(&mut self, descriptor: &impl AsFd, interest: Interest) -> Result<Key, WaitError> {
        self.check_here()?;
        let descriptor = descriptor::duplicate(descriptor).map_err(WaitError::adding)?;
        let key = Key::next();
        self.poll.add(&descriptor, key.number(), interest).map_err(WaitError::adding)?;
        Ok(self.keep(key, Source::Descriptor(descriptor)))
    }

    /// Adds an interval, which is reported as [`ReadyKind::Interval`] after each period from now
    /// on. Periods that end while nobody waits are counted in the next report instead of being
    /// reported one by one. It does not drift, and stands still while the machine is suspended.
    ///
    /// # Errors
    /// When the period is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{ReadyKind, WaitSet};
    /// # use std::time::Duration;
    /// let mut set = WaitSet::new()?;
    /// set.interval(Duration::from_millis(5))?;
    /// assert!(matches!(set.wait()?[0].kind, ReadyKind::Interval { .. }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn interval(&mut self, period: Duration) -> Result<Key, WaitError> {
        self.check_here()?;
        if period.is_zero() {
            return Err(WaitError::Zero("an interval"));
        }
        let key = Key::next();
        self.clocks.add_interval(key, period);
        Ok(self.keep(key, Source::Interval))
    }

    /// Sets a deadline for a subscriber in this set: when it gets no message for `time`, that is
    /// reported as [`ReadyKind::Missed`]. It is reported once, and again only after a message has
    /// come and the next one is late. A new deadline replaces the one before; `Duration::MAX` is
    /// none.
    ///
    /// The time counts from now, or from when a wait began after the last messages were received,
    /// whichever is later. A subscriber with messages that were not received is not late. The
    /// thread that waits must receive until `try_recv` returns `None`.
    ///
    /// # Errors
    /// When the key is not of a subscriber in this set, or the time is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{ReadyKind, Subscriber, WaitSet};
    /// # use std::time::Duration;
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut subscriber = Subscriber::<u64>::builder("robot/imu").domain(&domain).create()?;
    /// let mut set = WaitSet::new()?;
    /// let imu = set.add(&subscriber.event_fd()?)?;
    /// set.deadline(imu, Duration::from_millis(20))?;
    /// loop {
    ///     match set.wait()?[0].kind {
    ///         ReadyKind::Messages => while subscriber.try_recv()?.is_some() {},
    ///         ReadyKind::Missed { silence } => break println!("nothing for {silence:?}"),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn deadline(&mut self, key: Key, time: Duration) -> Result<(), WaitError> {
        self.check_here()?;
        if time.is_zero() {
            return Err(WaitError::Zero("a deadline"));
        }
        match &self.members[self.place(key)?].source {
            Source::Subscriber(event_fd) => self.clocks.set_deadline(key, event_fd, time),
            _ => return Err(WaitError::NoMessages(key)),
        }
        Ok(())
    }

    /// Adds a trigger. When it is fired, by any thread or a signal handler, the set reports
    /// [`ReadyKind::Triggered`], once.
    ///
    /// # Errors
    /// When this process has too many descriptors, or the kernel has no capacity for it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{ReadyKind, WaitSet};
    /// let mut set = WaitSet::new()?;
    /// let (key, trigger) = set.trigger()?;
    /// trigger.fire(); // usually elsewhere
    /// assert_eq!(set.wait()?[0].key, key);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn trigger(&mut self) -> Result<(Key, Trigger), WaitError> {
        self.check_here()?;
        let trigger = Trigger::new().map_err(WaitError::kernel("create a trigger"))?;
        let key = Key::next();
        self.poll.add(trigger.event(), key.number(), Interest::Readable).map_err(WaitError::adding)?;
        Ok((self.keep(key, Source::Trigger(trigger.clone())), trigger))
    }

    /// Removes what has this key, with its deadline. It is not reported any more.
    ///
    /// # Errors
    /// When nothing in this set has the key.
    pub fn remove(&mut self, key: Key) -> Result<(), WaitError> {
        self.check_here()?;
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

    /// Returns how many things are in the set. A deadline belongs to its subscriber and does not
    /// count.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Returns whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Waits until something is ready, and returns everything that is: at least one thing, each
    /// once. Signals do not end it.
    ///
    /// # Errors
    /// When the set is empty: it would wait forever. Also in a process forked from the one that
    /// created the set.
    pub fn wait(&mut self) -> Result<&[Ready], WaitError> {
        self.wait_before(None)
    }

    /// Waits like [`wait`](Self::wait), up to `time`. Returns nothing on timeout. With zero it
    /// polls without waiting.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::WaitSet;
    /// # use std::time::Duration;
    /// # let mut set = WaitSet::new()?;
    /// # let _trigger = set.trigger()?;
    /// if set.wait_timeout(Duration::from_millis(10))?.is_empty() {
    ///     println!("nothing for 10 ms");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait_timeout(&mut self, time: Duration) -> Result<&[Ready], WaitError> {
        self.wait_before(Instant::now().checked_add(time)) // no deadline beyond all time
    }

    /// Waits like [`wait`](Self::wait), until `deadline`. Returns nothing on timeout. If the
    /// deadline is over it polls without waiting.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn wait_deadline(&mut self, deadline: Instant) -> Result<&[Ready], WaitError> {
        self.wait_before(Some(deadline))
    }

    fn wait_before(&mut self, deadline: Option<Instant>) -> Result<&[Ready], WaitError> {
        self.check_here()?;
        if self.is_empty() {
            return Err(WaitError::Empty);
        }
        self.ready.clear();
        loop {
            // What is due now is reported after a poll that begins after now: so whatever was ready
            // in time is found in time.
            let now = Instant::now();
            self.clocks.note_messages(now);
            let next = self.clocks.next().into_iter().chain(deadline).min();
            let is_due = next.is_some_and(|next| next <= now);
            self.poll(now, if is_due { Blocking::No } else { Blocking::Until(next) })
                .map_err(WaitError::kernel("wait"))?;
            self.clocks.report(now, &mut self.ready);
            if !self.ready.is_empty() || deadline.is_some_and(|deadline| deadline <= now) {
                return Ok(&self.ready);
            }
        }
    }

    /// Takes what is ready, after a wait if that is wanted.
    fn poll(&mut self, now: Instant, blocking: Blocking) -> io::Result<()> {
        self.polls += 1;
        if let Blocking::Until(end) = blocking {
            self.alarm.set(end, now)?;
            if self.take(|poll, report| poll.wait(None, report))? == Taken::All {
                return Ok(());
            }
        }
        // What was not reported yet comes first: so once something comes again, everything was
        // reported.
        while self.take(|poll, report| poll.poll_now(report))? == Taken::Some {}
        Ok(())
    }

    /// Takes what the kernel reports at once.
    fn take(&mut self, poll_once: impl FnOnce(&Poll, Report<'_>) -> io::Result<()>) -> io::Result<Taken> {
        let Self { poll, alarm, members, ready, polls, .. } = self;
        let (mut reported, mut comes_again, mut result) = (0, false, Ok(()));
        poll_once(poll, &mut |event| {
            reported += 1;
            if event.key == Key::NONE {
                if let Err(reason) = alarm.silence() {
                    result = Err(reason);
                }
                return;
            }
            let Ok(place) = members.binary_search_by_key(&event.key, |member| member.key.number()) else { return };
            let member = &mut members[place];
            if member.found == *polls {
                comes_again = true;
                return;
            }
            member.found = *polls;
            match member.source.report(event) {
                Ok(kind) => ready.extend(kind.map(|kind| Ready { key: member.key, kind })),
                Err(reason) => result = Err(reason),
            }
        })?;
        result?;
        Ok(if comes_again || reported < poll::AT_ONCE { Taken::All } else { Taken::Some })
    }

    fn keep(&mut self, key: Key, source: Source) -> Key {
        self.members.push(Member { key, source, found: 0 });
        key
    }

    fn place(&self, key: Key) -> Result<usize, WaitError> {
        self.members.binary_search_by_key(&key, |member| member.key).map_err(|_| WaitError::Unknown(key))
    }

    /// Fails in a forked child, which must not touch what it shares with its parent, such as what
    /// is registered with the kernel.
    fn check_here(&self) -> Result<(), WaitError> {
        if self.origin.is_here() { Ok(()) } else { Err(WaitError::Forked) }
    }
}

/// Whether a poll waits.
#[derive(Clone, Copy)]
enum Blocking {
    No,
    /// Until something is ready, or this time, if there is one.
    Until(Option<Instant>),
}

/// How much of what is ready was taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    Some,
    All,
}

/// What is called with each descriptor that is ready.
type Report<'a> = &'a mut dyn FnMut(poll::Ready);

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

/// Ends a wait at a time. (The kernel rounds the timeout of a wait up to milliseconds.)
struct Alarm {
    timer: Timer,
    /// The time to which it is set.
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

/// Prints how many things are in it.
impl fmt::Debug for WaitSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitSet").field("len", &self.len()).finish_non_exhaustive()
    }
}

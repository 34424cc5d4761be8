//! Membership: endpoints of the other role that join, leave, die and fall silent.
//!
//! | what happens | what shows it |
//! | --- | --- |
//! | an entry is created or removed | `inotify` on the topic's directory |
//! | a process ends | a pidfd, if it is certain that it belongs to that process |
//! | a large process is killed | it has no memory any more, checked every 50 ms |
//! | what none of these shows | locks and the directory, checked every 50 ms |
//! | a publisher falls silent | its segment, checked four times in the promised interval |
//!
//! All of these only show that it is time to check. What is reported follows from the directory,
//! from the locks and marks of entries that are held open, and from processes. So a hint that is
//! lost or wrong only costs time.

mod event;
mod joining;
mod member;
mod processes;
mod schedule;
mod watching;

pub use event::{MemberEvent, MembershipError, Refusal};

use crate::endpoint::{Roster, used_by_one_thread_at_a_time};
use crate::registry::{Announcement, Domain, RegistryError, Role, TopicDirectory, TopicName};
use crate::schema::{Schema, SchemaHash};
use crate::sys::directory_watch::DirectoryWatch;
use crate::sys::fork::Origin;
use crate::sys::poll::{Interest, Poll, Timer};
use member::Member;
use processes::Processes;
use schedule::Due;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// Keys of the descriptors that are polled.
mod key {
    pub(super) const WATCH: u64 = 0;
    pub(super) const TIMER: u64 = 1;
    pub(super) const FIRST_PROCESS: u64 = 2;
}

/// Reports the endpoints on the other side of a topic: a subscriber's membership reports
/// publishers, a publisher's membership reports subscribers. Create one with
/// [`Subscriber::membership`](crate::Subscriber::membership) or
/// [`Publisher::membership`](crate::Publisher::membership). For both roles, without an endpoint of
/// one's own, there is [`Observer::watch`](crate::Observer::watch).
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// use slotcast::{MemberEvent, Publisher, Subscriber};
///
/// let subscriber = Subscriber::<u64>::builder("robot/imu").domain(&domain).create()?;
/// let mut membership = subscriber.membership()?;
/// let publisher = Publisher::<u64>::builder("robot/imu").domain(&domain).name("left").create()?;
/// assert!(matches!(membership.next()?, MemberEvent::Joined(peer) if peer.name == "left"));
/// drop(publisher);
/// assert!(matches!(membership.next()?, MemberEvent::Left(_)));
/// assert!(membership.try_next()?.is_none());
/// # Ok(())
/// # }
/// ```
///
/// The first events are a [`Joined`](MemberEvent::Joined) for each endpoint that is present. An
/// endpoint that joins and leaves between two checks may not be seen at all. For an endpoint that
/// was seen, no event is lost and none is repeated.
///
/// It is independent of the handle that created it, and can outlive it. It is not an endpoint:
/// nobody sees it. But while it exists, the topic's directory exists. It has five descriptors, one
/// more for each endpoint that is present, and one for each of their processes.
///
/// It is a descriptor for `poll`, `epoll` and whatever is built on them. It is readable when there
/// may be an event, until [`try_next`](Self::try_next) has returned `None`. It may be readable
/// without an event, up to 20 times a second; more often if publishers have promised to be alive
/// more often than five times a second.
pub struct Membership {
    topic: TopicDirectory,
    domain: Domain,
    /// `None` if it was not created for an endpoint: then no layout is wrong.
    ours: Option<Ours>,
    poll: Poll,
    timer: Timer,
    /// When the timer fires.
    armed: Option<Instant>,
    /// `None` if the kernel has no more watches: then the timer takes its place.
    watch: Option<DirectoryWatch>,
    processes: Processes,
    /// The endpoints that were found, by the names of their entries.
    members: BTreeMap<String, Member>,
    /// Which entries were handled, for each role that is watched.
    rosters: Vec<Roster>,
    /// Events that were not returned yet.
    events: VecDeque<MemberEvent>,
    /// A failure that was not returned yet.
    failure: Option<MembershipError>,
    /// Whether the last scan failed. A failure is reported once, until a scan succeeds.
    has_failed: bool,
    due: Due,
    created_at: Instant,
    /// To recognise a forked child's copy.
    origin: Origin,
}

used_by_one_thread_at_a_time!(Membership);

/// The side of the endpoint for which this was created.
struct Ours {
    role: Role,
    schema: Schema,
    hash: SchemaHash,
}

impl Membership {
    /// Creates the membership that reports the endpoints of `role` to an endpoint of the other
    /// role.
    pub(crate) fn new(
        domain: &Domain,
        name: &TopicName,
        role: Role,
        ours: &Announcement,
    ) -> Result<Self, MembershipError> {
        let ours = Ours { role: ours.role, schema: ours.schema.clone(), hash: ours.hash };
        Self::watching(domain, name, &[role], Some(ours))
    }

    /// Creates the membership that reports all endpoints of a topic.
    pub(crate) fn of_all(domain: &Domain, name: &TopicName) -> Result<Self, MembershipError> {
        Self::watching(domain, name, &[Role::Publisher, Role::Subscriber], None)
    }

    fn watching(
        domain: &Domain,
        name: &TopicName,
        roles: &[Role],
        ours: Option<Ours>,
    ) -> Result<Self, MembershipError> {
        let failed = |reason| MembershipError::Registry { topic: name.clone(), reason };
        let topic = TopicDirectory::enter(domain, name).map_err(failed)?;
        let clocks = || -> io::Result<_> {
            let (poll, timer) = (Poll::new()?, Timer::new()?);
            poll.add(&timer, key::TIMER, Interest::Readable)?;
            Ok((poll, timer))
        };
        let (poll, timer) = clocks().map_err(RegistryError::io("watch", topic.path())).map_err(failed)?;
        let mut membership = Self {
            topic,
            domain: domain.clone(),
            ours,
            poll,
            timer,
            armed: None,
            watch: None,
            processes: Processes::new(key::FIRST_PROCESS),
            members: BTreeMap::new(),
            rosters: roles.iter().map(|&role| Roster::new(role)).collect(),
            events: VecDeque::new(),
            failure: None,
            has_failed: false,
            due: Due { scan: Some(Instant::now()), ..Due::default() },
            created_at: Instant::now(),
            origin: Origin::here(),
        };
        membership.update().map_err(RegistryError::io("watch", membership.topic.path())).map_err(failed)?;
        match membership.failure.take() {
            Some(failure) => Err(failure),
            None => {
                membership.arm();
                Ok(membership)
            }
        }
    }

    /// Returns the topic's name.
    pub fn topic(&self) -> &TopicName {
        self.topic.name()
    }

    /// Returns the next event, or `None` if there is none. Does not wait, except for the moments in
    /// which another process removes the topic's directory. Allocates. Costs some system calls; if
    /// an endpoint has joined or left, also those of listing the directory and opening each new
    /// entry, some 80 µs each.
    ///
    /// # Errors
    /// See [`MembershipError`].
    pub fn try_next(&mut self) -> Result<Option<MemberEvent>, MembershipError> {
        if !self.origin.is_here() {
            return Err(MembershipError::Forked { topic: self.topic().clone() });
        }
        if self.events.is_empty() {
            self.update().map_err(|reason| self.failed(reason))?;
        }
        let next = match self.failure.take() {
            Some(failure) => Err(failure),
            None => Ok(self.events.pop_front()),
        };
        self.arm();
        next
    }

    /// Returns the next event. Waits up to `time`; returns `None` on timeout.
    ///
    /// # Errors
    /// See [`MembershipError`].
    pub fn next_timeout(&mut self, time: Duration) -> Result<Option<MemberEvent>, MembershipError> {
        self.next_before(Instant::now().checked_add(time)) // no deadline if it cannot be represented
    }

    /// Waits for the next event, and returns it.
    ///
    /// # Errors
    /// See [`MembershipError`].
    #[expect(clippy::should_implement_trait, reason = "it waits, can fail, and has no end")]
    pub fn next(&mut self) -> Result<MemberEvent, MembershipError> {
        loop {
            if let Some(event) = self.next_before(None)? {
                return Ok(event);
            }
        }
    }

    fn next_before(&mut self, deadline: Option<Instant>) -> Result<Option<MemberEvent>, MembershipError> {
        loop {
            if let Some(event) = self.try_next()? {
                return Ok(Some(event));
            }
            // The clock, not whether a descriptor was ready: one could always be, without an event.
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Ok(None);
            }
            self.poll.wait(deadline, |_| {}).map_err(|reason| self.failed(reason))?;
        }
    }

    fn failed(&self, reason: io::Error) -> MembershipError {
        let reason = RegistryError::io("watch", self.topic.path())(reason);
        MembershipError::Registry { topic: self.topic().clone(), reason }
    }
}

impl AsFd for Membership {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.poll.as_fd()
    }
}

impl fmt::Debug for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Membership").field("topic", self.topic()).finish_non_exhaustive()
    }
}

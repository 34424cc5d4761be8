//! Who is there: endpoints of the other side that come, leave, die and fall silent.
//!
//! | what happens | how it is seen |
//! | --- | --- |
//! | an entry comes or goes | `inotify` on the topic's directory |
//! | a process ends | a pidfd, if it is sure that it is of that process |
//! | a large process is killed | it has no memory any more, looked at every 50 ms |
//! | what could not be seen so | locks, and the directory, looked at every 50 ms |
//! | a publisher falls silent | its segment, looked at four times in the promised interval |
//!
//! All of these only say that it is time to look. What is told follows from the directory, from the locks and marks of
//! entries that are held open, and from processes: a hint that is lost or wrong costs time alone.

mod event;
mod meeting;
mod member;

mod processes;
mod schedule;

pub use event::{MemberEvent, MembershipError, Refusal};

use crate::endpoint::{OneThreadAtATime, RETRY, Roster};
use crate::registry::{Announcement, Domain, Memory, Peer, RegistryError, Role, TopicDirectory, TopicName};
use crate::schema::{Schema, SchemaHash};
use crate::sys::fork::Origin;
use crate::sys::poll::{Interest, Poll, Timer};
use crate::sys::watch::{Changes, Watch};
use member::{DeathWatch, End, Member, MemberState, News};
use processes::Processes;
use schedule::Due;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// When to look once more after a file was closed, whose lock is free a moment later.
const SOON: Duration = Duration::from_millis(5);
/// How long who removes the topic from outside is left to do it, before it is made anew.
const REMOVAL: Duration = Duration::from_millis(50);

const WATCH: u64 = 0;
const TIMER: u64 = 1;
const FIRST_PROCESS: u64 = 2;

/// Tells who is on the other side of a topic: a subscriber's tells of publishers, a publisher's of subscribers. See
/// [`Subscriber::membership`](crate::Subscriber::membership) and
/// [`Publisher::membership`](crate::Publisher::membership).
///
/// The first events are those that are there, each [`Joined`](MemberEvent::Joined). An endpoint that comes and goes between
/// two looks may not be seen at all; of one that is, nothing is lost and nothing told twice.
///
/// It is independent of the handle that it was made of, and lives on without it. It is no endpoint: nobody sees it. But
/// while it lives, the topic's directory stays. It has five descriptors, one for each endpoint that is there, and one for
/// each of their processes.
///
/// For `poll`, `epoll` and whatever is built on them it is a descriptor: readable from when there is perhaps something to
/// tell, until [`try_next`](Self::try_next) has returned nothing. It may be readable for nothing, at most 20 times a
/// second; more often if publishers have promised to be alive more often than five times a second.
pub struct Membership {
    topic: TopicDirectory,
    domain: Domain,
    ours: Ours,
    poll: Poll,
    timer: Timer,
    /// When the timer goes off.
    armed: Option<Instant>,
    /// The kernel may have none left.
    watch: Option<Watch>,
    processes: Processes,
    /// By the names of their entries.
    members: BTreeMap<String, Member>,
    /// Which entries were handled.
    roster: Roster,
    events: VecDeque<MemberEvent>,
    failure: Option<MembershipError>,
    /// Whether the last scan failed, which was told.
    has_failed: bool,
    due: Due,
    made_at: Instant,
    /// To know a child's copy of this.
    origin: Origin,
    _use: OneThreadAtATime,
}

/// What this endpoint's side is.
struct Ours {
    role: Role,
    schema: Schema,
    hash: SchemaHash,
}

impl Membership {
    /// Those of one role, for an endpoint of the other one.
    pub(crate) fn new(
        domain: &Domain,
        name: &TopicName,
        role: Role,
        ours: &Announcement,
    ) -> Result<Self, MembershipError> {
        let failed = |reason| MembershipError::Registry { topic: name.clone(), reason };
        let topic = TopicDirectory::enter(domain, name).map_err(failed)?;
        let clocks = || -> io::Result<_> {
            let (poll, timer) = (Poll::new()?, Timer::new()?);
            poll.add(&timer, TIMER, Interest::Readable)?;
            Ok((poll, timer))
        };
        let (poll, timer) = clocks().map_err(RegistryError::io("watch", topic.path())).map_err(failed)?;
        let mut membership = Self {
            topic,
            domain: domain.clone(),
            ours: Ours { role: ours.role, schema: ours.schema.clone(), hash: ours.hash },
            poll,
            timer,
            armed: None,
            watch: None,
            processes: Processes::new(FIRST_PROCESS),
            members: BTreeMap::new(),
            roster: Roster::new(role),
            events: VecDeque::new(),
            failure: None,
            has_failed: false,
            due: Due { scan: Some(Instant::now()), ..Due::default() },
            made_at: Instant::now(),
            origin: Origin::here(),
            _use: PhantomData,
        };
        membership.look_around().map_err(RegistryError::io("watch", membership.topic.path())).map_err(failed)?;
        match membership.failure.take() {
            Some(failure) => Err(failure),
            None => {
                membership.arm();
                Ok(membership)
            }
        }
    }

    /// The topic's name.
    pub fn topic(&self) -> &TopicName {
        self.topic.name()
    }

    /// The next event, if there is one. Does not wait, but for the moments in which somebody else removes the topic's
    /// directory. Costs some system calls; more when somebody has come or gone: those of a look at the directory and of
    /// one at each entry that is new, some 80 µs each. Allocates.
    ///
    /// # Errors
    /// See [`MembershipError`].
    pub fn try_next(&mut self) -> Result<Option<MemberEvent>, MembershipError> {
        if !self.origin.is_here() {
            return Err(MembershipError::Forked { topic: self.topic().clone() });
        }
        if self.events.is_empty() {
            self.look_around().map_err(|reason| self.failed("watch", reason))?;
        }
        let next = match self.failure.take() {
            Some(failure) => Err(failure),
            None => Ok(self.events.pop_front()),
        };
        self.arm();
        next
    }

    /// The next event; waits for it at most so long. Nothing then.
    ///
    /// # Errors
    /// See [`MembershipError`].
    pub fn next_timeout(&mut self, time: Duration) -> Result<Option<MemberEvent>, MembershipError> {
        self.next_before(Instant::now().checked_add(time)) // beyond all time: none
    }

    /// The next event; waits for it.
    ///
    /// # Errors
    /// See [`MembershipError`].
    #[expect(clippy::should_implement_trait, reason = "it waits, and has errors and no end")]
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
            // Not whether something was ready: it could be always, for nothing.
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Ok(None);
            }
            self.poll.wait(deadline, |_| {}).map_err(|reason| self.failed("watch", reason))?;
        }
    }

    fn failed(&self, doing: &'static str, reason: io::Error) -> MembershipError {
        let reason = RegistryError::io(doing, self.topic.path())(reason);
        MembershipError::Registry { topic: self.topic().clone(), reason }
    }

    /// Takes notice of what has happened, and looks at what it is time to look at.
    fn look_around(&mut self) -> io::Result<()> {
        let (changes, has_ended) = self.notice()?;
        let now = Instant::now();
        let is_due = |at: Option<Instant>| at.is_some_and(|at| now >= at);
        let [look, scan, enter, promises] =
            [self.due.look, self.due.scan, self.due.enter, self.due.promises].map(is_due);
        if !(changes.any || has_ended || look || scan || enter || promises) {
            return Ok(());
        }
        if look {
            self.processes.look(now);
            self.watch_processes();
        }
        if changes.any || has_ended || look || scan || enter {
            self.expire();
            self.look_for_removal(now);
            if changes.any || scan || self.watch.is_none() {
                self.scan(now);
            }
            if changes.closed {
                self.due.scan.get_or_insert(now + SOON);
            }
        }
        if promises {
            self.look_at_promises(now);
        }
        self.plan(now);
        Ok(())
    }

    /// What has happened since the last look: in the directory, and whether a process has ended.
    fn notice(&mut self) -> io::Result<(Changes, bool)> {
        let (mut changes, mut has_ended) = (Changes::default(), false);
        let mut keys = Vec::new();
        loop {
            let mut is_all = true;
            self.poll.look(|ready| keys.push(ready.key))?;
            for key in keys.drain(..) {
                match key {
                    WATCH => {
                        let new = self.watch.as_ref().map(Watch::take).transpose()?.unwrap_or_default();
                        changes = Changes { any: changes.any | new.any, closed: changes.closed | new.closed };
                    }
                    TIMER => {
                        self.timer.take()?;
                        self.armed = None;
                    }
                    process => {
                        if self.processes.end(process, &self.poll)? {
                            (has_ended, is_all) = (true, false); // there may be more than are told at once
                        }
                    }
                }
            }
            if is_all {
                return Ok((changes, has_ended));
            }
        }
    }

    /// Watches the processes of members for which that could not be done before.
    fn watch_processes(&mut self) {
        for member in self.members.values_mut().filter(|member| member.process == DeathWatch::LockForNow) {
            member.process = watch(&mut self.processes, &self.poll, &member.peer);
        }
    }

    /// Tells who has ended.
    fn expire(&mut self) {
        let Self { members, processes, events, poll, roster, .. } = self;
        members.retain(|name, member| {
            let is_over = matches!(member.process, DeathWatch::Process(key) if processes.has_ended(key));
            let (end, is_free) = member.end(is_over);
            if let Some(end) = end {
                if member.state == MemberState::Joined {
                    let name = member.peer.name.clone();
                    events.push_back(match end {
                        End::Left => MemberEvent::Left(name),
                        End::Died => MemberEvent::Died(name),
                    });
                }
                (member.state, member.process, member.promise) = (MemberState::Over, DeathWatch::Lock, None);
            }
            if is_free {
                roster.unsettle(name); // opening the entry of a dead owner removes it
            }
            !is_free
        });
        let needed: HashSet<u64> = members.values().filter_map(|member| member.process.key()).collect();
        processes.retain(poll, |key| needed.contains(&key));
    }

    /// Goes on in a new directory of the topic after somebody removed it from outside. Those who were there are known.
    fn look_for_removal(&mut self, now: Instant) {
        match self.due.enter {
            None if self.topic.was_removed().unwrap_or(false) => self.due.enter = Some(now + REMOVAL),
            Some(at) if now >= at => match TopicDirectory::enter(&self.domain, self.topic.name()) {
                Ok(topic) => {
                    self.topic = topic;
                    self.roster.move_to(&self.topic);
                    self.watch_no_more();
                    self.due.enter = None;
                    self.due.scan = Some(now);
                }
                Err(reason) => {
                    self.due.enter = Some(now + RETRY);
                    self.fail(MembershipError::Registry { topic: self.topic().clone(), reason });
                }
            },
            _ => {}
        }
    }

    /// Finds who has come.
    fn scan(&mut self, now: Instant) {
        // Before the directory is read: who comes after this is told.
        self.watch_directory();
        let result = self.meet_all(now);
        let is_exit_likely = result.is_ok() && self.roster.has_maybe_exiting();
        self.due.scan = self.roster.retry_at().map(|at| if is_exit_likely { now + SOON } else { at });
        match result {
            Ok(()) => self.has_failed = self.due.enter.is_some() && self.has_failed,
            Err(failure) => self.fail(failure),
        }
    }

    fn fail(&mut self, failure: MembershipError) {
        if !std::mem::replace(&mut self.has_failed, true) {
            self.failure = Some(failure);
        }
    }

    fn watch_directory(&mut self) {
        if self.watch.is_none() {
            let made = self.topic.watch().and_then(|watch| {
                self.poll.add(&watch, WATCH, Interest::Readable)?;
                Ok(watch)
            });
            self.watch = made.ok(); // if there is none, the timer does
        }
    }

    fn watch_no_more(&mut self) {
        if let Some(watch) = self.watch.take() {
            // It would not go by itself while a forked child holds the same descriptor.
            let removed = self.poll.remove(&watch);
            debug_assert!(removed.is_ok(), "it is in the set");
        }
    }

    fn look_at_promises(&mut self, now: Instant) {
        for member in self.members.values_mut() {
            let Some(promise) = &mut member.promise else { continue };
            let peer = || member.peer.name.clone();
            match promise.look(now) {
                None => {}
                Some(News::Active) => self.events.push_back(MemberEvent::Active(peer())),
                Some(News::Quiet { silent }) => {
                    let promised = promise.every;
                    self.events.push_back(MemberEvent::Quiet { peer: peer(), promised, silent });
                }
            }
        }
    }
}

impl AsFd for Membership {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.poll.as_fd()
    }
}

impl DeathWatch {
    fn key(self) -> Option<u64> {
        match self {
            Self::Process(key) => Some(key),
            Self::Lock | Self::LockForNow => None,
        }
    }
}

/// Watches the process of an endpoint, if it can be seen.
fn watch(processes: &mut Processes, poll: &Poll, peer: &Peer) -> DeathWatch {
    let Some(Memory::Sealed(handle)) = peer.memory.map(|memory| memory.place) else { return DeathWatch::Lock };
    match processes.watch(&handle, poll) {
        Ok(Some(key)) => DeathWatch::Process(key),
        Ok(None) => DeathWatch::Lock,
        Err(_) => DeathWatch::LockForNow,
    }
}

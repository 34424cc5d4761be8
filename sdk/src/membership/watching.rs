//! How changes are noticed, and which checks they lead to.

use super::member::{DeathWatch, End, Member, MemberState, News, Promise};
use super::processes::Processes;
use super::schedule::{CHECK, CHECK_ANYWAY, Due, next};
use super::{MemberEvent, Membership, MembershipError, key};
use crate::endpoint::{RETRY, Roster};
use crate::registry::{Memory, Peer, TopicDirectory};
use crate::sys::directory_watch::{Changes, DirectoryWatch};
use crate::sys::poll::{Interest, Poll};
use std::collections::HashSet;
use std::io;
use std::time::{Duration, Instant};

/// The pause before another scan after a file was closed: its lock is freed a moment later.
const SOON: Duration = Duration::from_millis(5);
/// How long a removal of the topic from outside may take, before the topic is created again.
const REMOVAL: Duration = Duration::from_millis(50);

/// What has happened since descriptors were polled last.
#[derive(Default)]
struct Noticed {
    /// In the directory.
    changes: Changes,
    /// Whether a process has ended.
    has_ended: bool,
}

impl Membership {
    /// Notices what has happened, and does the checks that follow from it or are due.
    pub(super) fn update(&mut self) -> io::Result<()> {
        let Noticed { changes, has_ended } = self.notice()?;
        let now = Instant::now();
        let is_due = |at: Option<Instant>| at.is_some_and(|at| now >= at);
        let [check, scan, enter, promises] =
            [self.due.check, self.due.scan, self.due.enter, self.due.promises].map(is_due);
        if !(changes.any || has_ended || check || scan || enter || promises) {
            return Ok(());
        }
        if check {
            self.processes.check_memory(now);
            self.watch_processes();
        }
        if changes.any || has_ended || check || scan || enter {
            self.report_ends();
            self.check_removal(now);
            if changes.any || scan || self.watch.is_none() {
                self.scan(now);
            }
            if changes.closed {
                self.due.scan.get_or_insert(now + SOON);
            }
        }
        if promises {
            self.check_promises(now);
        }
        self.schedule(now);
        Ok(())
    }

    fn notice(&mut self) -> io::Result<Noticed> {
        let mut noticed = Noticed::default();
        let mut keys = Vec::new();
        loop {
            let mut is_complete = true;
            self.poll.poll_now(|ready| keys.push(ready.key))?;
            for key in keys.drain(..) {
                match key {
                    key::WATCH => {
                        let new = self.watch.as_ref().map(DirectoryWatch::take).transpose()?.unwrap_or_default();
                        noticed.changes.any |= new.any;
                        noticed.changes.closed |= new.closed;
                    }
                    key::TIMER => {
                        self.timer.take()?;
                        self.armed = None;
                    }
                    process => {
                        if self.processes.end(process, &self.poll)? {
                            noticed.has_ended = true;
                            is_complete = false; // there may be more of them than one poll reports
                        }
                    }
                }
            }
            if is_complete {
                return Ok(noticed);
            }
        }
    }

    /// Watches the processes of members for which that was not possible before.
    fn watch_processes(&mut self) {
        for member in self.members.values_mut().filter(|member| member.death_watch == DeathWatch::LockForNow) {
            member.death_watch = watch(&mut self.processes, &self.poll, &member.peer);
        }
    }

    /// Reports the members that have left or died, and forgets those whose lock is free.
    fn report_ends(&mut self) {
        let Self { members, processes, events, poll, rosters, .. } = self;
        members.retain(|name, member| {
            let has_process_ended = matches!(member.death_watch, DeathWatch::Process(key) if processes.has_ended(key));
            let check = member.check(has_process_ended);
            if let Some(end) = check.end {
                if member.state == MemberState::Joined {
                    let peer = member.peer.name.clone();
                    events.push_back(match end {
                        End::Left => MemberEvent::Left(peer),
                        End::Died => MemberEvent::Died(peer),
                    });
                }
                (member.state, member.death_watch, member.promise) = (MemberState::Ended, DeathWatch::Lock, None);
            }
            if check.is_lock_free {
                // Opening the entry of a dead owner removes it.
                rosters.iter_mut().for_each(|roster| roster.unsettle(name));
            }
            !check.is_lock_free
        });
        let needed: HashSet<u64> = members.values().filter_map(|member| member.death_watch.key()).collect();
        processes.retain(poll, |key| needed.contains(&key));
    }

    /// Continues in a new directory of the topic after the old one was removed from outside.
    /// Members stay known.
    fn check_removal(&mut self, now: Instant) {
        match self.due.enter {
            None if self.topic.was_removed().unwrap_or(false) => self.due.enter = Some(now + REMOVAL),
            Some(at) if now >= at => match TopicDirectory::enter(&self.domain, self.topic.name()) {
                Ok(topic) => {
                    self.topic = topic;
                    self.rosters.iter_mut().for_each(|roster| roster.move_to(&self.topic));
                    self.unwatch_directory();
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

    /// Finds the endpoints that have joined.
    fn scan(&mut self, now: Instant) {
        // Before the directory is read: an endpoint that joins after that is noticed.
        self.watch_directory();
        let result = self.scan_entries(now);
        let is_exit_likely = result.is_ok() && self.rosters.iter().any(Roster::has_maybe_exiting);
        let retry_at = self.rosters.iter().filter_map(Roster::retry_at).min();
        self.due.scan = retry_at.map(|at| if is_exit_likely { now + SOON } else { at });
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
            let watch = self.topic.watch().and_then(|watch| {
                self.poll.add(&watch, key::WATCH, Interest::Readable)?;
                Ok(watch)
            });
            self.watch = watch.ok(); // without one, the timer takes its place
        }
    }

    fn unwatch_directory(&mut self) {
        if let Some(watch) = self.watch.take() {
            // Closing it is not enough: a forked child may hold the same descriptor.
            let removed = self.poll.remove(&watch);
            debug_assert!(removed.is_ok(), "it is in the set");
        }
    }

    fn check_promises(&mut self, now: Instant) {
        for member in self.members.values_mut() {
            let Some(promise) = &mut member.promise else { continue };
            let peer = || member.peer.name.clone();
            match promise.check(now) {
                None => {}
                Some(News::Active) => self.events.push_back(MemberEvent::Active(peer())),
                Some(News::Quiet { silent }) => {
                    let promised = promise.every;
                    self.events.push_back(MemberEvent::Quiet { peer: peer(), promised, silent });
                }
            }
        }
    }

    /// Decides when to check next even if nothing is noticed.
    pub(super) fn schedule(&mut self, now: Instant) {
        let joined = || self.members.values().filter(|member| member.state == MemberState::Joined);
        let is_blind = self.watch.is_none()
            || self.processes.has_large()
            || joined().any(|member| member.death_watch.key().is_none());
        let every = match (is_blind, self.members.is_empty()) {
            (true, _) => Some(CHECK),
            (false, false) => Some(CHECK_ANYWAY),
            (false, true) => None,
        };
        self.due.check = next(self.due.check, every, now);
        let every = joined().filter_map(|member| member.promise.as_ref()).map(Promise::interval).min();
        self.due.promises = next(self.due.promises, every, now);
    }

    /// Sets the timer, so that the membership is readable when there is an event or a check is due.
    pub(super) fn arm(&mut self) {
        let at = if self.events.is_empty() && self.failure.is_none() {
            let Due { check, scan, enter, promises } = &self.due;
            [check, scan, enter, promises].into_iter().flatten().min().copied()
        } else {
            Some(self.created_at) // now: it is in the past
        };
        if at != self.armed {
            let after = at.map(|at| at.saturating_duration_since(Instant::now()));
            let set = self.timer.set(after, None);
            debug_assert!(set.is_ok());
            self.armed = at;
        }
    }

    /// Adds a newly found endpoint.
    pub(super) fn add_member(&mut self, name: &str, mut member: Member) {
        if member.state == MemberState::Joined {
            member.death_watch = watch(&mut self.processes, &self.poll, &member.peer);
        }
        self.members.insert(name.to_owned(), member);
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

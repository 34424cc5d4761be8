//! How a subscriber finds the publishers that come, attaches them, and tells what keeps it from one.

use super::failure::{ReadFailure, Refused};
use super::lossless::GrantTracker;
use super::source::{Source, Start};
use super::sources::Sources;
use crate::endpoint::{AttachError, Mismatch, NotLossless};
use crate::registry::{PeerName, RegistryError, Role, TopicAccess};
use crate::schema::Schema;
use crate::shm::Line;
use crate::sys::process;
use std::collections::HashSet;
use std::sync::Arc;

/// How long until a publisher is tried again that could not be attached because this process was short of something.
const RETRY_NS: u64 = 100_000_000;

/// How long a publisher that cannot be opened may be dying before its error is told: the kernel closes the descriptors
/// of a process that ends before it frees its locks, and somebody may look in between.
const DYING_NS: u64 = 250_000_000;

impl<P: TopicAccess> Sources<P> {
    /// Goes on in a new directory of the topic, after the old one was removed.
    pub(crate) fn move_to(&mut self, topic: Arc<P>) {
        self.topic = topic;
        self.seen.clear();
        for source in &mut self.attached {
            source.elsewhere = true;
        }
        self.joins = self.topic.joins(Role::Publisher).wrapping_sub(1); // so the next look scans
    }

    /// Looks who is there now.
    pub(crate) fn look(&mut self) -> Result<(), Box<ReadFailure>> {
        self.scan(Start::First).map_err(ReadFailure::Registry)?;
        self.tell()
    }

    pub(super) fn attend_if_due(&mut self) -> Result<(), Box<ReadFailure>> {
        if self.attention || self.topic.joins(Role::Publisher) != self.joins { self.attend() } else { Ok(()) }
    }

    /// Somebody came or went, something is to be told, or to be tried again.
    #[cold]
    #[inline(never)]
    pub(super) fn attend(&mut self) -> Result<(), Box<ReadFailure>> {
        let is_due = self.retry_at.is_some_and(|due| process::monotonic_ns() >= due);
        if is_due || self.topic.joins(Role::Publisher) != self.joins {
            let failed_before = self.failed;
            if let Err(error) = self.scan(Start::First)
                && !failed_before
            {
                self.failure = Some(error);
            }
        }
        self.tell()
    }

    fn tell(&mut self) -> Result<(), Box<ReadFailure>> {
        let next = match self.failure.take() {
            Some(error) => Some(ReadFailure::Registry(error)),
            None => self.refused.pop_front().map(ReadFailure::Refused).or_else(|| {
                let (publisher, reason) = self.lossy.pop_front()?;
                Some(ReadFailure::NotLossless { publisher, reason })
            }),
        };
        self.attention = !self.refused.is_empty() || !self.lossy.is_empty() || self.retry_at.is_some();
        next.map_or(Ok(()), |failure| Err(failure.into()))
    }

    /// Attaches who is new, and notes who is gone: they are let go when they are read to their end. What fails is tried
    /// again later, and keeps nobody from being attached or read.
    pub(super) fn scan(&mut self, start: Start) -> Result<(), RegistryError> {
        // Read before the directory: who comes after this is found by the next scan.
        self.joins = self.topic.joins(Role::Publisher);
        self.retry_at = None;
        let result = self.scan_names(start);
        self.failed = result.is_err();
        if self.failed {
            self.try_again();
        }
        result
    }

    fn scan_names(&mut self, start: Start) -> Result<(), RegistryError> {
        let names = self.topic.names(Role::Publisher)?;
        let mut result = Ok(());
        for name in &names {
            if self.seen.contains(name) {
                continue;
            }
            match self.meet(name, start) {
                Ok(true) => {
                    self.seen.insert(name.clone());
                    self.maybe_exiting.remove(name);
                }
                Ok(false) => {}
                Err(error) => result = Err(error),
            }
        }
        let listed: HashSet<String> = names.into_iter().collect();
        self.seen.retain(|name| listed.contains(name));
        self.deferred.retain(|name| listed.contains(name));
        if let Some(control) = &self.control {
            for (_, line) in self.refusals.extract_if(.., |(name, _)| !listed.contains(name)) {
                control.close_line(line);
            }
        }
        self.maybe_exiting.retain(|name, _| listed.contains(name));
        for source in &mut self.attached {
            source.over = source.is_over();
            source.fast_path = None; // until it is looked at
            if source.over && listed.contains(&source.peer.entry_name()) {
                // Opening an entry of the dead removes it. If that fails, whoever looks next does.
                let _ = self.topic.open(&source.peer.entry_name());
            }
        }
        result
    }

    fn try_again(&mut self) {
        self.retry_at = Some(process::monotonic_ns() + RETRY_NS);
        self.attention = true;
    }

    /// Attaches the publisher of an entry that was not seen before. Whether it is done with.
    fn meet(&mut self, name: &str, start: Start) -> Result<bool, RegistryError> {
        let topic = self.topic.name().clone();
        let peer = match self.topic.open(name)? {
            None => return Ok(false), // dead, or gone since it was listed
            Some(Ok(peer)) => peer,
            Some(Err(error)) => {
                self.refused.push_back(Refused::Attach(Box::new(AttachError::new(&topic, None, error.into()))));
                return Ok(true);
            }
        };
        if let Some(source) = self.attached.iter_mut().find(|source| source.peer.id == peer.id) {
            source.elsewhere = false; // it made itself known again
            return Ok(true);
        }
        if peer.hash != self.hash || !peer.schema.same_layout(&self.schema) {
            self.refused.push_back(Refused::Mismatch(Box::new(Mismatch {
                topic,
                role: Role::Subscriber,
                ours: Schema::clone(&self.schema),
                peer_role: Role::Publisher,
                peer: Some(peer.name),
                theirs: peer.schema,
            })));
            return Ok(true);
        }
        let request = self.request.map(|request| request.id);
        match Source::open(&*self.topic, peer, (self.content, self.payload), (start, request), self.control.as_deref())
        {
            Ok(attached) => self.add(attached),
            // It died while it was looked at.
            Err(failed) if !failed.0.is_alive().unwrap_or(true) => {}
            Err(failed) => {
                let (peer, reason) = *failed;
                let now = process::monotonic_ns();
                if reason.may_be_exiting() && now - *self.maybe_exiting.entry(name.to_owned()).or_insert(now) < DYING_NS
                {
                    self.try_again();
                    return Ok(false);
                }
                let is_transient = reason.is_transient();
                if is_transient {
                    self.try_again();
                }
                if let (false, Some(control), Some(_)) = (is_transient, &self.control, self.request) {
                    // A publisher that would wait for this subscriber is told not to.
                    self.refusals.push((name.to_owned(), control.open_line(peer.id, u64::MAX)));
                }
                if !is_transient || self.deferred.insert(name.to_owned()) {
                    let error = AttachError::new(&topic, Some(peer.name), reason);
                    self.refused.push_back(Refused::Attach(Box::new(error)));
                }
                return Ok(!is_transient);
            }
        }
        Ok(true)
    }

    fn add(&mut self, mut source: Source) {
        if self.request.is_some() {
            if source.segment.is_lossless() && source.line == Line::NONE {
                if let Some(reason) = source.is_without(NotLossless::NoLine) {
                    self.warn(source.peer.name.clone(), reason);
                }
            } else if source.segment.is_lossless() {
                let (head, depth) = (source.segment.reader().head(), source.segment.geometry().depth());
                source.grant_tracker = GrantTracker::new(source.cursor.next(), head, depth);
                source.cursor = source.cursor.lossless(true);
            } else if let Some(reason) = source.is_without(NotLossless::Lossy) {
                self.warn(source.peer.name.clone(), reason);
            }
        }
        self.attached.push(source);
        self.has_met = true;
    }

    pub(super) fn warn(&mut self, publisher: PeerName, reason: NotLossless) {
        self.lossy.push_back((publisher, reason));
        self.attention = true;
    }
}

//! What a subscriber knows of the publishers of its topic, and waiting until they are present.

use super::core::SubscriberCore;
use super::{RecvError, SourceStatus, Subscriber};
use crate::endpoint::{REFRESH, wait_slice};
use crate::membership::{Membership, MembershipError};
use crate::record::{Header, Payload};
use crate::registry::{EndpointId, PeerName, Role};
use std::time::{Duration, Instant};

impl SubscriberCore {
    /// Returns the publishers that are alive, after a scan.
    pub(crate) fn publishers(&mut self) -> Result<Vec<PeerName>, RecvError> {
        self.check_here().map_err(|error| *error)?;
        self.sources.rescan().map_err(|error| *error)?;
        Ok(self.sources.living().map(|peer| peer.name.clone()).collect())
    }

    /// Returns the state of each publisher that is read.
    pub(crate) fn sources(&self) -> Result<Vec<SourceStatus>, RecvError> {
        self.check_here().map_err(|error| *error)?;
        Ok(self.sources.statuses())
    }

    /// Returns whether publishers have joined and all of them have ended, after a scan: then
    /// nothing follows what is present now.
    pub(crate) fn have_ended(&mut self) -> Result<bool, RecvError> {
        self.check_here().map_err(|error| *error)?;
        self.sources.rescan().map_err(|error| *error)?;
        Ok(self.sources.have_ended())
    }

    /// Returns a publisher that is read and alive. A system call.
    pub(super) fn living(&self, publisher: EndpointId) -> Option<&PeerName> {
        let found = self.sources.attached.iter().find(|source| source.peer.id == publisher);
        found.filter(|source| !source.check_ended()).map(|source| &source.peer.name)
    }

    /// Returns whether a publisher is read and alive. A system call.
    pub(crate) fn is_alive(&self, publisher: EndpointId) -> bool {
        self.living(publisher).is_some()
    }

    /// Returns a number that changes when a publisher joins, or leaves in order.
    pub(crate) fn joins(&self) -> u64 {
        self.topic.joins(Role::Publisher)
    }

    /// Returns what reports publishers that join, leave and die.
    pub(crate) fn membership(&self) -> Result<Membership, MembershipError> {
        if self.is_forked_copy() {
            return Err(MembershipError::Forked { topic: self.topic().clone() });
        }
        Membership::new(&self.domain, self.topic(), Role::Publisher, &self.announcement)
    }

    /// Waits up to `time` until at least `count` publishers that live are read. Returns whether
    /// they are.
    pub(crate) fn wait_for_publishers(&mut self, count: usize, time: Duration) -> Result<bool, RecvError> {
        let deadline = Instant::now().checked_add(time); // none if that is beyond all time
        loop {
            self.check_open().map_err(|error| *error)?;
            // Before the scan: a publisher that joins after this changes it.
            let seen = self.topic.joins(Role::Publisher);
            if self.publishers()?.len() >= count {
                return Ok(true);
            }
            let Some(slice) = wait_slice(deadline) else { return Ok(false) };
            let waited = self.topic.wait(Role::Publisher, seen, slice);
            waited.map_err(|reason| *RecvError::registry(self.topic(), reason))?;
            self.refresh_after(REFRESH);
        }
    }
}

impl<T: Payload + ?Sized, H: Header> Subscriber<T, H> {
    /// Returns the living publishers of the topic. Reads the registry: some microseconds for each.
    ///
    /// # Errors
    /// As [`try_recv`](Self::try_recv): publishers that have joined since are attached by this.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let publisher = Publisher::<u64>::builder("counter").domain(&domain).name("clock").create()?;
    /// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// let names: Vec<_> = subscriber.publishers()?.into_iter().map(|peer| peer.name).collect();
    /// assert_eq!(names, ["clock"]);
    /// # drop(publisher);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn publishers(&mut self) -> Result<Vec<PeerName>, RecvError> {
        self.core.publishers()
    }

    /// Waits up to `time` until at least `count` publishers that live are read. Returns whether
    /// they are. Sleeps until one joins, and checks every 50 ms which have died, and whether its
    /// [`closer`](Self::closer) was used.
    ///
    /// # Errors
    /// As [`publishers`](Self::publishers); also when it was closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # use std::time::Duration;
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// if !subscriber.wait_for_publishers(1, Duration::from_secs(5))? {
    ///     eprintln!("nobody publishes");
    /// }
    /// # drop(publisher);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait_for_publishers(&mut self, count: usize, time: Duration) -> Result<bool, RecvError> {
        self.core.wait_for_publishers(count, time)
    }

    /// Returns what reports publishers that join, leave, die and fall silent, from now on and
    /// independently of this subscriber. Takes five descriptors, and reads the registry: some
    /// microseconds for each publisher.
    ///
    /// # Errors
    /// When the registry cannot be read, this process has too many descriptors, or was forked from
    /// the one that created the subscriber.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{MemberEvent, Publisher, Subscriber};
    /// # use std::time::Duration;
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// let mut membership = subscriber.membership()?;
    /// # let publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// while let Some(event) = membership.next_timeout(Duration::from_millis(100))? {
    ///     println!("{event}");
    /// }
    /// # drop(publisher);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn membership(&self) -> Result<Membership, MembershipError> {
        self.core.membership()
    }

    /// Returns the state of each publisher that this subscriber reads: what it promises, what of it
    /// was read, lost and skipped, and how much is unread. Those that have joined since the last
    /// `try_recv` or the like are not included; those that have ended and were not read to their
    /// end are.
    ///
    /// For diagnosis, not for each message: a system call for each, and it allocates. It changes
    /// nothing.
    ///
    /// # Errors
    /// In a process forked from the one that created the subscriber.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// for source in subscriber.sources()? {
    ///     println!("{source}");
    /// }
    /// # drop(publisher);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sources(&self) -> Result<Vec<SourceStatus>, RecvError> {
        self.core.sources()
    }

    /// Returns whether a publisher that this subscriber reads is alive: to find out why its message
    /// has not grown for long. A system call.
    pub fn is_alive(&self, publisher: EndpointId) -> bool {
        self.core.is_alive(publisher)
    }

    /// Returns a number that changes when a publisher joins, or leaves in order. One load.
    pub(crate) fn joins(&self) -> u64 {
        self.core.joins()
    }
}

//! The page of hints: counters of endpoints that joined or left, and doorbells on which endpoints
//! sleep.
//!
//! It is the one place in shared memory that several processes write. So nothing depends on what it
//! contains: a wrong hint costs a scan, or a delay until the next one. A wrong one about namespaces
//! costs memory in a file, or an error that says to place it there.

use super::TopicDirectory;
use super::layout::{counter, word};
use crate::protocol::doorbell::{Doorbell, Waiting};
use crate::registry::wake_socket::WakeSocket;
use crate::registry::{EndpointId, RegistryError, Role, names};
use crate::sync::{self, Word};
use crate::sys::{file, futex};
use std::io;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// The longest sleep before a wait checks by itself.
const SLICE: Duration = Duration::from_millis(50);

/// The counters of endpoints that join and leave.
impl TopicDirectory {
    /// Returns a number that changes whenever an endpoint of this role joins, or leaves in order.
    /// It is a hint: compare it with the number before the last scan, and scan again if it differs.
    #[inline]
    pub fn joins(&self, role: Role) -> u64 {
        self.counter(role).load_acquire()
    }

    /// Sleeps until an endpoint of this role joins, or leaves in order, since
    /// [`joins`](Self::joins) was `seen`. Waits up to `time`. Returns what `joins` is now: on
    /// timeout, `seen`.
    ///
    /// An endpoint that is killed changes nothing: check
    /// [`Peer::is_alive`](crate::registry::Peer::is_alive) now and then.
    ///
    /// # Errors
    /// Those of `futex`.
    pub fn wait(&self, role: Role, seen: u64, time: Duration) -> Result<u64, RegistryError> {
        let start = Instant::now();
        loop {
            let now = self.joins(role);
            let left = time.saturating_sub(start.elapsed());
            if now != seen || left.is_zero() {
                return Ok(now);
            }
            // In slices: an endpoint that was killed right after it counted itself has woken
            // nobody.
            futex::wait(self.counter(role), seen, left.min(SLICE))
                .map_err(RegistryError::io("wait for changes of", &self.path))?;
        }
    }

    /// Has publishers scan for subscribers again, because one of them has missed a subscriber.
    pub(crate) fn recount_subscribers(&self) {
        self.count(Role::Subscriber);
    }

    /// Counts that an endpoint joined or left, and wakes the processes that wait for that.
    pub(super) fn count(&self, role: Role) {
        let counter = self.counter(role);
        counter.add_one();
        futex::wake_all(counter);
        match role {
            // Receivers sleep until a publisher joins, too.
            Role::Publisher => self.ring(sync::seq_cst_fence),
            // Publishers sleep until it has read, or left.
            Role::Subscriber => self.notify_capacity(sync::seq_cst_fence),
        }
    }

    #[inline]
    fn counter(&self, role: Role) -> &Word {
        &self.hints.words()[counter(role)]
    }
}

/// The doorbell of receivers.
impl TopicDirectory {
    #[inline]
    pub(crate) fn doorbell(&self) -> Doorbell<'_> {
        Doorbell::new(&self.hints.words()[word::DOORBELL])
    }

    /// Wakes the receivers of this topic that sleep, after something to read was stored.
    #[inline]
    pub(crate) fn ring(&self, barrier: impl FnOnce()) {
        self.doorbell().ring(barrier, |waiting| self.wake(waiting));
    }

    #[cold]
    fn wake(&self, waiting: Waiting) {
        if waiting.includes(Waiting::ASLEEP) {
            futex::wake_all(self.doorbell().word());
        }
        if waiting.includes(Waiting::ON_SOCKET) {
            // This count includes the owner of the bit: the bit was loaded with acquire.
            let count = self.hints.words()[word::WAKE_SOCKETS].load_acquire();
            self.wake_sockets.lock().unwrap_or_else(PoisonError::into_inner).notify(&self.directory, count);
        }
    }

    /// Sleeps until the doorbell is rung after it had this value, up to `time`. May return early.
    pub(crate) fn sleep(&self, value: u64, time: Duration) -> io::Result<()> {
        futex::wait(self.doorbell().word(), value, time)
    }

    /// Binds a wake socket for a subscriber. It is removed when it is dropped, or with the
    /// subscriber's entry.
    pub(crate) fn bind_wake_socket(&self, owner: EndpointId) -> Result<WakeSocket, RegistryError> {
        let socket = WakeSocket::bind(&self.directory, &self.path, owner)?;
        self.hints.words()[word::WAKE_SOCKETS].add_one();
        Ok(socket)
    }

    /// Returns whether this subscriber has a wake socket in this directory.
    pub(crate) fn has_wake_socket(&self, owner: EndpointId) -> Result<bool, RegistryError> {
        let name = names::wake_socket(owner);
        let status = file::status_at(&self.directory, &name);
        Ok(status.map_err(RegistryError::io("inspect", self.path.join(name)))?.is_some())
    }
}

/// The doorbell of publishers that wait for subscribers. It has the roles reversed, and no wake
/// sockets.
impl TopicDirectory {
    #[inline]
    pub(crate) fn capacity_doorbell(&self) -> Doorbell<'_> {
        Doorbell::new(&self.hints.words()[word::CAPACITY])
    }

    /// Wakes the publishers of this topic that sleep, after a subscriber has reported what it has
    /// read.
    #[inline]
    pub(crate) fn notify_capacity(&self, barrier: impl FnOnce()) {
        self.capacity_doorbell().ring(barrier, |_| self.wake_for_capacity());
    }

    #[cold]
    fn wake_for_capacity(&self) {
        futex::wake_all(self.capacity_doorbell().word());
    }

    /// Sleeps until the doorbell is rung after it had this value, up to `time`. May return early.
    pub(crate) fn sleep_for_capacity(&self, value: u64, time: Duration) -> io::Result<()> {
        futex::wait(self.capacity_doorbell().word(), value, time)
    }
}

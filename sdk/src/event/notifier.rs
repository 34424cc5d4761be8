use super::{EventId, NotifierBuilder, NotifyError};
use crate::endpoint::{CreateError, Recheck, wait_slice};
use crate::protocol::event::Tally;
use crate::registry::{
    Announcement, EndpointId, IntoTopic, Patience, PeerName, Registration, RegistryError, Role, TopicDirectory,
    TopicName,
};
use crate::shm::EventSegment;
use crate::sys::barrier;
use crate::sys::fork::Origin;
use crate::{failpoint, sync};
use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

/// Tells listeners that something happened.
///
/// Its memory has a counter for each id. [`notify`](Self::notify) adds one, and wakes the listeners
/// that sleep. It never waits, and nothing is lost: a listener that looks later gets how often it
/// happened. Any number of notifiers and listeners share a name.
///
/// # Examples
///
/// ```
/// use slotcast::{EventId, Listener, Notice, Notifier, ShmMessage};
///
/// #[derive(ShmMessage, EventId, Clone, Copy, Debug, PartialEq)]
/// #[repr(u8)]
/// enum Machine {
///     Stop,
///     Resume,
/// }
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut button = Notifier::<Machine>::builder("estop").domain(&domain).create()?;
/// let mut machine = Listener::<Machine>::builder("estop").domain(&domain).create()?;
/// button.notify(Machine::Stop)?;
/// loop {
///     if let Notice::Event { id, count, .. } = machine.recv()? {
///         assert_eq!((id, count), (Machine::Stop, 1));
///         break;
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Notifier<E = u8> {
    topic: TopicDirectory,
    /// The latest, and those that were removed from outside: listeners that opened them see by them
    /// that this notifier lives.
    registrations: Vec<Registration>,
    segment: EventSegment,
    told: Tally,
    announcement: Announcement,
    recheck: Recheck,
    /// Whether sleepers issue barriers for this process. If not, each event has one of its own.
    offers_barriers: bool,
    origin: Origin,
    ids: PhantomData<fn(E)>,
}

impl<E: EventId> Notifier<E> {
    /// Creates a notifier with default settings in the default domain.
    ///
    /// # Errors
    /// As [`NotifierBuilder::create`].
    pub fn new(name: impl IntoTopic<E>) -> Result<Self, CreateError> {
        Self::builder(name).create()
    }

    /// Sets up a notifier.
    pub fn builder(name: impl IntoTopic<E>) -> NotifierBuilder<E> {
        NotifierBuilder::new(name.into_topic())
    }

    pub(super) fn of(
        topic: TopicDirectory,
        segment: EventSegment,
        announcement: Announcement,
        registration: Registration,
    ) -> Self {
        Self {
            topic,
            registrations: vec![registration],
            segment,
            told: Tally::nothing(),
            announcement,
            recheck: Recheck::new(),
            offers_barriers: barrier::register(),
            origin: Origin::here(),
            ids: PhantomData,
        }
    }

    /// Counts an event, and wakes the listeners that sleep. Does not wait; without a sleeper it is
    /// two stores, and each half second a check whether the registry was removed.
    ///
    /// # Errors
    /// In a forked child.
    #[inline]
    pub fn notify(&mut self, id: E) -> Result<(), NotifyError> {
        if !self.origin.is_here() {
            return Err(NotifyError::Forked { topic: self.topic.name().clone() });
        }
        if self.recheck.count() {
            self.recheck_topic();
        }
        self.segment.counts().count(&mut self.told, id.to_id(), || failpoint::hit("notify.counted"));
        failpoint::hit("notify.grouped");
        let offers_barriers = self.offers_barriers;
        self.topic.ring(|| if offers_barriers { sync::compiler_fence() } else { sync::seq_cst_fence() });
        Ok(())
    }

    /// Returns how often this notifier has told of an event.
    pub fn count(&self, id: E) -> u64 {
        self.told.of(id.to_id())
    }
}

impl<E> Notifier<E> {
    /// Returns its id, by which listeners name it.
    pub fn id(&self) -> EndpointId {
        self.announcement.id
    }

    /// Returns the topic in which it and its listeners meet: its name, and the part `~events`.
    pub fn topic(&self) -> &TopicName {
        self.topic.name()
    }

    /// Returns the listeners that live.
    ///
    /// # Errors
    /// When the registry cannot be read.
    pub fn listeners(&self) -> Result<Vec<PeerName>, RegistryError> {
        let mut living = Vec::new();
        for name in self.topic.names(Role::Subscriber)? {
            living.extend(self.topic.open(&name)?.live().map(|peer| peer.name));
        }
        Ok(living)
    }

    /// Waits until there are at least `count` listeners, for up to `timeout`. Returns whether there
    /// are.
    ///
    /// # Errors
    /// When the registry cannot be read.
    pub fn wait_for_listeners(&self, count: usize, timeout: Duration) -> Result<bool, RegistryError> {
        let deadline = Instant::now().checked_add(timeout);
        loop {
            let seen = self.topic.joins(Role::Subscriber);
            if self.listeners()?.len() >= count {
                return Ok(true);
            }
            let Some(slice) = wait_slice(deadline) else { return Ok(false) };
            self.topic.wait(Role::Subscriber, seen, slice)?;
        }
    }

    /// Announces this notifier again if its entry was removed from outside. Notifiers do this by
    /// themselves, each half second in [`notify`](Self::notify). Returns whether it had to.
    ///
    /// # Errors
    /// When the registry cannot be used.
    pub fn refresh(&mut self) -> Result<bool, CreateError> {
        self.refresh_with(Patience::Long)
    }

    #[cold]
    #[inline(never)]
    fn recheck_topic(&mut self) {
        if self.recheck.is_due() {
            // Should it fail, it is tried again; `refresh` returns why.
            let _ = self.refresh_with(Patience::Short);
        }
    }

    fn refresh_with(&mut self, patience: Patience) -> Result<bool, CreateError> {
        let name = self.topic.name().clone();
        let failed = |reason| CreateError::Registry { topic: name.clone(), reason };
        let Some(registration) = self.registrations.last().filter(|_| self.origin.is_here()) else {
            return Ok(false);
        };
        let removed = self.topic.removed(registration).map_err(failed)?;
        if removed.entry && self.announcement.memory.is_some_and(|memory| memory.is_file()) {
            let reason = "its memory file was removed from outside: create a new notifier".into();
            return Err(CreateError::Setting { topic: name, reason });
        }
        if removed.topic {
            self.topic = self.topic.enter_again(patience).map_err(failed)?;
        }
        if removed.entry {
            self.registrations.push(self.topic.announce(&self.announcement).map_err(failed)?);
        }
        Ok(removed.topic || removed.entry)
    }
}

impl<E> Drop for Notifier<E> {
    fn drop(&mut self) {
        if !self.origin.is_here() {
            return; // a child's copy: its parent still notifies
        }
        while let Some(registration) = self.registrations.pop() {
            self.topic.withdraw(registration);
        }
    }
}

impl<E> fmt::Debug for Notifier<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.announcement.id;
        f.debug_struct("Notifier").field("topic", self.topic.name()).field("id", &format_args!("{id}")).finish()
    }
}

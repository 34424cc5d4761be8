use super::core::Core;
use super::error::ListenError;
use super::notice::Notice;
use super::{EventId, ListenerBuilder};
use crate::endpoint::CreateError;
use crate::registry::{EndpointId, IntoTopic, Patience, PeerName, RegistryError, TopicName};
use crate::wait::{Closer, EventFd, Waitable};
use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

/// Hears what [notifiers](crate::Notifier) tell: that something happened, and how often.
///
/// It keeps what it has seen of each notifier's counters, so nothing is lost however late it looks.
/// What happens several times before it looks is one [`Notice`] with a count. Events of one id come
/// in their order; between ids there is none.
///
/// A notifier that is present when the listener is created is heard from then on, or from its first
/// event on by [`from_start`](ListenerBuilder::from_start). One that joins later is heard from its
/// first event on.
///
/// It finds notifiers when it looks: in `recv`, in `try_recv`, and when its descriptor is waited for.
/// What a notifier tells is heard even if it has died meanwhile, once it was found. One that comes
/// and goes before the listener looks leaves nothing: let it stay for some time, such as 200 ms.
///
/// # Examples
///
/// ```
/// use slotcast::{Listener, Notice, Notifier};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut listener: Listener = Listener::builder("door").domain(&domain).create()?;
/// let mut notifier: Notifier = Notifier::builder("door").domain(&domain).create()?;
/// assert!(matches!(listener.recv()?, Notice::Joined(peer) if peer.id == notifier.id()));
/// for _ in 0..3 {
///     notifier.notify(7)?;
/// }
/// let id = notifier.id();
/// drop(notifier);
/// assert_eq!(listener.recv()?.event(), Some((7, 3)));
/// assert!(matches!(listener.recv()?, Notice::Left(peer) if peer.id == id));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Listener<E = u8> {
    pub(super) core: Core,
    pub(super) ids: PhantomData<fn() -> E>,
}

impl<E: EventId> Listener<E> {
    /// Creates a listener with default settings in the default domain.
    ///
    /// # Errors
    /// As [`ListenerBuilder::create`].
    pub fn new(name: impl IntoTopic<E>) -> Result<Self, CreateError> {
        Self::builder(name).create()
    }

    /// Sets up a listener.
    pub fn builder(name: impl IntoTopic<E>) -> ListenerBuilder<E> {
        ListenerBuilder::new(name.into_topic())
    }

    /// Returns the next notice, if there is one. Does not wait.
    ///
    /// # Errors
    /// See [`ListenError`].
    #[inline]
    pub fn try_recv(&mut self) -> Result<Option<Notice<E>>, ListenError> {
        let next = self.core.poll()?;
        next.map(|notice| self.typed(notice)).transpose()
    }

    /// Returns the next notice; waits for it.
    ///
    /// # Errors
    /// See [`ListenError`].
    pub fn recv(&mut self) -> Result<Notice<E>, ListenError> {
        loop {
            if let Some(notice) = self.core.wait_next(None)? {
                return self.typed(notice);
            }
        }
    }

    /// Returns the next notice; waits for it up to `timeout`. Returns `None` if there was none.
    ///
    /// # Errors
    /// See [`ListenError`].
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<Option<Notice<E>>, ListenError> {
        let next = self.core.wait_next(Instant::now().checked_add(timeout))?;
        next.map(|notice| self.typed(notice)).transpose()
    }

    fn typed(&self, notice: Notice) -> Result<Notice<E>, ListenError> {
        Ok(match notice {
            Notice::Event { id, count, notifier } => match E::from_id(id) {
                Some(id) => Notice::Event { id, count, notifier },
                None => {
                    let topic = self.core.topic.name().clone();
                    return Err(ListenError::UnknownId { topic, notifier, id, count });
                }
            },
            Notice::Joined(notifier) => Notice::Joined(notifier),
            Notice::Left(notifier) => Notice::Left(notifier),
            Notice::Died(notifier) => Notice::Died(notifier),
        })
    }
}

impl<E> Listener<E> {
    /// Returns a descriptor to wait for, with `poll`, `epoll` or a [`WaitSet`](crate::WaitSet). It
    /// is readable until [`try_recv`](Self::try_recv) has returned `None`.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        self.core.event_fd()
    }

    /// Returns a handle that ends waits of this listener from elsewhere.
    pub fn closer(&self) -> Closer {
        self.core.closer.clone()
    }

    /// Returns its id.
    pub fn id(&self) -> EndpointId {
        self.core.announcement.id
    }

    /// Returns the topic in which it and its notifiers meet: its name, and the part `~events`.
    pub fn topic(&self) -> &TopicName {
        self.core.topic.name()
    }

    /// Returns the notifiers that it hears, as of the last notice. Allocates.
    pub fn notifiers(&self) -> Vec<PeerName> {
        self.core.sources.notifiers().cloned().collect()
    }

    /// Returns whether it hears this notifier, as of the last notice.
    pub fn hears(&self, notifier: EndpointId) -> bool {
        self.core.sources.hears(notifier)
    }

    /// Announces this listener again if its entry was removed from outside. Waits do this by
    /// themselves. Returns whether it had to.
    ///
    /// # Errors
    /// When the registry cannot be used.
    pub fn refresh(&mut self) -> Result<bool, CreateError> {
        self.core.refresh(Patience::Long)
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn check_open(&self) -> Result<(), ListenError> {
        self.core.check_open()
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn cannot_wait(&self, reason: std::io::Error) -> ListenError {
        let reason = RegistryError::io("wait for", self.core.topic.path())(reason);
        ListenError::Registry { topic: self.topic().clone(), reason }
    }
}

impl<E> Waitable for Listener<E> {
    fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        self.core.event_fd()
    }
}

impl<E> fmt::Debug for Listener<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.core.announcement.id;
        f.debug_struct("Listener").field("topic", self.topic()).field("id", &format_args!("{id}")).finish()
    }
}

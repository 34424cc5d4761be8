use crate::publisher::ProcessState;
use crate::registry::{EndpointId, Peer};
use crate::shm::{ControlView, ReadProgress};
use std::fmt;

/// A subscriber that is inspected; see
/// [`ObservedTopic::subscriber`](super::ObservedTopic::subscriber).
///
/// It keeps the subscriber's control page mapped. So its counters can be read at any rate, and also
/// after the subscriber has ended: then they are final. All of them are the subscriber's claims.
///
/// # Examples
///
/// ```
/// # use slotcast::{Observer, Publisher, Subscriber};
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
/// let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
/// publisher.publish(&7)?;
/// subscriber.recv()?;
/// let topic = Observer::new(&domain).topic("counter")?.expect("it has endpoints");
/// let observed = topic.subscriber(topic.endpoints()?.remove(1).peer?)?;
/// let progress = observed.progress_with(publisher.id()).expect("it reads that publisher");
/// assert_eq!((progress.received(), observed.lost(), observed.held()), (1, 0, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ObservedSubscriber {
    control: ControlView,
    peer: Peer,
}

impl ObservedSubscriber {
    pub(super) fn new(control: ControlView, peer: Peer) -> Self {
        Self { control, peer }
    }

    /// Returns the subscriber, as its entry describes it.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Returns how far it has read each publisher that it reads: the first 919 of them.
    pub fn progress(&self) -> impl Iterator<Item = (EndpointId, ReadProgress)> {
        self.control.lines()
    }

    /// Returns how far it has read a publisher. Returns `None` if it does not read it.
    pub fn progress_with(&self, publisher: EndpointId) -> Option<ReadProgress> {
        self.progress().find_map(|(id, progress)| (id == publisher).then_some(progress))
    }

    /// Returns, in total, how far it has read the publishers that it no longer reads.
    pub fn past(&self) -> ReadProgress {
        self.control.totals()
    }

    /// Returns how many messages it has lost, of all publishers so far.
    ///
    /// While it detaches from a publisher, that one's count may be missing for a moment.
    pub fn lost(&self) -> u64 {
        self.total(|progress| progress.lost)
    }

    /// Returns how many messages were delivered to it, of all publishers so far; see
    /// [`lost`](Self::lost).
    pub fn received(&self) -> u64 {
        self.total(ReadProgress::received)
    }

    /// Returns how many messages it has skipped on request, of all publishers so far; see
    /// [`lost`](Self::lost).
    pub fn skipped(&self) -> u64 {
        self.total(|progress| progress.skipped)
    }

    /// Returns how many large messages it keeps from being overwritten, by holding them in place.
    pub fn held(&self) -> usize {
        // Relaxed: it is only displayed.
        let pin = |index: &usize| self.control.pin(self.peer.id, *index).load_relaxed();
        (0..self.max_held()).filter(|index| pin(index) != 0).count()
    }

    /// Returns how many large messages it can hold in place at once, up to 256.
    pub fn max_held(&self) -> usize {
        self.control.pins()
    }

    /// Returns what its process does. Returns `None` once it has left or died. Some system calls.
    pub fn state(&self) -> Option<ProcessState> {
        (!self.peer.is_gone()).then(|| ProcessState::of(&self.peer))
    }

    fn total(&self, count: impl Fn(&ReadProgress) -> u64) -> u64 {
        // The totals first: a line that ends meanwhile is then counted too late instead of twice.
        let past = count(&self.past());
        self.progress().fold(past, |total, (_, progress)| total.saturating_add(count(&progress)))
    }
}

impl fmt::Debug for ObservedSubscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ObservedSubscriber").field(&self.peer.name).finish()
    }
}

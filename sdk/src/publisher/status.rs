//! What a publisher knows about its subscribers. Nothing changes by being asked.

use super::core::PublisherCore;
use super::laggard::ProcessState;
use crate::endpoint::Delivery;
use crate::protocol::grant;
use crate::publisher::grants::{Grants, is_gone};
use crate::publisher::pool::Pool;
use crate::registry::{EndpointId, Peer, PeerName, RegistryError, Role};
use crate::shm::ControlView;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fmt;

/// A subscriber, as seen by one of its publishers: see
/// [`Publisher::readers`](crate::Publisher::readers).
///
/// What it reports was true a moment ago, and is another process's word: do not rely on it. Numbers
/// are always possible ones.
///
/// # Examples
///
/// ```
/// use slotcast::{Publisher, Subscriber};
///
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// let publisher = Publisher::<u64>::builder("counter").domain(&domain).depth(100).create()?;
/// let subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
/// for reader in publisher.readers()? {
///     if reader.unread.is_some_and(|unread| unread > 50) {
///         eprintln!("half of the ring is unread: {reader}");
///     }
/// }
/// # drop(subscriber);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReaderStatus {
    /// The subscriber.
    pub subscriber: PeerName,
    /// What it is promised.
    pub delivery: Delivery,
    /// How many messages of this publisher it has not read, at most as many as were published.
    ///
    /// Messages beyond the publisher's depth may be overwritten. Then the subscriber will count
    /// them as lost, or as skipped if it wants only the newest. For a lossless subscriber that has
    /// not begun to read, these are the messages since it was promised all.
    ///
    /// `None` if it is not known: of another subscriber that has not begun, of one that has left or
    /// has detached from this publisher, and of one that reports what cannot be or whose control
    /// page cannot be opened.
    pub unread: Option<u64>,
    /// Whether it can hold samples of this publisher's large messages in place. Those that it takes
    /// otherwise are copied.
    pub in_place: bool,
    /// How many messages that are no longer in the ring it keeps in this publisher's memory,
    /// because it holds samples of them: up to 256. Those that are in the ring are kept anyway.
    pub held: u64,
    /// What its process does.
    pub state: ProcessState,
    /// Whether it has left. It is still listed because its process holds samples.
    pub has_left: bool,
}

impl fmt::Display for ReaderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subscriber, delivery, unread, in_place, held, state, has_left } = self;
        write!(f, "{subscriber}: {delivery}")?;
        match unread {
            Some(unread) => write!(f, ", {unread} unread")?,
            None => f.write_str(", unread not known")?,
        }
        if *in_place {
            f.write_str(", samples in place")?;
        }
        if *held != 0 {
            write!(f, ", {held} held")?;
        }
        if *state == ProcessState::Stopped {
            f.write_str(", stopped")?;
        }
        if *has_left { f.write_str(", has left") } else { Ok(()) }
    }
}

/// Subscribers that hold messages in the pool, and how many that are no longer in the ring.
struct Holders<'a>(HashMap<EndpointId, (&'a Peer, u64)>);

impl<'a> Holders<'a> {
    fn of(pool: Option<&'a Pool>) -> Self {
        let all = pool.map(Pool::holders).unwrap_or_default();
        Self(all.into_iter().map(|(peer, held)| (peer.id, (peer, held))).collect())
    }

    fn held_by(&self, id: EndpointId) -> u64 {
        self.0.get(&id).map_or(0, |&(_, held)| held)
    }

    fn status(&self, peer: &Peer, delivery: Delivery, unread: Option<u64>) -> ReaderStatus {
        ReaderStatus {
            subscriber: peer.name.clone(),
            delivery,
            unread,
            in_place: false,
            held: self.held_by(peer.id),
            state: ProcessState::of(peer),
            has_left: false,
        }
    }
}

impl PublisherCore {
    /// Returns the subscribers that live, those furthest behind first.
    pub(crate) fn readers(&self) -> Result<Vec<ReaderStatus>, RegistryError> {
        if self.is_forked_copy() {
            return Err(RegistryError::Forked { path: self.topic.path().into() });
        }
        let holders = Holders::of(self.pool.as_ref());
        let mut known = HashSet::new();
        // Those with grants first: they are waited for even if their entries were removed from
        // outside.
        let mut readers = self.known_readers(&holders, &mut known);
        for name in self.topic.names(Role::Subscriber)? {
            let Some(peer) = self.topic.open(&name)?.live() else { continue };
            if self.is_of_this_layout(&peer) && !is_gone(&peer) && known.insert(peer.id) {
                let is_pending = self.is_lossless() && peer.qos.lossless;
                let delivery = if is_pending { Delivery::Pending } else { Delivery::Lossy };
                readers.push(holders.status(&peer, delivery, self.unread_by(&peer)));
            }
        }
        for &(peer, held) in holders.0.values() {
            let is_listed = readers.iter().any(|reader| reader.subscriber.id == peer.id);
            if !is_listed && held != 0 && peer.has_left().unwrap_or(false) && peer.is_alive().unwrap_or(true) {
                readers.push(ReaderStatus { has_left: true, ..holders.status(peer, Delivery::Lossy, None) });
            }
        }
        readers.sort_by_key(|reader| Reverse(reader.unread));
        Ok(readers)
    }

    /// Returns those to which the publisher has given or refused a grant, and adds all of them to
    /// `known`.
    fn known_readers(&self, holders: &Holders<'_>, known: &mut HashSet<EndpointId>) -> Vec<ReaderStatus> {
        let Some(grants) = &self.grants else { return Vec::new() };
        let mut readers = Vec::new();
        for granted in grants.granted() {
            let peer = granted.peer();
            known.insert(peer.id);
            if !is_gone(peer) {
                let unread = granted.unread(self.id(), self.next);
                let in_place = self.pool.as_ref().is_some_and(|pool| pool.honours(peer.id));
                readers.push(ReaderStatus { in_place, ..holders.status(peer, granted.delivery(), unread) });
            }
        }
        for (peer, delivery) in grants.not_granted() {
            known.insert(peer.id);
            if !is_gone(peer) {
                readers.push(holders.status(peer, delivery, self.unread_by(peer)));
            }
        }
        readers
    }

    /// Returns how many subscribers were detached so far.
    pub(crate) fn detached_subscribers(&self) -> u64 {
        self.grants.as_deref().map_or(0, Grants::detached_count)
    }

    /// Returns how many messages a subscriber without a grant has not read, as its control page
    /// reports.
    fn unread_by(&self, peer: &Peer) -> Option<u64> {
        let control = ControlView::open(&self.topic, peer.id, peer.hash, peer.memory.as_ref()?).ok()?;
        let cursor = control.cursor(control.find_line(self.id())?, self.id())?;
        grant::is_plausible(0, cursor, self.next).then(|| self.next - cursor)
    }
}

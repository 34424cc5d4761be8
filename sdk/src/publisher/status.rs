//! What a publisher can tell of its subscribers. Nothing changes by being asked.

use super::backpressure::ProcessState;
use super::core::PublisherCore;
use crate::endpoint::Delivery;
use crate::protocol::grant;
use crate::publisher::grants::Grants;
use crate::publisher::pool::Pool;
use crate::registry::{EndpointId, Peer, PeerName, RegistryError, Role};
use crate::shm::ControlView;
use std::collections::{HashMap, HashSet};
use std::fmt;

/// A subscriber, as one of its publishers sees it: see [`Publisher::readers`](crate::Publisher::readers).
///
/// What it says of itself was true a moment ago, and is not to be relied on: it is another process's. Numbers are always ones
/// that can be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReaderStatus {
    /// Who.
    pub subscriber: PeerName,
    /// What it is promised.
    pub delivery: Delivery,
    /// How many messages of this publisher it has not read, at most as many as were published. Beyond the publisher's depth
    /// they may be overwritten: then it will count them as lost (or as skipped, if it wants only the newest). Of one that is
    /// promised that nothing is lost and has not begun to read, those since the promise.
    ///
    /// Not known of another one that has not begun, of one that has left or gave this publisher up, and of one that says what
    /// cannot be or whose control page cannot be opened.
    pub unread: Option<u64>,
    /// Whether it can hold samples of this publisher's large messages in place. Those that it takes otherwise are copied.
    pub in_place: bool,
    /// How many messages that are no longer in the ring it keeps in this publisher's memory, because it holds samples of them:
    /// up to 256. Those that are in the ring are there anyway.
    pub held: u64,
    /// What its process does.
    pub state: ProcessState,
    /// It has left, and its process holds samples, which is why it is still here.
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

/// Those who keep messages in the pool, and how many that are no longer in the ring.
struct Holders<'a>(HashMap<EndpointId, (&'a Peer, u64)>);

impl<'a> Holders<'a> {
    fn of(pool: Option<&'a Pool>) -> Self {
        let all = pool.map(Pool::holders).unwrap_or_default();
        Self(all.into_iter().map(|(peer, held)| (peer.id, (peer, held))).collect())
    }

    fn held_by(&self, id: EndpointId) -> u64 {
        self.0.get(&id).map_or(0, |&(_, held)| held)
    }
}

impl PublisherCore {
    /// The subscribers that live, those furthest behind first.
    pub(crate) fn readers(&self) -> Result<Vec<ReaderStatus>, RegistryError> {
        if self.is_forked_copy() {
            return Err(RegistryError::Forked { path: self.topic.path().into() });
        }
        let holders = Holders::of(self.pool.as_ref());
        let (mut readers, mut known) = (Vec::new(), HashSet::new());
        // Those that are known first: they are waited for also if somebody has removed their entries.
        if let Some(grants) = &self.grants {
            for granted in grants.granted() {
                let peer = granted.peer();
                known.insert(peer.id);
                let unread = granted.unread(self.id(), self.next);
                let mut status = status(peer, granted.delivery(), unread, &holders);
                status.in_place = self.pool.as_ref().is_some_and(|pool| pool.honours(peer.id));
                readers.extend((!peer.is_gone()).then_some(status));
            }
            for (peer, delivery) in grants.not_granted() {
                known.insert(peer.id);
                let status = status(peer, delivery, self.unread_by(peer), &holders);
                readers.extend((!peer.is_gone()).then_some(status));
            }
        }
        for name in self.topic.names(Role::Subscriber)? {
            let Some(peer) = self.topic.open(&name)?.live() else { continue };
            if self.is_of_this_layout(&peer) && !peer.is_gone() && known.insert(peer.id) {
                let is_pending = self.lossless.is_some() && peer.qos.lossless;
                let delivery = if is_pending { Delivery::Pending } else { Delivery::Lossy };
                readers.push(status(&peer, delivery, self.unread_by(&peer), &holders));
            }
        }
        for &(peer, held) in holders.0.values() {
            let is_told = readers.iter().any(|reader: &ReaderStatus| reader.subscriber.id == peer.id);
            if !is_told && held != 0 && peer.has_left().unwrap_or(false) && peer.is_alive().unwrap_or(true) {
                readers.push(ReaderStatus { has_left: true, ..status(peer, Delivery::Lossy, None, &holders) });
            }
        }
        readers.sort_by_key(|reader| std::cmp::Reverse(reader.unread));
        Ok(readers)
    }

    /// How many subscribers were let go so far.
    pub(crate) fn detached_subscribers(&self) -> u64 {
        self.grants.as_deref().map_or(0, Grants::detached_count)
    }

    /// How many messages one to whom nothing is promised has not read, as it says in its control page.
    fn unread_by(&self, peer: &Peer) -> Option<u64> {
        let control = ControlView::open(&self.topic, peer.id, peer.hash, peer.memory.as_ref()?).ok()?;
        let cursor = control.cursor(control.find_line(self.id())?, self.id())?;
        grant::can_be(0, cursor, self.next).then(|| self.next - cursor)
    }
}

fn status(peer: &Peer, delivery: Delivery, unread: Option<u64>, holders: &Holders<'_>) -> ReaderStatus {
    ReaderStatus {
        subscriber: peer.name.clone(),
        delivery,
        unread,
        in_place: false,
        held: holders.held_by(peer.id),
        state: ProcessState::of(peer),
        has_left: false,
    }
}

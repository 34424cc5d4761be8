use super::Messages;
use crate::protocol::ring::LAST_SEQUENCE;
use crate::publisher::ProcessState;
use crate::registry::Peer;
use crate::shm::{Extent, SegmentView};
use std::fmt;

/// A publisher that is inspected; see
/// [`ObservedTopic::publisher`](super::ObservedTopic::publisher).
///
/// It keeps the publisher's memory mapped. So its counters can be read at any rate, and also after
/// the publisher has ended: then they are final. What is read is the publisher's claim, but numbers
/// are always possible ones.
///
/// # Examples
///
/// ```
/// # use slotcast::{Observer, Publisher};
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).timestamps(true).create()?;
/// let topic = Observer::new(&domain).topic("counter")?.expect("it has a publisher");
/// let observed = topic.publisher(topic.endpoints()?.remove(0).peer?)?;
/// let before = observed.published();
/// publisher.publish(&7)?;
/// publisher.publish(&8)?;
/// let times: Vec<u64> = observed.messages_since(before).filter_map(|message| message.time).collect();
/// assert!(times[0] <= times[1]);
/// drop(publisher);
/// assert_eq!((observed.published(), observed.state()), (2, None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ObservedPublisher {
    segment: SegmentView,
    peer: Peer,
    extent: Extent,
}

impl ObservedPublisher {
    pub(super) fn new(segment: SegmentView, peer: Peer) -> Self {
        let extent = Extent::of(&peer.schema);
        Self { segment, peer, extent }
    }

    /// Returns the publisher, as its entry describes it.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Returns how many messages it has published, including those of before it was announced anew.
    /// One load.
    pub fn published(&self) -> u64 {
        self.segment.reader().head().min(LAST_SEQUENCE + 1)
    }

    /// Returns a number that changes when it publishes, or asserts that it is alive. Two loads.
    pub fn activity(&self) -> u64 {
        self.published().wrapping_add(self.segment.beat())
    }

    /// Returns how many of the newest messages stay readable.
    pub fn depth(&self) -> u64 {
        self.segment.geometry().depth()
    }

    /// Returns whether its messages carry the time of publishing.
    pub fn timestamps(&self) -> bool {
        self.segment.timestamps()
    }

    /// Returns the size of all its messages in bytes, or `None` if they differ in size.
    pub fn size(&self) -> Option<u64> {
        match self.extent {
            Extent::Fixed { bytes } => Some(bytes),
            Extent::Variable { .. } => None,
        }
    }

    /// Returns what its process does. Returns `None` once it has left or died. Some system calls.
    pub fn state(&self) -> Option<ProcessState> {
        (!self.peer.is_gone()).then(|| ProcessState::of(&self.peer))
    }

    /// Returns the messages from a sequence on that are in the ring now: without their content, but
    /// with their time and size. These are the newest [`depth`](Self::depth), and some before them
    /// that are not overwritten yet. Those that are overwritten while it iterates are left out.
    /// Does not allocate.
    pub fn messages_since(&self, sequence: u64) -> Messages<'_> {
        let head = self.published();
        Messages::new(
            &self.segment,
            self.extent,
            sequence.max(head.saturating_sub(self.segment.geometry().cells()))..head,
        )
    }
}

impl fmt::Debug for ObservedPublisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ObservedPublisher").field(&self.peer.name).finish()
    }
}

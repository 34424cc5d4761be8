use super::{Endpoint, ObservedPublisher, ObservedSubscriber, Reader};
use crate::dynamic::{Layout, OpenError};
use crate::endpoint::AttachReason;
use crate::membership::{Membership, MembershipError};
use crate::registry::{Domain, EndpointId, KEPT, Peer, RegistryError, Role, TopicAccess as _, TopicName, TopicView};
use crate::shm::{Content, ControlView, Expected, ReadProgress, SegmentError, SegmentView};
use crate::sys::file;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// A topic that is inspected; see [`Observer::topic`](super::Observer::topic).
///
/// # Examples
///
/// ```
/// # use slotcast::{Observer, Publisher, Subscriber};
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).name("clock").create()?;
/// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
/// # publisher.publish(&1)?;
/// # subscriber.recv()?;
/// let topic = Observer::new(&domain).topic("counter")?.expect("it has a publisher");
/// println!("{} carries {}", topic.name(), topic.layout()?.schema().type_name());
///
/// let endpoints = topic.endpoints()?;
/// let publisher = endpoints[0].peer.as_ref().unwrap();
/// assert_eq!((publisher.name.name.as_str(), topic.published(publisher)?), ("clock", 1));
/// let subscriber = endpoints[1].peer.as_ref().unwrap();
/// let (_, total) = topic.progress(subscriber)?;
/// assert_eq!(total.lost, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ObservedTopic {
    domain: Domain,
    view: Arc<TopicView>,
}

/// How much memory an endpoint has; see [`ObservedTopic::memory`].
///
/// # Examples
///
/// ```
/// let memory = slotcast::observer::MemoryUse { reserved: 1 << 30, allocated: 1 << 20 };
/// assert!(memory.allocated < memory.reserved); // most of a pool was not needed so far
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryUse {
    /// Its size in bytes. That of a pool is only address space until messages need it.
    pub reserved: u64,
    /// What of that is in memory, in bytes. A pool keeps what it once needed.
    pub allocated: u64,
}

impl ObservedTopic {
    /// Opens a topic. Returns `None` if no endpoint is in it.
    pub(super) fn open(domain: &Domain, name: &TopicName) -> Result<Option<Self>, RegistryError> {
        let view = TopicView::open(domain, name)?;
        Ok(view.map(|view| Self { domain: domain.clone(), view: Arc::new(view) }))
    }

    /// Returns its name.
    pub fn name(&self) -> &TopicName {
        self.view.name()
    }

    /// Returns the layout of its messages.
    ///
    /// # Errors
    /// When no publisher is present, the layout that it claims is invalid, or the registry cannot
    /// be read.
    pub fn layout(&self) -> Result<Layout, OpenError> {
        Layout::of_topic(&self.view)
    }

    /// Returns a membership that reports its endpoints, of both roles; see
    /// [`Observer::watch`](super::Observer::watch).
    ///
    /// # Errors
    /// When the registry cannot be used.
    pub fn membership(&self) -> Result<Membership, MembershipError> {
        Membership::of_all(&self.domain, self.name())
    }

    /// Returns its publishers, then its subscribers, including the dead. Some microseconds for
    /// each.
    ///
    /// # Errors
    /// When the registry cannot be read.
    pub fn endpoints(&self) -> Result<Vec<Endpoint>, RegistryError> {
        let mut endpoints = Vec::new();
        for role in [Role::Publisher, Role::Subscriber] {
            for entry in self.view.names(role)? {
                endpoints.extend(self.view.endpoint(&entry)?);
            }
        }
        Ok(endpoints)
    }

    /// Returns the publisher of which a value is kept beyond its end: see
    /// [`ValueWriterBuilder::survives_writer`](crate::ValueWriterBuilder::survives_writer). It may
    /// live. Some microseconds.
    pub fn kept(&self) -> Option<Peer> {
        self.view.kept()
    }

    /// Returns the file that names what is [kept](Self::kept), if there is one. A system call.
    pub fn kept_path(&self) -> Option<PathBuf> {
        let path = self.view.path().join(KEPT);
        path.symlink_metadata().is_ok().then_some(path)
    }

    /// Returns a number that changes whenever an endpoint of this role joins, or leaves in order:
    /// as long as it does not, no scan for endpoints that have joined is needed. One load.
    pub fn joins(&self, role: Role) -> u64 {
        self.view.joins(role)
    }

    /// Returns whether the topic still exists. If not, another one may exist under its name, which
    /// [`Observer::topic`](super::Observer::topic) finds. Two system calls.
    pub fn is_current(&self) -> bool {
        self.view.is_current()
    }

    /// Opens a publisher, whose counters can then be read at any rate. Maps its memory.
    ///
    /// # Errors
    /// When it is not a publisher of this topic, or its memory cannot be used.
    pub fn publisher(&self, peer: Peer) -> Result<ObservedPublisher, AttachReason> {
        Ok(ObservedPublisher::new(self.segment(&peer)?, peer))
    }

    /// Opens a subscriber, whose counters can then be read at any rate. Maps its control page.
    ///
    /// # Errors
    /// When it is not a subscriber of this topic, or its control page cannot be used.
    pub fn subscriber(&self, peer: Peer) -> Result<ObservedSubscriber, AttachReason> {
        Ok(ObservedSubscriber::new(self.control(&peer)?, peer))
    }

    /// Returns how many messages a publisher has published. Maps its memory for the moment: see
    /// [`publisher`](Self::publisher) for repeated reading.
    ///
    /// # Errors
    /// When it is not a publisher of this topic, or its memory cannot be used.
    pub fn published(&self, publisher: &Peer) -> Result<u64, AttachReason> {
        Ok(self.segment(publisher)?.reader().head())
    }

    /// Returns how far a subscriber has read each publisher that it reads, and in total those that
    /// it no longer reads: each number as it was a moment ago.
    ///
    /// # Errors
    /// When it is not a subscriber of this topic, or its control page cannot be used.
    pub fn progress(&self, subscriber: &Peer) -> Result<(Vec<(EndpointId, ReadProgress)>, ReadProgress), AttachReason> {
        let control = self.control(subscriber)?;
        Ok((control.lines().collect(), control.totals()))
    }

    /// Returns how much memory an endpoint has. Some system calls.
    ///
    /// # Errors
    /// When its memory cannot be opened.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Observer, Publisher};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// let topic = Observer::new(&domain).topic("counter")?.expect("it has a publisher");
    /// let memory = topic.memory(topic.endpoints()?[0].peer.as_ref().unwrap())?;
    /// assert!(memory.allocated >= 4096 && memory.reserved >= 4096);
    /// # drop(publisher);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn memory(&self, peer: &Peer) -> Result<MemoryUse, AttachReason> {
        let memory = peer.memory.as_ref().ok_or(AttachReason::NoMemory)?;
        let file = self.view.open_memory(peer.id, memory).map_err(SegmentError::from)?;
        let status = file::status(file).map_err(SegmentError::Map)?;
        Ok(MemoryUse { reserved: status.size, allocated: status.allocated })
    }

    fn segment(&self, publisher: &Peer) -> Result<SegmentView, AttachReason> {
        let memory = publisher.memory.as_ref().ok_or(AttachReason::NoMemory)?;
        let content = Content::of(&publisher.schema);
        let payload = content.payload(&publisher.schema);
        let expected = Expected { id: publisher.id, hash: publisher.hash, content, payload };
        Ok(SegmentView::open(&*self.view, memory, &expected)?)
    }

    fn control(&self, subscriber: &Peer) -> Result<ControlView, AttachReason> {
        let memory = subscriber.memory.as_ref().ok_or(AttachReason::NoMemory)?;
        Ok(ControlView::open(&*self.view, subscriber.id, subscriber.hash, memory)?)
    }

    /// Returns a reader, which reads the topic as a subscriber would: what is published from now
    /// on, and up to `history` messages of each publisher from before.
    ///
    /// # Errors
    /// As [`layout`](Self::layout), and when a publisher's memory cannot be used.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Observer, Publisher};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # publisher.publish(&42)?;
    /// let topic = Observer::new(&domain).topic("counter")?.expect("it has a publisher");
    /// for message in topic.read(10)?.try_iter() {
    ///     println!("{}", message?.value()?); // 42
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(&self, history: u64) -> Result<Reader, OpenError> {
        Reader::join(self.domain.clone(), Arc::clone(&self.view), history)
    }
}

impl fmt::Debug for ObservedTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ObservedTopic").field(self.name()).finish()
    }
}

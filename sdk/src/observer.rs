//! Looking at topics without being noticed: for tools.
//!
//! An observer has no entry, no lock, no pin and no counter. It opens directories, files and memory for reading
//! alone, and makes and removes nothing, not even what the dead left. Publishers and subscribers execute the same
//! instructions whether it looks or not.
//!
//! ```no_run
//! use slotcast::Observer;
//!
//! let observer = Observer::default();
//! for name in observer.topics()? {
//!     let Some(topic) = observer.topic(&name)? else { continue };
//!     for endpoint in topic.endpoints()? {
//!         if let Ok(peer) = &endpoint.peer {
//!             println!("{name}: {} {}, alive: {}", peer.role, peer.name, endpoint.alive);
//!         }
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::dynamic::{Layout, OpenError, Sample, Value};
use crate::endpoint::{AttachReason, CreateError, OneThreadAtATime};
use crate::record::{Buffers, Received};
use crate::registry::{Domain, EndpointId, IntoTopic, Peer, PeerName, RegistryError, Role, TopicName, TopicView};
use crate::shm::{Content, ControlView, Descriptor, Expected, Extent, ReadProgress, SegmentView};
use crate::subscriber::{Fetcher, MAX_COPY, RateFilter, RecvError, SourceStatus, Sources, Wanted};
use crate::sys::process;
use std::marker::PhantomData;
use std::sync::Arc;

pub use crate::registry::Endpoint;

/// How often a reader that has nothing to read looks whether its topic was made anew, and who is gone.
const LOOK_NS: u64 = 20_000_000;

/// Looks at the topics of a domain. Making one costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Observer {
    domain: Domain,
}

impl Observer {
    /// An observer of a domain; [`Observer::default`] is one of the default domain.
    pub fn new(domain: &Domain) -> Self {
        Self { domain: domain.clone() }
    }

    /// The topics that are there now, by name.
    ///
    /// # Errors
    /// When the domain is there and cannot be read or trusted.
    pub fn topics(&self) -> Result<Vec<TopicName>, RegistryError> {
        self.domain.topics()
    }

    /// A topic, to be looked at. Nothing if nobody is in it.
    ///
    /// # Errors
    /// When its name is not legal, or it cannot be opened or trusted.
    pub fn topic(&self, name: impl IntoTopic<Value>) -> Result<Option<ObservedTopic>, CreateError> {
        let name = name.into_topic()?;
        match TopicView::open(&self.domain, &name) {
            Ok(view) => Ok(view.map(|view| ObservedTopic { domain: self.domain.clone(), view: Arc::new(view) })),
            Err(reason) => Err(CreateError::Registry { topic: name, reason }),
        }
    }
}

/// A topic that is looked at.
pub struct ObservedTopic {
    domain: Domain,
    view: Arc<TopicView>,
}

impl ObservedTopic {
    /// Its name.
    pub fn name(&self) -> &TopicName {
        self.view.name()
    }

    /// What its messages look like.
    ///
    /// # Errors
    /// When there is no publisher to say so, what it says cannot be, or the registry cannot be read.
    pub fn layout(&self) -> Result<Layout, OpenError> {
        Layout::of_topic(&self.view)
    }

    /// Its publishers, then its subscribers, the dead among them. Some microseconds for each.
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

    /// How many messages a publisher has published. Maps its memory for the moment.
    ///
    /// # Errors
    /// When it is no publisher of this topic, or its memory cannot be used.
    pub fn published(&self, publisher: &Peer) -> Result<u64, AttachReason> {
        let memory = publisher.memory.as_ref().ok_or(AttachReason::NoMemory)?;
        let content = Content::of(&publisher.schema);
        let payload = content.payload(&publisher.schema);
        let expected = Expected { id: publisher.id, hash: publisher.hash, content, payload };
        Ok(SegmentView::open(&*self.view, memory, &expected)?.reader().head())
    }

    /// How far a subscriber is with each publisher that it reads, and in total with those that it no longer reads:
    /// each number as it was a moment ago.
    ///
    /// # Errors
    /// When it is no subscriber of this topic, or its control page cannot be used.
    pub fn progress(&self, subscriber: &Peer) -> Result<(Vec<(EndpointId, ReadProgress)>, ReadProgress), AttachReason> {
        let memory = subscriber.memory.as_ref().ok_or(AttachReason::NoMemory)?;
        let control = ControlView::open(&*self.view, subscriber.id, subscriber.hash, memory)?;
        Ok((control.lines().collect(), control.totals()))
    }

    /// Reads the topic as a subscriber would: what is published from now on, and up to `history` messages of each
    /// publisher from before.
    ///
    /// # Errors
    /// As [`layout`](Self::layout), and when a publisher's memory cannot be used.
    pub fn read(&self, history: u64) -> Result<Reader, OpenError> {
        let layout = self.layout()?;
        let (schema, hash) = (layout.shared_schema(), layout.hash());
        let is_pooled = Content::of(&schema).is_pooled();
        let reading = is_pooled.then(|| Fetcher::new(Extent::of(&schema), None, MAX_COPY));
        let wanted = Wanted { schema, hash, reading, history, rate: RateFilter::default(), request: None };
        Ok(Reader {
            domain: self.domain.clone(),
            view: Arc::clone(&self.view),
            sources: Sources::join(Arc::clone(&self.view), None, wanted)?,
            buffers: Buffers::new(if is_pooled { 0 } else { layout.size() }),
            layout,
            look_at: process::monotonic_ns() + LOOK_NS,
            _use: PhantomData,
        })
    }
}

/// Reads a topic without being one of its subscribers.
///
/// It follows publishers that come, and a topic that ends and begins again; not one that then carries another
/// layout, which is a [`RecvError::Mismatch`].
pub struct Reader {
    domain: Domain,
    view: Arc<TopicView>,
    sources: Sources<TopicView>,
    buffers: Buffers,
    layout: Layout,
    /// When to look next who is there, in nanoseconds of `CLOCK_MONOTONIC`.
    look_at: u64,
    _use: OneThreadAtATime,
}

impl Reader {
    /// The largest message in bytes that it gives: it copies each. 1 GiB without this. Larger ones are left out, each with a
    /// [`RecvError::TooLarge`].
    #[must_use = "it is the reader"]
    pub fn max_copy(mut self, bytes: u64) -> Self {
        self.sources.set_max_copy(bytes);
        self
    }

    /// The next message, if there is one. Does not wait. What publishers overwrite before it is read is lost, and
    /// counted.
    ///
    /// # Errors
    /// See [`RecvError`]. The reader stays usable.
    pub fn try_recv(&mut self) -> Result<Option<Sample>, RecvError> {
        match self.next() {
            Ok(None) if process::monotonic_ns() >= self.look_at => {
                self.look()?;
                self.next()
            }
            next => next,
        }
    }

    fn next(&mut self) -> Result<Option<Sample>, RecvError> {
        if Content::of(self.layout.schema()).is_pooled() {
            let mut descriptor = [0; Descriptor::BYTES / 8];
            let mut received = Received::NOTHING;
            return match self.sources.next(Descriptor::BYTES, &mut descriptor, &mut received) {
                Ok(false) => Ok(None),
                Ok(true) => match self.sources.take_fetched(received) {
                    Ok(held) => Ok(Some(Sample::new(held, self.layout.clone()))),
                    Err(failure) => Err(RecvError::new(self.view.name(), failure)),
                },
                Err(failure) => Err(RecvError::new(self.view.name(), failure)),
            };
        }
        let mut buffer = self.buffers.free();
        let (out, received) = buffer.parts();
        match self.sources.next(self.layout.size(), out, received) {
            Ok(false) => Ok(None),
            Ok(true) => Ok(Some(Sample::new(buffer.lend_sample(), self.layout.clone()))),
            Err(failure) => Err(RecvError::new(self.view.name(), failure)),
        }
    }

    /// Looks who is there now, in the directory that the topic has now.
    #[cold]
    fn look(&mut self) -> Result<(), RecvError> {
        self.look_at = process::monotonic_ns() + LOOK_NS;
        if !self.view.is_current() {
            let opened = TopicView::open(&self.domain, self.view.name());
            let opened = opened
                .map_err(|reason| RecvError::Registry { topic: self.view.name().clone(), reason: Box::new(reason) })?;
            if let Some(view) = opened {
                self.view = Arc::new(view);
                self.sources.move_to(Arc::clone(&self.view));
            }
        }
        self.sources.rescan().map_err(|failure| RecvError::new(self.view.name(), failure))
    }

    /// The messages that are there now: ends at the first time that there is none.
    pub fn try_iter(&mut self) -> impl Iterator<Item = Result<Sample, RecvError>> {
        std::iter::from_fn(|| self.try_recv().transpose())
    }

    /// What the messages look like.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Who publishes, as far as was seen when it last looked.
    pub fn publishers(&self) -> Vec<PeerName> {
        self.sources.living().map(|peer| peer.name.clone()).collect()
    }

    /// How it stands with each publisher that it reads, those among them that have ended and were not read to their end. A system
    /// call for each.
    pub fn sources(&self) -> Vec<SourceStatus> {
        self.sources.statuses()
    }

    /// How many messages were overwritten before they were read, of all publishers.
    pub fn lost(&self) -> u64 {
        self.sources.lost()
    }
}

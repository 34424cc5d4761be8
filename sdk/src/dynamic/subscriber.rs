use super::{Layout, Sample, Value};
use crate::endpoint::error_debug::debug_is_display;
use crate::endpoint::{AttachError, CreateError, OneThreadAtATime};
use crate::membership::{Membership, MembershipError};
use crate::record::{Buffers, Received};
use crate::registry::{
    Domain, Entry, IntoTopic, PeerName, Placement, RegistryError, Role, TopicName, TopicNameError, TopicView,
};
use crate::schema::SchemaError;
use crate::shm::{Content, Descriptor};
use crate::subscriber::{
    ReadFailure, RecvError, SourceStatus, SubscriberCore, SubscriberSettings, Wait, subscriber_members,
    subscriber_settings, subscriber_waits,
};
use crate::wait::{Closer, EventFd};
use std::marker::PhantomData;
use std::time::{Duration, Instant};

/// Receives messages of any layout from all publishers of a topic.
///
/// For everybody else it is a subscriber like [`Subscriber<T>`](crate::Subscriber). Its layout is that of the
/// publishers that are there when it is made, and stays: when they all go, and others come with another one, those
/// are a [`RecvError::Mismatch`], and a new subscriber is to be made.
pub struct Subscriber {
    core: SubscriberCore,
    buffers: Buffers,
    layout: Layout,
    _use: OneThreadAtATime,
}

/// Sets up a [`Subscriber`]; see [`Subscriber::builder`].
#[must_use = "a subscriber is made by `create`"]
#[derive(Clone, Debug)]
pub struct SubscriberBuilder {
    topic: Result<TopicName, TopicNameError>,
    layout: Option<Layout>,
    settings: SubscriberSettings,
}

/// Why a subscriber or reader without a type cannot be made.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no publisher to say what the topic's messages look like.
    #[error(
        "topic \"{topic}\" has no publisher, so nobody says what its messages look like: start one first, or give \
         the layout where this is made"
    )]
    NoPublisher {
        /// The topic.
        topic: TopicName,
    },
    /// What a publisher says about its messages cannot be.
    #[error("topic \"{topic}\": what its publisher ({publisher}) says about its messages is {reason}")]
    Schema {
        /// The topic.
        topic: TopicName,
        /// Who says it.
        publisher: Box<PeerName>,
        /// What is wrong with it.
        reason: SchemaError,
    },
    /// As for typed subscribers.
    #[error(transparent)]
    Create(#[from] CreateError),
}

debug_is_display!(OpenError {
    NoPublisher { topic },
    Schema { topic, publisher, reason },
    Create(value),
});

impl From<TopicNameError> for OpenError {
    fn from(error: TopicNameError) -> Self {
        CreateError::from(error).into()
    }
}

impl Subscriber {
    /// A subscriber with default settings in the default domain. Its layout is that of a publisher that is there.
    ///
    /// # Errors
    /// [`OpenError::NoPublisher`] when there is none; otherwise as
    /// [`Subscriber::new`](crate::Subscriber::new).
    pub fn new(topic: impl IntoTopic<Value>) -> Result<Self, OpenError> {
        Self::builder(topic).create()
    }

    /// A subscriber to be set up.
    pub fn builder(topic: impl IntoTopic<Value>) -> SubscriberBuilder {
        SubscriberBuilder { topic: topic.into_topic(), layout: None, settings: SubscriberSettings::new() }
    }

    /// The next message, if there is one; see [`Subscriber::try_recv`](crate::Subscriber::try_recv). Whether its
    /// bytes are valid is not looked at before [`Sample::value`].
    ///
    /// # Errors
    /// See [`RecvError`].
    pub fn try_recv(&mut self) -> Result<Option<Sample>, RecvError> {
        self.receive(|core, payload, out, received| core.next(payload, out, received))
    }

    /// The next message; waits for it. See [`Subscriber::recv`](crate::Subscriber::recv).
    ///
    /// # Errors
    /// See [`RecvError`].
    pub fn recv(&mut self) -> Result<Sample, RecvError> {
        loop {
            let received =
                self.receive(|core, payload, out, received| core.next_before(payload, out, received, None))?;
            if let Some(sample) = received {
                return Ok(sample);
            }
        }
    }

    /// The next message; waits for it at most so long. Nothing then.
    ///
    /// # Errors
    /// See [`RecvError`].
    pub fn recv_timeout(&mut self, time: Duration) -> Result<Option<Sample>, RecvError> {
        let deadline = Instant::now().checked_add(time); // beyond all time: none
        self.receive(|core, payload, out, received| core.next_before(payload, out, received, deadline))
    }

    fn receive(
        &mut self,
        next: impl FnOnce(&mut SubscriberCore, usize, &mut [u64], &mut Received) -> Result<bool, Box<ReadFailure>>,
    ) -> Result<Option<Sample>, RecvError> {
        if Content::of(self.layout.schema()).is_pooled() {
            let mut descriptor = [0; Descriptor::BYTES / 8];
            let mut received = Received::NOTHING;
            return match next(&mut self.core, Descriptor::BYTES, &mut descriptor, &mut received) {
                Ok(false) => Ok(None),
                Ok(true) => match self.core.take_fetched(received) {
                    Ok(held) => Ok(Some(Sample::new(held, self.layout.clone()))),
                    Err(failure) => Err(RecvError::new(self.topic(), failure)),
                },
                Err(failure) => Err(RecvError::new(self.topic(), failure)),
            };
        }
        let mut buffer = self.buffers.free();
        let (out, received) = buffer.parts();
        match next(&mut self.core, self.layout.size(), out, received) {
            Ok(false) => Ok(None),
            Ok(true) => Ok(Some(Sample::new(buffer.lend_sample(), self.layout.clone()))),
            Err(failure) => Err(RecvError::new(self.topic(), failure)),
        }
    }

    /// The messages that are there now: ends at the first time that there is none.
    pub fn try_iter(&mut self) -> impl Iterator<Item = Result<Sample, RecvError>> {
        std::iter::from_fn(|| self.try_recv().transpose())
    }

    /// What its messages look like.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The topic's name.
    pub fn topic(&self) -> &TopicName {
        self.core.topic()
    }

    subscriber_waits!();

    subscriber_members!();

    /// Who publishes now. Reads the registry: some microseconds for each.
    ///
    /// # Errors
    /// As [`try_recv`](Self::try_recv): publishers that came since are attached by this.
    pub fn publishers(&mut self) -> Result<Vec<PeerName>, RecvError> {
        let result = self.core.publishers().map(|peers| peers.into_iter().map(|peer| peer.name.clone()).collect());
        result.map_err(|failure| RecvError::new(self.topic(), failure))
    }

    /// How many messages were overwritten before this subscriber had read them, of all publishers.
    pub fn lost(&self) -> u64 {
        self.core.lost()
    }

    /// How many messages were left out because of [`latest`](SubscriberBuilder::latest) or
    /// [`rate_limit`](SubscriberBuilder::rate_limit), of all publishers.
    pub fn skipped(&self) -> u64 {
        self.core.skipped()
    }

    /// Makes this subscriber known again if somebody removed its entry from outside; see
    /// [`Subscriber::refresh`](crate::Subscriber::refresh).
    ///
    /// # Errors
    /// When the registry cannot be used.
    pub fn refresh(&mut self) -> Result<bool, CreateError> {
        self.core.refresh()
    }
}

impl SubscriberBuilder {
    /// What the messages look like, so that no publisher need be there yet.
    pub fn layout(mut self, layout: &Layout) -> Self {
        self.layout = Some(layout.clone());
        self
    }

    subscriber_settings!();

    /// Makes the subscriber.
    ///
    /// # Errors
    /// As [`Subscriber::new`].
    pub fn create(self) -> Result<Subscriber, OpenError> {
        let topic = self.topic?;
        let layout = match self.layout {
            Some(layout) => layout,
            None => Layout::published(&topic, &self.settings.domain)?,
        };
        let core = SubscriberCore::create(&topic, self.settings, layout.shared_schema(), layout.hash(), true)?;
        let is_pooled = Content::of(layout.schema()).is_pooled();
        let size = if is_pooled { 0 } else { layout.size() };
        Ok(Subscriber { core, buffers: Buffers::new(size), layout, _use: PhantomData })
    }
}

impl Layout {
    /// What the messages look like that are published on a topic now. Looks without being noticed, and makes
    /// nothing.
    ///
    /// # Errors
    /// [`OpenError::NoPublisher`] when there is no publisher; when what it says cannot be; when the registry cannot
    /// be read.
    pub fn published(topic: impl IntoTopic<Value>, domain: &Domain) -> Result<Self, OpenError> {
        let topic = topic.into_topic()?;
        match TopicView::open(domain, &topic) {
            Ok(Some(view)) => Self::of_topic(&view),
            Ok(None) => Err(OpenError::NoPublisher { topic }),
            Err(reason) => Err(CreateError::Registry { topic, reason }.into()),
        }
    }

    /// That of the topic's publishers, who have agreed on it.
    pub(crate) fn of_topic(view: &TopicView) -> Result<Self, OpenError> {
        let topic = || view.name().clone();
        let failed = |reason: RegistryError| CreateError::Registry { topic: topic(), reason };
        let mut unusable = None;
        for name in view.names(Role::Publisher).map_err(failed)? {
            match view.peer(&name).map_err(failed)? {
                Entry::Absent => {}
                Entry::Live(peer) => {
                    let publisher = Box::new(peer.name);
                    return Self::new(peer.schema).map_err(|reason| OpenError::Schema {
                        topic: topic(),
                        publisher,
                        reason,
                    });
                }
                Entry::Unusable(error) => unusable = Some(error),
            }
        }
        match unusable {
            None => Err(OpenError::NoPublisher { topic: topic() }),
            Some(error) => {
                let error = AttachError::new(view.name(), None, error.into());
                Err(CreateError::from(Box::new(error)).into())
            }
        }
    }
}

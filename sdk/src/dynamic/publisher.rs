use super::{EncodeError, Layout, Value};
use crate::endpoint::{CreateError, OneThreadAtATime};
use crate::membership::{Membership, MembershipError};
use crate::publisher::{
    CloseError, LaggardPolicy, LoanError, PublisherCore, PublisherSettings, ReaderStatus, publisher_members,
    publisher_settings,
};
use crate::registry::{
    Domain, EndpointId, IntoTopic, Pages, PeerName, Placement, RegistryError, TopicName, TopicNameError,
};
use crate::schema::InvalidValue;
use crate::shm::Content;
use std::marker::PhantomData;
use std::time::Duration;

/// Publishes messages of a layout that is known when the program runs.
///
/// For everybody else it is a publisher like [`Publisher<T>`](crate::Publisher): typed subscribers of the same
/// layout receive from it. What it publishes is checked against its layout first.
pub struct Publisher {
    core: PublisherCore,
    layout: Layout,
    /// Where values are encoded.
    message: Vec<u8>,
    _use: OneThreadAtATime,
}

/// Sets up a [`Publisher`]; see [`Publisher::builder`].
#[must_use = "a publisher is made by `create`"]
#[derive(Clone, Debug)]
pub struct PublisherBuilder {
    topic: Result<TopicName, TopicNameError>,
    layout: Layout,
    settings: PublisherSettings,
}

/// Why a message was not published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The value is not one of the layout.
    #[error(transparent)]
    Value(#[from] EncodeError),
    /// The bytes are no value of the layout.
    #[error(transparent)]
    Bytes(#[from] InvalidValue),
    /// As for typed publishers.
    #[error(transparent)]
    Publish(#[from] crate::publisher::PublishError),
}

impl Publisher {
    /// A publisher with default settings in the default domain.
    ///
    /// # Errors
    /// As [`Publisher::new`](crate::Publisher::new).
    pub fn new(topic: impl IntoTopic<Value>, layout: &Layout) -> Result<Self, CreateError> {
        Self::builder(topic, layout).create()
    }

    /// A publisher to be set up.
    pub fn builder(topic: impl IntoTopic<Value>, layout: &Layout) -> PublisherBuilder {
        let settings = PublisherSettings::new();
        PublisherBuilder { topic: topic.into_topic(), layout: layout.clone(), settings }
    }

    /// Encodes and publishes a value, and returns its sequence. Does not allocate, unless messages are large or of variable
    /// size and the pool grows: see [`Publisher::loan`](crate::Publisher::loan).
    ///
    /// # Errors
    /// When the value is not one of the layout: see [`Layout::encode`].
    pub fn publish(&mut self, value: &Value) -> Result<u64, PublishError> {
        self.layout.encode_into(value, &mut self.message)?;
        Ok(Self::store(&mut self.core, &self.layout, &self.message, true)?)
    }

    /// Publishes a message as its bytes, and returns its sequence. Allocates as [`publish`](Self::publish) does.
    ///
    /// # Errors
    /// When they are no value of the layout: see [`Layout::validate`].
    pub fn publish_bytes(&mut self, message: &[u8]) -> Result<u64, PublishError> {
        self.layout.validate(message)?;
        Ok(Self::store(&mut self.core, &self.layout, message, true)?)
    }

    fn store(
        core: &mut PublisherCore,
        layout: &Layout,
        message: &[u8],
        may_wait: bool,
    ) -> Result<u64, crate::publisher::PublishError> {
        if !Content::of(layout.schema()).is_pooled() {
            return Ok(if may_wait { core.publish(message)? } else { core.try_publish(message)? });
        }
        let elements = layout.elements(message.len()) as u64;
        let mut held = core.lend(elements).map_err(|reason| LoanError::new(reason, elements))?;
        held.fill(0, message);
        Ok(core.publish_slot(held, elements, may_wait).map_err(|(reason, _)| reason)?)
    }

    /// The same as [`publish`](Self::publish), and never waits.
    ///
    /// # Errors
    /// As [`publish`](Self::publish); [`Full`](crate::PublishError::Full) where that would wait.
    pub fn try_publish(&mut self, value: &Value) -> Result<u64, PublishError> {
        self.layout.encode_into(value, &mut self.message)?;
        Ok(Self::store(&mut self.core, &self.layout, &self.message, false)?)
    }

    /// The same as [`publish_bytes`](Self::publish_bytes), and never waits.
    ///
    /// # Errors
    /// As [`publish_bytes`](Self::publish_bytes); [`Full`](crate::PublishError::Full) where that would wait.
    pub fn try_publish_bytes(&mut self, message: &[u8]) -> Result<u64, PublishError> {
        self.layout.validate(message)?;
        Ok(Self::store(&mut self.core, &self.layout, message, false)?)
    }

    /// Ends this publisher after all was read; see [`Publisher::close`](crate::Publisher::close).
    ///
    /// # Errors
    /// As there.
    pub fn close(mut self, linger: Duration) -> Result<(), CloseError> {
        self.core.linger(linger)
    }

    /// What its messages look like.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Bytes of memory that large messages have taken so far; see
    /// [`Publisher::pool_memory`](crate::Publisher::pool_memory).
    pub fn pool_memory(&self) -> u64 {
        self.core.pool_memory()
    }

    /// The kind of pages that its memory consists of; see [`Publisher::pages`](crate::Publisher::pages).
    pub fn pages(&self) -> Pages {
        self.core.pages()
    }

    /// The topic's name.
    pub fn topic(&self) -> &TopicName {
        self.core.topic()
    }

    /// This publisher's identity, as [`Sample::publisher`](crate::Sample::publisher) gives it.
    pub fn id(&self) -> EndpointId {
        self.core.id()
    }

    publisher_members!();

    /// Who subscribes now. Reads the registry: some microseconds for each.
    ///
    /// # Errors
    /// When the registry cannot be read.
    pub fn subscribers(&self) -> Result<Vec<PeerName>, RegistryError> {
        self.core.subscribers()
    }

    /// Makes this publisher known again if somebody removed its entry from outside; see
    /// [`Publisher::refresh`](crate::Publisher::refresh).
    ///
    /// # Errors
    /// As [`new`](Self::new): another publisher may be there by now.
    pub fn refresh(&mut self) -> Result<bool, CreateError> {
        self.core.refresh()
    }
}

impl PublisherBuilder {
    publisher_settings!();

    /// Makes the publisher.
    ///
    /// # Errors
    /// As [`Publisher::new`]; also when a setting is out of range, or the topic cannot be had alone.
    pub fn create(self) -> Result<Publisher, CreateError> {
        let topic = self.topic?;
        let core = PublisherCore::create(&topic, self.settings, self.layout.schema(), self.layout.hash())?;
        // There was memory for a ring of these.
        Ok(Publisher { core, message: vec![0; self.layout.size()], layout: self.layout, _use: PhantomData })
    }
}

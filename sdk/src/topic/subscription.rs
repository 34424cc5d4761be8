use super::error::CreateError;
use super::sources::{ReadFailure, Received, Sources};
use crate::registry::{Announcement, Peer, Qos, Registration, Role, TopicDirectory};
use crate::schema::{Schema, SchemaHash};
use crate::{Domain, EndpointId, TopicName};
use std::sync::Arc;

/// The byte-level core of a subscriber.
pub(crate) struct Subscription {
    topic: Arc<TopicDirectory>,
    registration: Option<Registration>,
    sources: Sources<TopicDirectory>,
}

/// What a subscriber is made from.
#[derive(Clone, Debug)]
pub(crate) struct SubscriptionSettings {
    pub(crate) domain: Domain,
    pub(crate) name: String,
    pub(crate) history: u64,
}

impl Subscription {
    pub(crate) fn create(
        topic: &TopicName,
        settings: SubscriptionSettings,
        schema: Arc<Schema>,
        hash: SchemaHash,
        payload: usize,
    ) -> Result<Self, CreateError> {
        let SubscriptionSettings { domain, name, history } = settings;
        let failed = |source| CreateError::Registry { topic: topic.clone(), source };
        let directory = Arc::new(TopicDirectory::enter(&domain, topic).map_err(failed)?);
        let sources = Sources::join(Arc::clone(&directory), Arc::clone(&schema), hash, payload, history)?;
        let id =
            EndpointId::random().map_err(|source| CreateError::Memory { topic: topic.clone(), bytes: 0, source })?;
        let announcement = Announcement {
            role: Role::Subscriber,
            id,
            name,
            schema: Schema::clone(&schema),
            hash,
            qos: Qos { history, ..Qos::default() },
            memory: None,
        };
        let registration = Some(directory.announce(&announcement).map_err(failed)?);
        Ok(Self { topic: directory, registration, sources })
    }

    /// Copies the next message into `out`.
    #[inline]
    pub(crate) fn next(&mut self, payload: usize, out: &mut [u64]) -> Result<Option<Received>, ReadFailure> {
        self.sources.next(payload, out)
    }

    pub(crate) fn topic(&self) -> &TopicName {
        self.topic.name()
    }

    /// Who publishes, as far as is known.
    pub(crate) fn publishers(&mut self) -> Result<Vec<&Peer>, ReadFailure> {
        self.sources.look()?;
        Ok(self.sources.living().collect())
    }

    pub(crate) fn lost(&self) -> u64 {
        self.sources.lost()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(registration) = self.registration.take() {
            self.topic.withdraw(registration);
        }
    }
}

use super::error::CreateError;
use super::sources::{Pace, ReadFailure, Received, Sources, Wanted};
use crate::control::ControlPage;
use crate::registry::{Announcement, Peer, Qos, Registration, Role, TopicDirectory};
use crate::schema::{Schema, SchemaHash};
use crate::{Domain, EndpointId, Placement, TopicName};
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
    pub(crate) latest: bool,
    /// Messages a second.
    pub(crate) rate_limit: Option<f64>,
    pub(crate) placement: Placement,
}

impl SubscriptionSettings {
    pub(crate) fn new() -> Self {
        Self {
            domain: Domain::default(),
            name: String::new(),
            history: 0,
            latest: false,
            rate_limit: None,
            placement: Placement::Auto,
        }
    }
}

impl Subscription {
    pub(crate) fn create(
        topic: &TopicName,
        settings: SubscriptionSettings,
        schema: Arc<Schema>,
        hash: SchemaHash,
        payload: usize,
    ) -> Result<Self, CreateError> {
        let SubscriptionSettings { domain, name, history, latest, rate_limit, placement } = settings;
        let pace =
            Pace::new(latest, rate_limit).map_err(|reason| CreateError::Setting { topic: topic.clone(), reason })?;
        let failed = |source| CreateError::Registry { topic: topic.clone(), source };
        let memory = |source| CreateError::Memory { topic: topic.clone(), bytes: ControlPage::BYTES as u64, source };
        let directory = Arc::new(TopicDirectory::enter(&domain, topic).map_err(failed)?);
        let id = EndpointId::random().map_err(memory)?;
        let control = ControlPage::create(&directory, placement, id, hash).map_err(memory)?;
        let announcement = Announcement {
            role: Role::Subscriber,
            id,
            name,
            schema: Schema::clone(&schema),
            hash,
            qos: Qos { history, latest, ..Qos::default() },
            memory: Some(control.entry().map_err(memory)?),
        };
        let wanted = Wanted { schema, hash, payload, history, pace };
        let sources = Sources::join(Arc::clone(&directory), Some(control), wanted)?;
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

    pub(crate) fn skipped(&self) -> u64 {
        self.sources.skipped()
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

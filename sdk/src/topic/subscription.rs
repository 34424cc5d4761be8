use super::error::CreateError;
use super::sources::{Pace, ReadFailure, Received, Sources, Wanted};
use crate::control::ControlPage;
use crate::registry::{Announcement, Peer, Qos, Registration, RegistryError, Role, TopicDirectory};
use crate::schema::{Schema, SchemaHash};
use crate::sys::fork;
use crate::{Domain, EndpointId, Placement, TopicName};
use std::sync::Arc;

/// The byte-level core of a subscriber.
pub(crate) struct Subscription {
    topic: Arc<TopicDirectory>,
    /// The latest, and those that were removed from outside: peers that opened them see by them that this lives.
    registrations: Vec<Registration>,
    sources: Sources<TopicDirectory>,
    /// To know a child's copy of this.
    epoch: u64,
    domain: Domain,
    announcement: Announcement,
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
        let failed = |reason| CreateError::Registry { topic: topic.clone(), reason };
        let memory = |reason| CreateError::Memory { topic: topic.clone(), bytes: ControlPage::BYTES as u64, reason };
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
        let registrations = vec![directory.announce(&announcement).map_err(failed)?];
        Ok(Self { topic: directory, registrations, sources, epoch: fork::epoch(), domain, announcement })
    }

    /// Copies the next message into `out`.
    #[inline]
    pub(crate) fn next(&mut self, payload: usize, out: &mut [u64]) -> Result<Option<Received>, Box<ReadFailure>> {
        if self.epoch != fork::epoch() {
            return Err(ReadFailure::forked());
        }
        self.sources.next(payload, out)
    }

    /// Makes this subscriber known again if its entry was removed from outside, and finds those who did the same.
    /// Whether it was.
    pub(crate) fn refresh(&mut self) -> Result<bool, CreateError> {
        let name = self.topic.name().clone();
        let failed = |reason| CreateError::Registry { topic: name.clone(), reason };
        let Some(registration) = self.registrations.last().filter(|_| self.epoch == fork::epoch()) else {
            return Ok(false);
        };
        let looking = || RegistryError::io("look at", self.topic.path());
        let entry_removed = registration.was_removed().map_err(looking()).map_err(failed)?;
        let topic_removed = self.topic.was_removed().map_err(looking()).map_err(failed)?;
        if topic_removed {
            let topic = Arc::new(TopicDirectory::enter(&self.domain, &name).map_err(failed)?);
            self.sources.move_to(Arc::clone(&topic));
            self.topic = topic;
        }
        if entry_removed {
            self.registrations.push(self.topic.announce(&self.announcement).map_err(failed)?);
        }
        Ok(topic_removed || entry_removed)
    }

    pub(crate) fn topic(&self) -> &TopicName {
        self.topic.name()
    }

    /// Who publishes, as far as is known.
    pub(crate) fn publishers(&mut self) -> Result<Vec<&Peer>, Box<ReadFailure>> {
        if self.epoch != fork::epoch() {
            return Err(ReadFailure::forked());
        }
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
        if self.epoch != fork::epoch() {
            return; // a child's copy: its parent still subscribes
        }
        if let Some(registration) = self.registrations.pop() {
            self.topic.withdraw(registration);
        }
    }
}

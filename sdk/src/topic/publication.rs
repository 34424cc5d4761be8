use super::agreement::become_publisher;
use super::error::CreateError;
use crate::protocol::ring::{Geometry, LAST_SEQUENCE};
use crate::registry::{Announcement, PeerName, Qos, Registration, RegistryError, Role, TopicDirectory};
use crate::schema::{Schema, SchemaHash};
use crate::segment::Owned;
use crate::sys::process;
use crate::{Domain, EndpointId, Placement, TopicName, points};

/// The byte-level core of a publisher.
pub(crate) struct Publication {
    topic: TopicDirectory,
    registration: Option<Registration>,
    segment: Owned,
    id: EndpointId,
    next: u64,
    timestamps: bool,
}

/// What a publisher is made from.
#[derive(Clone, Debug)]
pub(crate) struct PublicationSettings {
    pub(crate) domain: Domain,
    pub(crate) name: String,
    pub(crate) depth: u64,
    pub(crate) exclusive: bool,
    pub(crate) timestamps: bool,
    pub(crate) placement: Placement,
}

impl Publication {
    pub(crate) fn create(
        topic: &TopicName,
        settings: PublicationSettings,
        schema: &Schema,
        hash: SchemaHash,
    ) -> Result<Self, CreateError> {
        let PublicationSettings { domain, name, depth, exclusive, timestamps, placement } = settings;
        let failed = |source| CreateError::Registry { topic: topic.clone(), source };
        let geometry = Geometry::new(depth, schema.size)
            .map_err(|error| CreateError::Setting { topic: topic.clone(), reason: error.to_string() })?;
        let topic_directory = TopicDirectory::enter(&domain, topic).map_err(failed)?;
        become_publisher(&topic_directory, schema, exclusive)?;
        let memory = |source| CreateError::Memory { topic: topic.clone(), bytes: 8 * geometry.words() as u64, source };
        let id = EndpointId::random().map_err(memory)?;
        let segment = Owned::create(&topic_directory, placement, id, hash, geometry, timestamps).map_err(memory)?;
        process::monotonic_ns(); // the first call looks for the vDSO
        let announcement = Announcement {
            role: Role::Publisher,
            id,
            name,
            schema: schema.clone(),
            hash,
            qos: Qos { depth, exclusive, timestamps, ..Qos::default() },
            memory: Some(segment.entry().map_err(memory)?),
        };
        let registration = Some(topic_directory.announce(&announcement).map_err(failed)?);
        Ok(Self { topic: topic_directory, registration, segment, id, next: 0, timestamps })
    }

    /// Publishes a message and returns its sequence. Nothing once there are no sequences left.
    #[inline]
    pub(crate) fn publish(&mut self, payload: &[u8]) -> Option<u64> {
        let sequence = self.next;
        if sequence > LAST_SEQUENCE {
            return None;
        }
        let time = if self.timestamps { process::monotonic_ns() } else { 0 };
        let writer = self.segment.writer();
        writer.write(sequence, time, payload);
        points::reach("publish.written");
        writer.finish(sequence, payload.len());
        self.next = sequence + 1;
        Some(sequence)
    }

    pub(crate) fn id(&self) -> EndpointId {
        self.id
    }

    pub(crate) fn topic(&self) -> &TopicName {
        self.topic.name()
    }

    /// The subscribers that live.
    pub(crate) fn subscribers(&self) -> Result<Vec<PeerName>, RegistryError> {
        let mut living = Vec::new();
        for name in self.topic.names(Role::Subscriber)? {
            if let Some(Ok(peer)) = self.topic.open(&name)? {
                living.push(peer.name);
            }
        }
        Ok(living)
    }
}

impl Drop for Publication {
    fn drop(&mut self) {
        self.segment.close();
        points::reach("close.marked");
        if let Some(registration) = self.registration.take() {
            self.topic.withdraw(registration);
        }
    }
}

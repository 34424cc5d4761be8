//! A topic that is recorded.

use super::status::TopicStatus;
use crate::channel;
use crate::ros2::Encoding;
use slotcast::dynamic::{Layout, OpenError, Subscriber};
use slotcast::registry::Qos;
use slotcast::{Domain, EndpointId, Key, Observer, TopicName, WaitSet};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// How topics are received.
#[derive(Clone)]
pub(super) struct Receiving {
    pub(super) domain: Domain,
    pub(super) lossless: bool,
}

/// A topic that is recorded, with one layout.
pub(super) struct RecordedTopic {
    pub(super) name: TopicName,
    pub(super) subscriber: Subscriber,
    pub(super) encoding: Arc<Encoding>,
    /// The number of the schema in the file.
    pub(super) schema: u16,
    /// The channel of each publisher.
    pub(super) channels: HashMap<EndpointId, u16>,
    /// The smallest number of messages that a publisher keeps.
    pub(super) depth: u64,
    pub(super) status: TopicStatus,
    /// What was lost by subscribers that this one has replaced, and what was dropped.
    pub(super) lost_otherwise: u64,
    key: Key,
}

/// How many large messages wait at most where their publishers have written them. Further ones are
/// copied, so that publishers always find memory.
const IN_PLACE: u64 = 2;
/// The same where publishers wait for the recorder.
pub(super) const IN_PLACE_LOSSLESS: u64 = 16;

impl Receiving {
    /// Subscribes to a topic.
    pub(super) fn subscribe(&self, name: &TopicName, from_beginning: bool) -> Result<Subscriber, OpenError> {
        let in_place = if self.lossless { IN_PLACE_LOSSLESS } else { IN_PLACE };
        let mut builder = Subscriber::builder(name).domain(&self.domain).name("slotcast record").max_samples(in_place);
        if from_beginning {
            builder = builder.history(u64::MAX);
        }
        if self.lossless {
            builder = builder.lossless();
        }
        builder.create()
    }
}

impl RecordedTopic {
    pub(super) fn new(
        mut subscriber: Subscriber,
        schema: u16,
        encoding: Encoding,
        set: &mut WaitSet,
    ) -> Result<Self, slotcast::WaitError> {
        let key = set.add_subscriber(&mut subscriber)?;
        Ok(Self {
            name: subscriber.topic().clone(),
            subscriber,
            encoding: Arc::new(encoding),
            schema,
            channels: HashMap::new(),
            depth: u64::MAX,
            status: TopicStatus::default(),
            lost_otherwise: 0,
            key,
        })
    }

    /// Continues after an earlier one of the same topic.
    pub(super) fn succeed(&mut self, earlier: &Self, set: &mut WaitSet) {
        self.status = earlier.status;
        self.lost_otherwise = earlier.lost_otherwise + earlier.subscriber.lost();
        let _ = set.remove(earlier.key); // it was in the set
    }

    /// Returns how many messages were lost so far.
    pub(super) fn lost(&self) -> u64 {
        self.subscriber.lost() + self.lost_otherwise
    }

    /// Returns what is written of a publisher.
    pub(super) fn describe(&mut self, publisher: EndpointId, domain: &Domain) -> BTreeMap<String, String> {
        let sources = self.subscriber.sources().unwrap_or_default();
        let name = sources.into_iter().map(|source| source.publisher).find(|name| name.id == publisher);
        let qos = qos(domain, &self.name, publisher);
        self.depth = self.depth.min(qos.as_ref().map_or(u64::MAX, |qos| qos.depth));
        channel::describe(self.subscriber.layout(), publisher, name.as_ref(), qos.as_ref())
    }

    pub(super) fn layout(&self) -> &Layout {
        self.subscriber.layout()
    }
}

/// Returns how a publisher was configured, if it still lives.
pub(crate) fn qos(domain: &Domain, topic: &TopicName, publisher: EndpointId) -> Option<Qos> {
    let endpoints = Observer::new(domain).topic(topic).ok()??.endpoints().ok()?;
    let mut peers = endpoints.into_iter().filter_map(|endpoint| endpoint.peer.ok());
    peers.find(|peer| peer.id == publisher).map(|peer| peer.qos)
}

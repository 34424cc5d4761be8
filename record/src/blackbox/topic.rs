//! A topic that a black box watches.

use super::window::Held;
use crate::channel;
use crate::recorder::topic::qos;
use crate::ros2::Encoding;
use slotcast::dynamic::{OpenError, Sample};
use slotcast::observer::{ObservedTopic, Reader};
use slotcast::{Domain, EndpointId, Membership, RecvError, TopicName};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// From where messages are: a publisher of a topic, with one layout.
pub(super) struct Origin {
    pub(super) topic: TopicName,
    pub(super) publisher: EndpointId,
    pub(super) encoding: Arc<Encoding>,
    /// What a file says of it.
    pub(super) metadata: BTreeMap<String, String>,
}

/// A topic that is watched.
pub(super) struct Watched {
    pub(super) name: TopicName,
    pub(super) membership: Membership,
    /// What its messages are read with, once there is a publisher.
    pub(super) reader: Option<Reader>,
    /// What its messages are read with for their contents alone, if the others stay in the rings.
    scout: Option<Reader>,
    encoding: Option<Arc<Encoding>>,
    origins: HashMap<EndpointId, Arc<Origin>>,
    /// What was lost by readers that were replaced.
    lost_before: u64,
}

impl Watched {
    /// Begins to watch a topic.
    pub(super) fn new(observed: &ObservedTopic) -> Result<Self, slotcast::MembershipError> {
        Ok(Self {
            name: observed.name().clone(),
            membership: observed.membership()?,
            reader: None,
            scout: None,
            encoding: None,
            origins: HashMap::new(),
            lost_before: 0,
        })
    }

    /// Creates the readers that there are not.
    ///
    /// No message is larger than `memory`, or it is not read.
    pub(super) fn open(&mut self, observed: &ObservedTopic, memory: u64, scouts: bool) -> Result<(), OpenError> {
        if scouts && self.scout.is_none() {
            self.scout = match observed.read(0) {
                Err(OpenError::NoPublisher { .. }) => None,
                reader => Some(reader?.max_copy(memory)),
            };
        }
        if self.reader.is_some() {
            return Ok(());
        }
        // All that is in the rings, also when seconds are asked for: it may be of these seconds.
        match observed.read(u64::MAX) {
            Ok(reader) => {
                let reader = reader.max_copy(memory);
                self.encoding = Some(Arc::new(Encoding::of(reader.layout())));
                self.reader = Some(reader);
                Ok(())
            }
            Err(OpenError::NoPublisher { .. }) => Ok(()), // it may be about to come
            Err(error) => Err(error),
        }
    }

    /// Forgets the readers, so that others are created: the topic has another layout.
    pub(super) fn close(&mut self) {
        self.scout = None;
        if let Some(reader) = self.reader.take() {
            self.lost_before += reader.lost();
            self.origins.clear();
        }
    }

    /// Returns how many messages were lost so far.
    pub(super) fn lost(&self) -> u64 {
        self.lost_before + self.reader.as_ref().map_or(0, Reader::lost)
    }

    /// Returns the next message, if there is one.
    pub(super) fn next(&mut self, domain: &Domain) -> Result<Option<Held>, RecvError> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        let Some(sample) = reader.try_recv()? else { return Ok(None) };
        Ok(Some(Held { origin: self.origin(&sample, domain), sample, received_ns: slotcast::now_ns() }))
    }

    /// Returns the next message that is read for its contents alone.
    pub(super) fn scouted(&mut self) -> Result<Option<Sample>, RecvError> {
        self.scout.as_mut().map_or(Ok(None), Reader::try_recv)
    }

    /// Learns which publishers there are, so that their messages can be named after they died.
    pub(super) fn attach(&mut self, domain: &Domain) -> Result<(), RecvError> {
        let Some(reader) = &mut self.reader else { return Ok(()) };
        reader.attach()?;
        for publisher in reader.publishers() {
            self.know(publisher.id, domain);
        }
        Ok(())
    }

    fn origin(&mut self, sample: &Sample, domain: &Domain) -> Arc<Origin> {
        self.know(sample.publisher(), domain)
    }

    fn know(&mut self, publisher: EndpointId, domain: &Domain) -> Arc<Origin> {
        let Self { name, reader, encoding, origins, .. } = self;
        let (Some(reader), Some(encoding)) = (reader, encoding) else { unreachable!("it was just read") };
        let origin = origins.entry(publisher).or_insert_with(|| {
            let sources = reader.sources();
            let peer = sources.into_iter().map(|source| source.publisher).find(|peer| peer.id == publisher);
            let qos = qos(domain, name, publisher);
            let metadata = channel::describe(reader.layout(), publisher, peer.as_ref(), qos.as_ref());
            Arc::new(Origin { topic: name.clone(), publisher, encoding: Arc::clone(encoding), metadata })
        });
        Arc::clone(origin)
    }
}

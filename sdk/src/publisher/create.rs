//! How a publisher is created: its settings are validated, its memory is made, and then it is
//! announced.

use super::backpressure::Backpressure;
use super::builder::PublisherSettings;
use super::core::PublisherCore;
use super::liveness::Liveness;
use super::standby::Standby;
use crate::endpoint::{ALIVE_EVERY, CreateError, Recheck, Retry};
use crate::protocol::ring::Geometry;
use crate::publisher::grants::{Admits, Grants};
use crate::publisher::pool::{History, Pool, PoolSize, Readers};
use crate::registry::{Announcement, EndpointId, Qos, Registration, RegistryError, Role, TopicDirectory, TopicName};
use crate::schema::{Schema, SchemaHash};
use crate::shm::{Content, Extent, Segment, SegmentSpec};
use crate::sys::advice::raise_memlock;
use crate::sys::barrier;
use crate::sys::fork::Origin;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// How many messages of a ring stay readable by default.
const DEPTH: u64 = 64;
/// The same where messages are in a pool.
const DEPTH_OF_POOL: u64 = 8;

/// A publisher to be created: its settings, which are in range, and what follows from them.
struct Plan<'a> {
    topic: &'a TopicName,
    settings: &'a PublisherSettings,
    schema: &'a Schema,
    hash: SchemaHash,
    spec: SegmentSpec,
}

/// The memory of a publisher.
struct Made {
    segment: Arc<Segment>,
    pool: Option<Pool>,
}

/// A publisher that is announced.
type Joined = (EndpointId, Made, (Announcement, Registration));

impl PublisherCore {
    /// Creates a publisher of messages that have this schema.
    pub(crate) fn create(
        topic: &TopicName,
        settings: &PublisherSettings,
        schema: &Schema,
        hash: SchemaHash,
    ) -> Result<Self, CreateError> {
        let plan = Plan::validate(topic, settings, schema, hash)?;
        let (retry, standby) = (Retry::new(), Standby::begin(settings.wait));
        let (directory, id, mut made, (announcement, registration)) = loop {
            let directory = TopicDirectory::enter(&settings.domain, topic).map_err(|reason| plan.registry(reason))?;
            match plan.join(&directory, standby) {
                Ok((id, made, announced)) => break (directory, id, made, announced),
                Err(_) if retry.is_worthwhile(&directory) => {}
                Err(CreateError::Exclusive { .. }) if standby.is_on() => {} // the topic was removed from outside
                Err(error) => return Err(error),
            }
        };
        let origin = Origin::here();
        let offers_barriers = barrier::register();
        let grants = plan.grant(&directory, id, &mut made);
        Ok(Self {
            topic: directory,
            registrations: vec![registration],
            segment: made.segment,
            pool: made.pool,
            max_len: settings.max_len,
            next: 0,
            fast_until: 0,
            recheck_at: 0,
            recheck: Recheck::new(), // which also lets the vDSO be found before the first message
            grants,
            backpressure: settings.lossless.map(|timeout| Backpressure::new(timeout, settings.laggards)),
            liveness: Liveness::default(),
            timestamps: plan.spec.timestamps,
            published_at: 0,
            offers_barriers,
            origin,
            domain: settings.domain.clone(),
            announcement,
        })
    }
}

impl<'a> Plan<'a> {
    /// Checks that all settings are in range.
    fn validate(
        topic: &'a TopicName,
        settings: &'a PublisherSettings,
        schema: &'a Schema,
        hash: SchemaHash,
    ) -> Result<Self, CreateError> {
        let setting = |reason| CreateError::Setting { topic: topic.clone(), reason };
        let content = Content::of(schema);
        let is_pooled = content.is_pooled();
        let depth = settings.depth.unwrap_or(if is_pooled { DEPTH_OF_POOL } else { DEPTH });
        let payload = content.payload(schema) as u64;
        let geometry = Geometry::new(depth, payload).map_err(|error| setting(error.to_string()))?;
        if let Some(history) = settings.history.filter(|&history| history > depth) {
            return Err(setting(format!(
                "`history` is {history} messages, and must be at most `depth`, which is {depth}: raise `depth`, or \
                 lower `history`"
            )));
        }
        let pool = PoolSize { max_memory: settings.max_memory, max_len: settings.max_len };
        let pool = if is_pooled { pool.bytes(&geometry, Extent::of(schema)).map_err(setting)? } else { 0 };
        if let Some(every) = settings.alive_every.filter(|every| !ALIVE_EVERY.contains(every)) {
            let reason = format!("a publisher can promise to be alive every 1 ms to 24 h, not every {every:?}");
            return Err(setting(reason));
        }
        let spec = SegmentSpec {
            geometry,
            timestamps: settings.timestamps.unwrap_or(is_pooled),
            lossless: settings.lossless.is_some(),
            content,
            pool,
            huge: settings.huge_pages,
        };
        Ok(Self { topic, settings, schema, hash, spec })
    }

    /// Makes a publisher of the topic: agrees on the schema, makes the memory, and announces it.
    fn join(&self, directory: &TopicDirectory, standby: Standby) -> Result<Joined, CreateError> {
        standby.become_publisher(directory, self.schema, self.settings.exclusive)?;
        let id = EndpointId::random().map_err(|reason| self.memory(reason))?;
        let mut made = self.make_memory(directory, id)?;
        let announced = self.fill_memory(&mut made).and_then(|()| self.announce(directory, id, &made.segment));
        Ok((id, made, announced.inspect_err(|_| directory.forget_memory(id))?))
    }

    /// Makes the segment, with the pool in it.
    fn make_memory(&self, directory: &TopicDirectory, id: EndpointId) -> Result<Made, CreateError> {
        let segment = Segment::create(directory, self.settings.placement, id, self.hash, self.spec);
        let segment = Arc::new(segment.map_err(|reason| self.memory(reason))?);
        let new_pool = || {
            let (extent, history) = (Extent::of(self.schema), History::of_setting(self.settings.history));
            Pool::new(self.topic.clone(), Arc::clone(&segment), extent, history, Readers::new(id))
        };
        let pool = self.spec.content.is_pooled().then(new_pool);
        Ok(Made { segment, pool })
    }

    /// Brings memory in for the first messages, or all of it, and locks it, where that is asked
    /// for.
    fn fill_memory(&self, made: &mut Made) -> Result<(), CreateError> {
        let PublisherSettings { prefault, lock_memory, .. } = *self.settings;
        if let Some(pool) = made.pool.as_mut() {
            if prefault || lock_memory {
                pool.grow_fully().map_err(|reason| self.memory(reason))?;
            } else {
                pool.grow_for_first(self.settings.max_len);
            }
        }
        if lock_memory {
            made.segment.lock().map_err(|reason| self.setting(self.not_locked(&reason)))?;
        }
        Ok(())
    }

    /// Writes the publisher's entry: from here on subscribers find it.
    fn announce(
        &self,
        directory: &TopicDirectory,
        id: EndpointId,
        segment: &Segment,
    ) -> Result<(Announcement, Registration), CreateError> {
        let alive_every = self.settings.alive_every.unwrap_or(Duration::ZERO);
        let announcement = Announcement {
            role: Role::Publisher,
            id,
            name: self.settings.name.clone(),
            schema: self.schema.clone(),
            hash: self.hash,
            qos: Qos {
                depth: self.spec.geometry.depth(),
                exclusive: self.settings.exclusive,
                timestamps: self.spec.timestamps,
                lossless: self.spec.lossless,
                pages: segment.pages(),
                alive_every_ns: u64::try_from(alive_every.as_nanos()).unwrap_or(u64::MAX),
                ..Qos::default()
            },
            memory: Some(segment.entry().map_err(|reason| self.memory(reason))?),
        };
        let registration = directory.announce(&announcement).map_err(|reason| self.registry(reason))?;
        Ok((announcement, registration))
    }

    /// Gives grants to the subscribers that are present already: they get all from the first
    /// message on. Nothing for a publisher that promises nothing.
    fn grant(&self, directory: &TopicDirectory, id: EndpointId, made: &mut Made) -> Option<Box<Grants>> {
        let admits = Admits { lossless: self.spec.lossless, pins: self.spec.content.is_pooled() };
        let mut grants = admits.anybody().then(|| Box::new(Grants::new(id, self.hash, admits)))?;
        grants.rescan(directory, &made.segment, made.pool.as_mut(), 0);
        Some(grants)
    }

    fn registry(&self, reason: RegistryError) -> CreateError {
        CreateError::Registry { topic: self.topic.clone(), reason }
    }

    fn setting(&self, reason: String) -> CreateError {
        CreateError::Setting { topic: self.topic.clone(), reason }
    }

    fn memory(&self, reason: io::Error) -> CreateError {
        CreateError::Memory { topic: self.topic.clone(), bytes: self.spec.bytes() as u64, reason }
    }

    /// Says that memory cannot be locked, and what to do.
    fn not_locked(&self, reason: &io::Error) -> String {
        let limit = raise_memlock().map_or_else(String::new, |advice| format!("{advice}, or "));
        let setting = if self.spec.pool > 0 { "max_memory" } else { "depth" };
        format!("its memory of {} bytes cannot be locked: {reason}; {limit}lower `{setting}`", self.spec.bytes())
    }
}

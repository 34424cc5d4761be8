use super::agreement::become_publisher;
use super::backpressure::{LagTimeout, LaggardPolicy, Lossless};
use super::large::pool_bytes;
use crate::endpoint::{ALIVE_EVERY, CreateError};
use crate::protocol::ring::{Geometry, LAST_SEQUENCE};
use crate::publisher::grants::{Admits, Grants};
use crate::publisher::pool::{Pool, Readers};
use crate::registry::{
    Announcement, Domain, EndpointId, Memory, PeerName, Placement, Qos, Registration, RegistryError, Role,
    TopicDirectory, TopicName,
};
use crate::schema::{Schema, SchemaHash};
use crate::shm::{Content, Extent, Segment, SegmentSpec};
use crate::sys::fork::Origin;
use crate::sys::memory::most_locked;
use crate::sys::{barrier, process};
use crate::{failpoint, sync};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The byte-level core of a publisher.
pub(crate) struct PublisherCore {
    pub(super) topic: TopicDirectory,
    /// The latest, and those that were removed from outside: peers that opened them see by them that this lives.
    registrations: Vec<Registration>,
    pub(super) segment: Arc<Segment>,
    /// Its slots, if messages are in a pool.
    pub(super) pool: Option<Pool>,
    /// The most elements of a message of variable size.
    pub(super) max_len: u64,
    pub(super) next: u64,
    /// The first sequence that is not stored without further ado: 0 if anything is promised to anybody.
    fast_until: u64,
    /// Those to whom something is promised, by a publisher that promises anything.
    pub(super) grants: Option<Box<Grants>>,
    pub(super) lossless: Option<Lossless>,
    timestamps: bool,
    /// Whether receivers that fall asleep have a barrier executed here. If not, each message has one of its own.
    offers_barriers: bool,
    /// To know a child's copy of this.
    origin: Origin,
    domain: Domain,
    pub(super) announcement: Announcement,
}

/// Why nothing was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotPublished {
    SequencesExhausted,
    Forked,
    Full,
    LagTimeout(Box<LagTimeout>),
}

/// What a publisher is made from.
#[derive(Clone, Debug)]
pub(crate) struct PublisherSettings {
    pub(crate) domain: Domain,
    pub(crate) name: String,
    /// Without one, [`DEPTH`] or [`DEPTH_OF_POOL`].
    pub(crate) depth: Option<u64>,
    pub(crate) exclusive: bool,
    /// Without it, on where messages are in a pool.
    pub(crate) timestamps: Option<bool>,
    pub(crate) placement: Placement,
    /// How long a message waits for subscribers that asked for that.
    pub(crate) lossless: Option<Duration>,
    pub(crate) laggards: LaggardPolicy,
    pub(crate) alive_every: Option<Duration>,
    /// Of the pool, in bytes.
    pub(crate) max_memory: Option<u64>,
    /// The most elements of a message of variable size.
    pub(crate) max_len: u64,
    /// Whether all of its memory is there from the start.
    pub(crate) prefault: bool,
    /// Whether its memory is never swapped out.
    pub(crate) lock_memory: bool,
    /// Whether its pool is to be of huge pages, if there are any.
    pub(crate) huge_pages: bool,
}

/// How many messages of a ring stay readable by default.
const DEPTH: u64 = 64;
/// The same where messages are in a pool.
const DEPTH_OF_POOL: u64 = 8;

impl PublisherSettings {
    pub(crate) fn new() -> Self {
        Self {
            domain: Domain::default(),
            name: String::new(),
            depth: None,
            exclusive: false,
            timestamps: None,
            placement: Placement::Auto,
            lossless: None,
            laggards: LaggardPolicy::default(),
            alive_every: None,
            max_memory: None,
            max_len: u64::MAX,
            prefault: false,
            lock_memory: false,
            huge_pages: false,
        }
    }
}

/// That memory cannot be locked, for people.
fn not_locked(spec: &SegmentSpec, reason: &io::Error) -> String {
    let limit =
        most_locked().map_or_else(String::new, |most| format!("raise `ulimit -l`, now {} KiB, or ", most / 1024));
    let setting = if spec.pool > 0 { "max_memory" } else { "depth" };
    format!("its memory of {} bytes cannot be locked: {reason}; {limit}lower `{setting}`", spec.bytes())
}

impl PublisherCore {
    pub(crate) fn create(
        topic: &TopicName,
        settings: PublisherSettings,
        schema: &Schema,
        hash: SchemaHash,
    ) -> Result<Self, CreateError> {
        let PublisherSettings { domain, name, depth, exclusive, timestamps, placement, .. } = settings;
        let PublisherSettings { lossless, laggards, alive_every, max_memory, max_len, prefault, lock_memory, .. } =
            settings;
        let failed = |reason| CreateError::Registry { topic: topic.clone(), reason };
        let setting = |reason: String| CreateError::Setting { topic: topic.clone(), reason };
        let content = Content::of(schema);
        let is_pooled = content.is_pooled();
        let depth = depth.unwrap_or(if is_pooled { DEPTH_OF_POOL } else { DEPTH });
        let timestamps = timestamps.unwrap_or(is_pooled);
        let payload = content.payload(schema) as u64;
        let geometry = Geometry::new(depth, payload).map_err(|error| setting(error.to_string()))?;
        let pool = if is_pooled { pool_bytes((max_memory, max_len), &geometry, schema).map_err(setting)? } else { 0 };
        let spec = SegmentSpec {
            geometry,
            timestamps,
            lossless: lossless.is_some(),
            content,
            pool,
            huge: settings.huge_pages,
        };
        if let Some(every) = alive_every.filter(|every| !ALIVE_EVERY.contains(every)) {
            let reason = format!("a publisher can promise to be alive every 1 ms to 24 h, not every {every:?}");
            return Err(setting(reason));
        }
        let topic_directory = TopicDirectory::enter(&domain, topic).map_err(failed)?;
        become_publisher(&topic_directory, schema, exclusive)?;
        let memory = |reason| CreateError::Memory { topic: topic.clone(), bytes: spec.bytes() as u64, reason };
        let id = EndpointId::random().map_err(memory)?;
        let segment = Arc::new(Segment::create(&topic_directory, placement, id, hash, spec).map_err(memory)?);
        let new_pool = || Pool::new(Arc::clone(&segment), Extent::of(schema), geometry.cells(), Readers::new(id));
        let mut pool = is_pooled.then(new_pool);
        let forget = || topic_directory.forget_memory(id);
        if let Some(pool) = pool.as_mut().filter(|_| prefault || lock_memory) {
            pool.grow_fully().map_err(memory).inspect_err(|_| forget())?;
        }
        if lock_memory {
            segment.lock().map_err(|reason| setting(not_locked(&spec, &reason))).inspect_err(|_| forget())?;
        }
        process::monotonic_ns(); // the first call looks for the vDSO
        let announcement = Announcement {
            role: Role::Publisher,
            id,
            name,
            schema: schema.clone(),
            hash,
            qos: Qos {
                depth,
                exclusive,
                timestamps,
                lossless: lossless.is_some(),
                pages: segment.pages(),
                alive_every_ns: alive_every.map_or(0, |every| u64::try_from(every.as_nanos()).unwrap_or(u64::MAX)),
                ..Qos::default()
            },
            memory: Some(segment.entry().map_err(memory)?),
        };
        let registrations = vec![
            topic_directory
                .announce(&announcement)
                .inspect_err(|_| topic_directory.forget_memory(id))
                .map_err(failed)?,
        ];
        let origin = Origin::here();
        let offers_barriers = barrier::offer();
        let admits = Admits { lossless: lossless.is_some(), pins: is_pooled };
        let mut grants = admits.anybody().then(|| Box::new(Grants::new(id, hash, admits)));
        if let Some(grants) = &mut grants {
            // Who is there already is promised all from the first message on.
            grants.look(&topic_directory, &segment, pool.as_mut(), 0);
        }
        Ok(Self {
            topic: topic_directory,
            registrations,
            segment,
            pool,
            max_len,
            next: 0,
            fast_until: if grants.is_some() { 0 } else { LAST_SEQUENCE + 1 },
            grants,
            lossless: lossless.map(|timeout| Lossless::new(timeout, laggards)),
            timestamps,
            offers_barriers,
            origin,
            domain,
            announcement,
        })
    }

    /// Publishes a message and returns its sequence.
    #[inline(always)]
    pub(crate) fn publish(&mut self, payload: &[u8]) -> Result<u64, NotPublished> {
        debug_assert!(self.pool.is_none());
        self.store(payload, true)
    }

    /// The same; never waits.
    #[inline(always)]
    pub(crate) fn try_publish(&mut self, payload: &[u8]) -> Result<u64, NotPublished> {
        debug_assert!(self.pool.is_none());
        self.store(payload, false)
    }

    /// Publishes what a cell of the ring holds. Always inlined: mostly its size is known when compiling.
    #[inline(always)]
    pub(super) fn store(&mut self, payload: &[u8], may_wait: bool) -> Result<u64, NotPublished> {
        let sequence = self.next;
        if self.is_forked_copy() {
            return Err(NotPublished::Forked);
        }
        if sequence >= self.fast_until {
            self.ask(may_wait)?;
        }
        let time = if self.timestamps { process::monotonic_ns() } else { 0 };
        let writer = self.segment.writer();
        writer.write(sequence, time, payload);
        failpoint::hit("publish.written");
        writer.finish(sequence, payload.len());
        self.next = sequence + 1;
        let offers_barriers = self.offers_barriers;
        self.topic.ring(|| if offers_barriers { sync::compiler_order() } else { sync::total_order() });
        Ok(sequence)
    }

    /// Whether the next message can be stored, for a publisher that cannot simply do so.
    #[inline]
    fn ask(&mut self, may_wait: bool) -> Result<(), NotPublished> {
        let sequence = self.next;
        if sequence > LAST_SEQUENCE {
            return Err(NotPublished::SequencesExhausted);
        }
        let Some(grants) = &self.grants else { return Ok(()) };
        if !grants.is_stale(&self.topic)
            && self.lossless.as_ref().is_none_or(|lossless| lossless.has_capacity(sequence))
        {
            return Ok(());
        }
        self.make_capacity(may_wait)
    }

    /// Makes this publisher known again if its entry was removed from outside. Whether it was.
    pub(crate) fn refresh(&mut self) -> Result<bool, CreateError> {
        let name = self.topic.name().clone();
        let failed = |reason| CreateError::Registry { topic: name.clone(), reason };
        let Some(registration) = self.registrations.last().filter(|_| self.origin.is_here()) else {
            return Ok(false);
        };
        let removed = self.topic.removed(registration).map_err(failed)?;
        if removed.entry && self.announcement.memory.is_some_and(|memory| matches!(memory.place, Memory::File { .. })) {
            let reason = "its memory file was removed by somebody: make a new publisher".into();
            return Err(CreateError::Setting { topic: name, reason });
        }
        if removed.topic {
            let topic = TopicDirectory::enter(&self.domain, &name).map_err(failed)?;
            become_publisher(&topic, &self.announcement.schema, self.announcement.qos.exclusive)?;
            if let Some(grants) = &mut self.grants {
                grants.move_to(&topic);
            }
            self.topic = topic;
        }
        if removed.entry {
            self.announcement.qos.first_sequence = self.next; // it is new to who finds it there
            self.registrations.push(self.topic.announce(&self.announcement).map_err(failed)?);
        }
        Ok(removed.topic || removed.entry)
    }

    /// Says that this is at work, though nothing is published. One store; in a forked child it changes nothing.
    #[inline]
    pub(crate) fn assert_alive(&mut self) {
        if !self.is_forked_copy() {
            self.segment.beat();
        }
    }

    /// Whether this is a forked child's copy.
    #[inline]
    pub(crate) fn is_forked_copy(&self) -> bool {
        !self.origin.is_here()
    }

    pub(crate) fn id(&self) -> EndpointId {
        self.announcement.id
    }

    pub(crate) fn domain(&self) -> &Domain {
        &self.domain
    }

    /// What is made known about this.
    pub(crate) fn announcement(&self) -> &Announcement {
        &self.announcement
    }

    pub(crate) fn topic(&self) -> &TopicName {
        self.topic.name()
    }

    /// The subscribers that live.
    pub(crate) fn subscribers(&self) -> Result<Vec<PeerName>, RegistryError> {
        let mut living = Vec::new();
        for name in self.topic.names(Role::Subscriber)? {
            if let Some(peer) = self.topic.open(&name)?.live() {
                living.push(peer.name);
            }
        }
        Ok(living)
    }
}

impl Drop for PublisherCore {
    fn drop(&mut self) {
        if self.is_forked_copy() {
            return; // a child's copy: its parent still publishes
        }
        self.segment.close();
        failpoint::hit("close.marked");
        self.topic.leave_publishers();
        while let Some(registration) = self.registrations.pop() {
            self.topic.withdraw(registration);
        }
    }
}

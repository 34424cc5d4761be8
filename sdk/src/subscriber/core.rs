use super::blocking::Wait;
use super::failure::ReadFailure;
use super::fetch::{Fetcher, MAX_COPY};
use super::lossless::LosslessRequest;
use super::pins::{Board, Pins};
use super::rate::RateFilter;
use super::readiness::Notified;
use super::sources::{Sources, Wanted};
use super::status::SourceStatus;
use crate::endpoint::CreateError;
use crate::protocol::grant;
use crate::record::{RawSample, Received};
use crate::registry::{
    Announcement, Domain, EndpointId, Peer, PeerName, Placement, Qos, Registration, Role, TopicDirectory, TopicName,
};
use crate::schema::{Schema, SchemaHash};
use crate::shm::{Content, ControlPage, Extent, MAX_PINS};
use crate::sys::fork::Origin;
use crate::sys::{barrier, process};
use crate::wait::Closer;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The byte-level core of a subscriber.
pub(crate) struct SubscriberCore {
    pub(super) topic: Arc<TopicDirectory>,
    /// The latest, and those that were removed from outside: peers that opened them see by them that this lives.
    registrations: Vec<Registration>,
    /// What keeps pins, if messages are held in place.
    board: Option<Arc<Board>>,
    pub(super) sources: Sources<TopicDirectory>,
    pub(super) wait: Wait,
    /// How it is waited for by a descriptor, if it is.
    pub(super) notified: Option<Box<Notified>>,
    pub(super) closer: Closer,
    /// When it was last looked whether the topic was removed from outside.
    looked_at: Instant,
    /// To know a child's copy of this.
    origin: Origin,
    domain: Domain,
    announcement: Announcement,
}

/// What a subscriber is made from.
#[derive(Clone, Debug)]
pub(crate) struct SubscriberSettings {
    pub(crate) domain: Domain,
    pub(crate) name: String,
    pub(crate) history: u64,
    pub(crate) latest: bool,
    /// Messages a second.
    pub(crate) rate_limit: Option<f64>,
    pub(crate) lossless: bool,
    pub(crate) placement: Placement,
    pub(crate) wait: Wait,
    /// How many messages of pools are held in place at once.
    pub(crate) max_samples: u64,
    /// The largest message of a pool that is copied, in bytes.
    pub(crate) max_copy: u64,
}

/// After so long what this process stored is seen by all, and it sees what others had stored, though they execute no barriers:
/// processors keep stores to themselves for microseconds at most.
const UNTIL_SEEN: Duration = Duration::from_millis(1);

/// How many messages of pools are held in place at once by default.
const MAX_SAMPLES: u64 = 8;

impl SubscriberSettings {
    pub(crate) fn new() -> Self {
        Self {
            domain: Domain::default(),
            name: String::new(),
            history: 0,
            latest: false,
            rate_limit: None,
            lossless: false,
            placement: Placement::Auto,
            wait: Wait::default(),
            max_samples: MAX_SAMPLES,
            max_copy: MAX_COPY,
        }
    }
}

impl SubscriberCore {
    pub(crate) fn create(
        topic: &TopicName,
        settings: SubscriberSettings,
        schema: Arc<Schema>,
        hash: SchemaHash,
        any_bytes_valid: bool,
    ) -> Result<Self, CreateError> {
        let SubscriberSettings {
            domain,
            name,
            history,
            latest,
            rate_limit,
            lossless,
            placement,
            wait,
            max_samples,
            max_copy,
        } = settings;
        let refused = |reason| CreateError::Setting { topic: topic.clone(), reason };
        let rate = RateFilter::new(latest, rate_limit).map_err(refused)?;
        if lossless && rate.latest {
            return Err(refused(
                "lossless delivery of only the newest messages cannot be: leave out `lossless`, or `latest` and \
                 `rate_limit`"
                    .into(),
            ));
        }
        let Some(max_samples) = usize::try_from(max_samples).ok().filter(|&samples| samples <= MAX_PINS) else {
            return Err(refused(format!("`max_samples` is {max_samples}, and must be between 0 and {MAX_PINS}")));
        };
        let is_pooled = Content::of(&schema).is_pooled();
        // What has to be checked before it is looked at is copied. A type can have fewer values than its schema says.
        let in_place = is_pooled && any_bytes_valid && schema.every_bit_pattern_valid();
        let pins = if in_place { max_samples } else { 0 };
        let failed = |reason| CreateError::Registry { topic: topic.clone(), reason };
        let memory = |reason| CreateError::Memory { topic: topic.clone(), bytes: ControlPage::BYTES as u64, reason };
        let directory = Arc::new(TopicDirectory::enter(&domain, topic).map_err(failed)?);
        let id = EndpointId::random().map_err(memory)?;
        let control = Arc::new(ControlPage::create(&directory, placement, id, hash, pins).map_err(memory)?);
        let announcement = Announcement {
            role: Role::Subscriber,
            id,
            name,
            schema: Schema::clone(&schema),
            hash,
            qos: Qos { history, latest, lossless, max_samples: pins as u64, ..Qos::default() },
            memory: Some(control.entry().map_err(memory)?),
        };
        let request = lossless.then(|| LosslessRequest { id, offers_barriers: barrier::offer() });
        let pins = (pins > 0).then(|| Pins::new(&control, id));
        let board = pins.as_ref().map(|pins| Arc::clone(pins.board()));
        let reading = is_pooled.then(|| Fetcher::new(Extent::of(&schema), pins, max_copy));
        let wanted = Wanted { schema, hash, reading, history, rate, request };
        let join = || Sources::join(Arc::clone(&directory), Some(control), wanted);
        let announce = || directory.announce(&announcement).map_err(failed);
        let made = if lossless {
            // Known first: where it starts then is covered by what publishers grant. See `protocol::grant`.
            let barrier = || {
                if !barrier::everywhere() {
                    process::sleep(UNTIL_SEEN);
                }
            };
            announce().and_then(|registration| match grant::join(barrier, join) {
                Ok(sources) => Ok((sources, registration)),
                Err(error) => {
                    directory.withdraw(registration);
                    Err(error)
                }
            })
        } else {
            join().and_then(|sources| Ok((sources, announce()?)))
        };
        let (sources, registration) = made.inspect_err(|_| directory.forget_memory(id))?;
        Ok(Self {
            closer: Closer::new(&directory),
            topic: directory,
            registrations: vec![registration],
            board,
            sources,
            wait,
            notified: None,
            looked_at: Instant::now(),
            origin: Origin::here(),
            domain,
            announcement,
        })
    }

    /// Copies the next message into `out`. If there is none the descriptor, if there is one, is silent.
    #[inline(always)]
    pub(crate) fn next(
        &mut self,
        payload: usize,
        out: &mut [u64],
        received: &mut Received,
    ) -> Result<bool, Box<ReadFailure>> {
        let is_there = self.look(payload, out, received)?;
        if !is_there && self.notified.is_some() { self.rest(payload, out, received) } else { Ok(is_there) }
    }

    /// Copies the next message into `out`, and what is known of it into `received`. Whether there was one.
    #[inline(always)]
    pub(super) fn look(
        &mut self,
        payload: usize,
        out: &mut [u64],
        received: &mut Received,
    ) -> Result<bool, Box<ReadFailure>> {
        if self.is_forked_copy() {
            return Err(ReadFailure::forked());
        }
        self.sources.next(payload, out, received)
    }

    /// The message that was delivered last, if messages are in pools.
    #[inline]
    pub(crate) fn take_fetched(&mut self, received: Received) -> Result<RawSample, Box<ReadFailure>> {
        self.sources.take_fetched(received)
    }

    /// Makes this subscriber known again if its entry was removed from outside, and finds those who did the same.
    /// Whether it was.
    pub(crate) fn refresh(&mut self) -> Result<bool, CreateError> {
        let name = self.topic.name().clone();
        let failed = |reason| CreateError::Registry { topic: name.clone(), reason };
        let Some(registration) = self.registrations.last().filter(|_| !self.is_forked_copy()) else {
            return Ok(false);
        };
        let removed = self.topic.removed(registration).map_err(failed)?;
        if removed.topic {
            let topic = Arc::new(TopicDirectory::enter(&self.domain, &name).map_err(failed)?);
            self.sources.move_to(Arc::clone(&topic));
            self.closer.move_to(&topic);
            self.topic = topic;
        }
        if removed.entry {
            self.registrations.push(self.topic.announce(&self.announcement).map_err(failed)?);
        }
        // Whatever was removed: what failed the last time is done now.
        self.rebind_wake_socket(removed.topic).map_err(failed)?;
        Ok(removed.topic || removed.entry)
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

    /// Does what [`refresh`](Self::refresh) does if it was not done for so long. Nothing has come meanwhile, perhaps because
    /// the topic was removed from outside; if it cannot be made anew now, the next time tries again. Whether it was.
    pub(super) fn refresh_sometimes(&mut self, pause: Duration) -> bool {
        if self.looked_at.elapsed() < pause {
            return false;
        }
        self.looked_at = Instant::now();
        self.refresh().unwrap_or(true)
    }

    /// Ends waits from elsewhere.
    pub(crate) fn closer(&self) -> Closer {
        self.closer.clone()
    }

    /// Fails if waits were ended from elsewhere.
    pub(crate) fn check_open(&self) -> Result<(), Box<ReadFailure>> {
        if self.closer.is_closed() { Err(Box::new(ReadFailure::Closed)) } else { Ok(()) }
    }

    /// Whether this is a forked child's copy.
    #[inline]
    pub(crate) fn is_forked_copy(&self) -> bool {
        !self.origin.is_here()
    }

    pub(super) fn id(&self) -> EndpointId {
        self.announcement.id
    }

    /// A message that was taken is not delivered after all; whose it was.
    pub(crate) fn not_delivered(&mut self, received: &Received) -> Option<PeerName> {
        self.sources.not_delivered(received)
    }

    /// Who publishes, as far as is known.
    pub(crate) fn publishers(&mut self) -> Result<Vec<&Peer>, Box<ReadFailure>> {
        if self.is_forked_copy() {
            return Err(ReadFailure::forked());
        }
        self.sources.rescan()?;
        Ok(self.sources.living().collect())
    }

    /// How it stands with each publisher that is read.
    pub(crate) fn sources(&self) -> Result<Vec<SourceStatus>, Box<ReadFailure>> {
        if self.is_forked_copy() {
            return Err(ReadFailure::forked());
        }
        Ok(self.sources.statuses())
    }

    /// Whether publishers have come, and all of them are gone: then nothing follows what is there now.
    pub(crate) fn are_over(&mut self) -> Result<bool, Box<ReadFailure>> {
        if self.is_forked_copy() {
            return Err(ReadFailure::forked());
        }
        self.sources.rescan()?;
        Ok(self.sources.are_over())
    }

    pub(crate) fn skipped(&self) -> u64 {
        self.sources.skipped()
    }

    pub(crate) fn lost(&self) -> u64 {
        self.sources.lost()
    }
}

impl Drop for SubscriberCore {
    fn drop(&mut self) {
        if self.is_forked_copy() {
            return; // a child's copy: its parent still subscribes
        }
        match &self.board {
            // Samples are held: they keep the board, and the board keeps this subscriber alive in the eyes of publishers,
            // so that they honour its pins.
            Some(board) if board.is_needed() => {
                for registration in &self.registrations {
                    self.topic.hide(registration);
                }
                board.keep(std::mem::take(&mut self.registrations));
            }
            _ => {
                while let Some(registration) = self.registrations.pop() {
                    self.topic.withdraw(registration);
                }
            }
        }
        self.fall_silent();
    }
}

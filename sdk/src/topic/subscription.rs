use super::claim::Asking;
use super::error::CreateError;
use super::sources::{Pace, ReadFailure, Received, Sources, Wanted};
use crate::buffers::Held;
use crate::control::ControlPage;
use crate::pool::{Board, Extent, MAX_PINS, Pins, Reading};
use crate::protocol::grant;
use crate::registry::{Announcement, Peer, PeerName, Qos, Registration, Role, TopicDirectory};
use crate::schema::{Schema, SchemaHash};
use crate::segment::Content;
use crate::sys::{barrier, fork, process};
use crate::{Domain, EndpointId, Placement, TopicName};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The byte-level core of a subscriber.
pub(crate) struct Subscription {
    topic: Arc<TopicDirectory>,
    /// The latest, and those that were removed from outside: peers that opened them see by them that this lives.
    registrations: Vec<Registration>,
    /// What keeps pins, if messages are held in place.
    board: Option<Arc<Board>>,
    sources: Sources<TopicDirectory>,
    wait: Wait,
    /// When it was last looked whether the topic was removed from outside.
    looked_at: Instant,
    /// To know a child's copy of this.
    epoch: u64,
    domain: Domain,
    announcement: Announcement,
}

/// How a receiver waits for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wait {
    /// Look again and again: the shortest latency, and one processor in full use.
    Spin,
    /// Look again and again for so long, then sleep. The default, with 20 µs: about what it costs to be woken.
    Hybrid(Duration),
    /// Sleep at once: the least use of the processor. Each message that is waited for costs some system calls.
    Sleep,
}

impl Default for Wait {
    fn default() -> Self {
        Self::Hybrid(Duration::from_micros(20))
    }
}

/// How often a waiting receiver looks for a message before it looks at the clock.
const LOOKS: u32 = 50;
/// How long a receiver sleeps at most before it looks by itself: what a hint that is wrong can cost, and how soon it
/// notices that its topic was removed from outside.
const SLICE: Duration = Duration::from_millis(100);
/// The same where a wake-up can be missed: the kernel does not execute barriers for others, or a publisher rings the bell
/// of a directory that was removed.
const SLICE_WITHOUT_BELL: Duration = Duration::from_millis(1);

/// What a subscriber is made from.
#[derive(Clone, Debug)]
pub(crate) struct SubscriptionSettings {
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
}

/// How many messages of pools are held in place at once by default.
const MAX_SAMPLES: u64 = 8;

impl SubscriptionSettings {
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
        }
    }
}

impl Subscription {
    pub(crate) fn create(
        topic: &TopicName,
        settings: SubscriptionSettings,
        schema: Arc<Schema>,
        hash: SchemaHash,
    ) -> Result<Self, CreateError> {
        let SubscriptionSettings { domain, name, history, latest, rate_limit, lossless, placement, wait, max_samples } =
            settings;
        let refused = |reason| CreateError::Setting { topic: topic.clone(), reason };
        let pace = Pace::new(latest, rate_limit).map_err(refused)?;
        if lossless && pace.latest {
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
        // What has to be checked before it is looked at is copied.
        let pins = if is_pooled && schema.every_bit_pattern_valid() { max_samples } else { 0 };
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
        let asking = lossless.then(|| Asking { id, offers_barriers: barrier::offer() });
        let pins = (pins > 0).then(|| Pins::new(&control, id));
        let board = pins.as_ref().map(|pins| Arc::clone(pins.board()));
        let reading = is_pooled.then(|| Reading::new(Extent::of(&schema), pins));
        let wanted = Wanted { schema, hash, reading, history, pace, asking };
        let join = || Sources::join(Arc::clone(&directory), Some(control), wanted);
        let announce = || directory.announce(&announcement).map_err(failed);
        let made = if lossless {
            // Known first: where it starts then is covered by what publishers grant. See `protocol::grant`.
            let barrier = || {
                barrier::everywhere();
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
            topic: directory,
            registrations: vec![registration],
            board,
            sources,
            wait,
            looked_at: Instant::now(),
            epoch: fork::epoch(),
            domain,
            announcement,
        })
    }

    /// Copies the next message into `out`.
    #[inline]
    pub(crate) fn next(&mut self, payload: usize, out: &mut [u64]) -> Result<Option<Received>, Box<ReadFailure>> {
        if self.epoch != fork::epoch() {
            return Err(ReadFailure::forked());
        }
        self.sources.next(payload, out)
    }

    /// The message that was delivered last, if messages are in pools.
    #[inline]
    pub(crate) fn take_fetched(&mut self) -> Option<Held> {
        self.sources.take_fetched()
    }

    /// Makes this subscriber known again if its entry was removed from outside, and finds those who did the same.
    /// Whether it was.
    pub(crate) fn refresh(&mut self) -> Result<bool, CreateError> {
        let name = self.topic.name().clone();
        let failed = |reason| CreateError::Registry { topic: name.clone(), reason };
        let Some(registration) = self.registrations.last().filter(|_| self.epoch == fork::epoch()) else {
            return Ok(false);
        };
        let removed = self.topic.removed(registration).map_err(failed)?;
        if removed.topic {
            let topic = Arc::new(TopicDirectory::enter(&self.domain, &name).map_err(failed)?);
            self.sources.move_to(Arc::clone(&topic));
            self.topic = topic;
        }
        if removed.entry {
            self.registrations.push(self.topic.announce(&self.announcement).map_err(failed)?);
        }
        Ok(removed.topic || removed.entry)
    }

    pub(crate) fn topic(&self) -> &TopicName {
        self.topic.name()
    }

    /// Copies the next message into `out`, and waits for one until the deadline if there is none: nothing then.
    pub(crate) fn next_before(
        &mut self,
        payload: usize,
        out: &mut [u64],
        deadline: Option<Instant>,
    ) -> Result<Option<Received>, Box<ReadFailure>> {
        let next = self.next(payload, out)?;
        if next.is_some() {
            return Ok(next);
        }
        let start = Instant::now();
        let is_over = |now: Instant| deadline.is_some_and(|deadline| now >= deadline);
        let spin = match self.wait {
            Wait::Spin => Duration::MAX,
            Wait::Hybrid(time) => time,
            Wait::Sleep => Duration::ZERO,
        };
        while start.elapsed() < spin {
            // Many looks for one at the clock, which takes longer.
            for _ in 0..LOOKS {
                let next = self.next(payload, out)?;
                if next.is_some() {
                    return Ok(next);
                }
                std::hint::spin_loop();
            }
            if is_over(Instant::now()) {
                return Ok(None);
            }
        }
        loop {
            let mut slice = if self.sources.is_split() { SLICE_WITHOUT_BELL } else { SLICE };
            let idle = self.sources.idle_for();
            let mut value = 0;
            if idle.is_none() {
                value = self.topic.doorbell().await_ring(|| {
                    if !barrier::everywhere() {
                        slice = SLICE_WITHOUT_BELL;
                    }
                });
                let next = self.next(payload, out)?;
                if next.is_some() {
                    return Ok(next);
                }
            }
            let now = Instant::now();
            if is_over(now) {
                return Ok(None);
            }
            let left = deadline.map_or(Duration::MAX, |deadline| deadline.duration_since(now));
            match idle {
                // Nothing that comes may be delivered: nobody need be made to ring.
                Some(idle) => process::sleep(idle.min(left).min(slice)),
                None => {
                    let due = self.sources.due_in().unwrap_or(Duration::MAX);
                    // Whatever it returns, what is there is looked at next.
                    let slept = self.topic.sleep(value, due.min(left).min(slice));
                    debug_assert!(slept.is_ok());
                }
            }
            // Before it is said again that somebody sleeps, which costs more.
            let next = self.next(payload, out)?;
            if next.is_some() {
                return Ok(next);
            }
            if self.looked_at.elapsed() >= SLICE {
                self.looked_at = Instant::now();
                // Nothing has come for long: perhaps because the topic was removed from outside. If it cannot be made
                // anew now, the next slice tries again.
                let _ = self.refresh();
            }
        }
    }

    /// A message that was taken is not delivered after all; whose it was.
    pub(crate) fn not_delivered(&mut self, received: &Received) -> Option<PeerName> {
        self.sources.not_delivered(received)
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
        self.sources.close();
        let Some(registration) = self.registrations.pop() else { return };
        match &self.board {
            // Samples are held: they keep the board, and the board keeps this subscriber alive in the eyes of publishers,
            // so that they honour its pins.
            Some(board) if board.is_needed() => {
                self.topic.hide(&registration);
                self.registrations.push(registration);
                board.keep(std::mem::take(&mut self.registrations));
            }
            _ => self.topic.withdraw(registration),
        }
    }
}

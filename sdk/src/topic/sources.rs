use super::attached::{Attached, Plainly, Start};
use super::claim::{Asking, Claim, NotLossless};
use super::error::{AttachError, CreateError, Mismatch};
use crate::buffers::{Held, Received};
use crate::control::{ControlPage, Line};
use crate::pool::{Descriptor, Reading};
use crate::protocol::cursor::Step;
use crate::registry::{Peer, PeerName, Place, RegistryError, Role};
use crate::schema::{Schema, SchemaHash};
use crate::segment::{Content, MAX_POOL};
use crate::sys::process;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// How long until a publisher is tried again that could not be attached because this process was short of something.
const RETRY_NS: u64 = 100_000_000;

/// When to look again for a message that was due and not there.
const NOT_AT_ONCE: Duration = Duration::from_millis(1);

/// How long a publisher that cannot be opened may be dying before its error is told: the kernel closes the descriptors
/// of a process that ends before it frees its locks, and somebody may look in between.
const DYING_NS: u64 = 250_000_000;

/// The publishers that one subscriber or observer reads from: found, attached, read in turn, and let go.
pub(crate) struct Sources<P> {
    topic: Arc<P>,
    /// Where it says how far it is: an observer does not.
    control: Option<Arc<ControlPage>>,
    schema: Arc<Schema>,
    hash: SchemaHash,
    content: Content,
    payload: usize,
    /// What gets at messages that are in pools.
    pub(super) reading: Option<Reading>,
    pace: Pace,
    pub(super) attached: Vec<Attached>,
    /// Where the next look for a message begins, so that all are read fairly.
    turn: usize,
    /// The same for messages that are shown while they are written.
    pub(super) shown_turn: usize,
    /// The join counter of the last complete scan.
    joins: u64,
    /// Whether there is something to tell or to try again.
    attention: bool,
    /// When to scan again though nobody came, in nanoseconds of `CLOCK_MONOTONIC`.
    retry_at: Option<u64>,
    /// Entries that are done with, by name: no entry is opened twice, but for those that are tried again.
    seen: HashSet<String>,
    /// Entries that are tried again, by name, of which that was told.
    put_off: HashSet<String>,
    /// Entries of publishers that are perhaps dying, by name, and since when.
    doubtful: HashMap<String, u64>,
    /// Why the registry could not be read, to be told.
    failure: Option<RegistryError>,
    /// Whether the last scan failed: that is told once.
    failed: bool,
    /// What went wrong with publishers found since the subscriber was made, to be told once each.
    refused: VecDeque<Refused>,
    /// Whether it asks its publishers for lossless delivery.
    asking: Option<Asking>,
    /// Entries of publishers that cannot be read and would wait for it, by name, and the lines that say that they are not to.
    refusals: Vec<(String, Line)>,
    /// Publishers that do not give it, to be told once each.
    lossy: VecDeque<(PeerName, NotLossless)>,
    /// Messages lost and skipped of publishers that are gone.
    gone: Counts,
}

/// Which messages a subscriber wants of those that are there.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    /// Only the newest.
    pub(crate) latest: bool,
    /// The least time between two of one publisher, in nanoseconds. Zero: any.
    pub(crate) interval_ns: u64,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    /// Delivered, lost or skipped.
    taken: u64,
    lost: u64,
    skipped: u64,
}

/// A publisher that cannot be read from.
#[derive(Debug)]
pub(crate) enum Refused {
    Mismatch(Box<Mismatch>),
    Attach(Box<AttachError>),
}

impl From<Refused> for CreateError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Mismatch(mismatch) => mismatch.into(),
            Refused::Attach(error) => error.into(),
        }
    }
}

/// What reading can fail with. It is passed in a box, so that what is read can be passed in registers.
#[derive(Debug)]
pub(crate) enum ReadFailure {
    Refused(Refused),
    Corrupt {
        publisher: PeerName,
        sequence: u64,
        stamp: u64,
    },
    Wrong {
        publisher: PeerName,
        sequence: u64,
        descriptor: Descriptor,
    },
    /// The same of a message that is shown while it is written.
    WronglyShown {
        publisher: PeerName,
        descriptor: Descriptor,
    },
    NotLossless {
        publisher: PeerName,
        reason: NotLossless,
    },
    Registry(RegistryError),
    Forked,
    /// Waits were ended from elsewhere.
    Closed,
}

impl From<RegistryError> for Box<ReadFailure> {
    fn from(error: RegistryError) -> Self {
        Self::new(ReadFailure::Registry(error))
    }
}

/// What a subscriber looks for.
pub(crate) struct Wanted {
    pub(crate) schema: Arc<Schema>,
    pub(crate) hash: SchemaHash,
    /// What gets at messages that are in pools, if they are.
    pub(crate) reading: Option<Reading>,
    /// How many earlier messages of the publishers that are there.
    pub(crate) history: u64,
    pub(crate) pace: Pace,
    /// Whether lossless delivery is asked for.
    pub(crate) asking: Option<Asking>,
}

impl ReadFailure {
    #[cold]
    pub(super) fn forked() -> Box<Self> {
        Box::new(Self::Forked)
    }
}

impl<P: Place> Sources<P> {
    /// Finds and attaches the publishers that are there.
    pub(crate) fn join(topic: Arc<P>, control: Option<Arc<ControlPage>>, wanted: Wanted) -> Result<Self, CreateError> {
        let Wanted { schema, hash, reading, history, pace, asking } = wanted;
        let content = Content::of(&schema);
        // A layout that is not of a type but of a publisher's entry can claim any size.
        if content == Content::Pooled && schema.size > MAX_POOL {
            let reason = format!("a message in a pool has between 1 and {MAX_POOL} bytes, not {}", schema.size);
            return Err(CreateError::Setting { topic: topic.name().clone(), reason });
        }
        let payload = content.payload(&schema);
        let mut sources = Self {
            topic,
            control,
            schema,
            hash,
            content,
            payload,
            reading,
            pace,
            attached: Vec::new(),
            turn: 0,
            shown_turn: 0,
            joins: 0,
            attention: false,
            retry_at: None,
            seen: HashSet::new(),
            put_off: HashSet::new(),
            doubtful: HashMap::new(),
            failure: None,
            failed: false,
            refused: VecDeque::new(),
            asking,
            refusals: Vec::new(),
            lossy: VecDeque::new(),
            gone: Counts::default(),
        };
        loop {
            let name = sources.topic.name().clone();
            let scanned = sources.scan(Start::Head { history, asking: asking.map(|asking| asking.id) });
            scanned.map_err(|reason| CreateError::Registry { topic: name, reason })?;
            if sources.doubtful.is_empty() || !sources.refused.is_empty() {
                break;
            }
            process::sleep(Duration::from_millis(1));
        }
        if let Some(refused) = sources.refused.pop_front() {
            return Err(refused.into());
        }
        if asking.is_some()
            && let Some(full) = sources.attached.iter().find(|source| source.is_full_of_the_living(&*sources.topic))
        {
            let (topic, publisher) = (sources.topic.name().clone(), Box::new(full.peer.name.clone()));
            return Err(CreateError::NotLossless { topic, publisher, reason: NotLossless::Full });
        }
        Ok(sources)
    }

    /// Copies the next message of any publisher into `out`, and what is known of it into `received`. Whether there was one.
    ///
    /// Inlined is the case of a single publisher with which nothing is to be done but to read it: there the size of messages is
    /// known when compiling.
    #[inline(always)]
    pub(crate) fn next(
        &mut self,
        payload: usize,
        out: &mut [u64],
        received: &mut Received,
    ) -> Result<bool, Box<ReadFailure>> {
        debug_assert_eq!(payload, self.payload);
        if self.attention || self.topic.joins(Role::Publisher) != self.joins {
            self.attend()?;
        }
        if let [source] = self.attached.as_mut_slice() {
            match source.read_plainly(self.control.as_deref(), payload, out, received) {
                Plainly::Message => return Ok(true),
                Plainly::Due => {
                    self.settle(0, false);
                    return Ok(true);
                }
                Plainly::Nothing => return Ok(false),
                Plainly::Not => {}
            }
        }
        self.next_in_turn(out, received)
    }

    /// The same in all cases.
    #[inline(never)]
    fn next_in_turn(&mut self, out: &mut [u64], received: &mut Received) -> Result<bool, Box<ReadFailure>> {
        let payload = self.payload;
        for _ in 0..self.attached.len() {
            let turn = if self.turn < self.attached.len() { self.turn } else { 0 };
            self.turn = turn + 1;
            let Some(source) = self.attached.get_mut(turn) else { break };
            match source.read_plainly(self.control.as_deref(), payload, out, received) {
                Plainly::Message => return Ok(true),
                Plainly::Due => {
                    self.settle(turn, false);
                    return Ok(true);
                }
                Plainly::Nothing => continue,
                Plainly::Not => {}
            }
            if self.pace.is_set() && !self.pace.allows(source) {
                continue;
            }
            let depth = source.segment.geometry().depth();
            let step = match &mut self.reading {
                None => source.cursor.step(&source.segment.reader(), depth, payload, out),
                Some(reading) => match source.step_and_fetch(reading, depth, out) {
                    Ok(step) => step,
                    Err(wrong) => return Err(self.give_up_pool(turn, wrong)),
                },
            };
            match step {
                Step::Message { sequence, time } => {
                    if let Some(control) = self.control.as_deref() {
                        control.set_cursor(source.line, sequence + 1);
                    }
                    let lost_before = source.tell_lost(self.control.as_deref());
                    if self.pace.interval_ns != 0 {
                        source.due = self.pace.next_due();
                    }
                    let time = source.segment.timestamps().then_some(time);
                    *received = Received { publisher: source.peer.id, sequence, time, lost_before };
                    if source.claim.is_due(sequence + 1) {
                        self.settle(turn, lost_before != 0);
                    }
                    self.plan(turn);
                    return Ok(true);
                }
                Step::Nothing if source.over => self.end(turn),
                Step::Nothing => {
                    if source.has_to_settle() {
                        self.settle(turn, false);
                    }
                    self.plan(turn);
                }
                Step::Corrupt { sequence, stamp } => return Err(self.give_up(turn, sequence, stamp)),
            }
        }
        Ok(false)
    }

    /// Notes whether a source's messages are plain from now on: after each look at one that is not.
    #[inline]
    fn plan(&mut self, turn: usize) {
        let is_plain = self.reading.is_none() && !self.pace.is_set();
        if let Some(source) = self.attached.get_mut(turn).filter(|_| is_plain) {
            source.plan();
        }
    }

    /// The message that was delivered last, if messages are in pools, with what is known of it.
    #[inline]
    pub(crate) fn take_fetched(&mut self, received: Received) -> Held {
        let fetched = self.reading.as_mut().and_then(Reading::take);
        let mut held = fetched.expect("it was fetched when it was received");
        held.describe(received);
        held
    }

    /// Goes on in a new directory of the topic, after the old one was removed.
    pub(crate) fn move_to(&mut self, topic: Arc<P>) {
        self.topic = topic;
        self.seen.clear();
        for source in &mut self.attached {
            source.elsewhere = true;
        }
        self.joins = self.topic.joins(Role::Publisher).wrapping_sub(1); // so the next look scans
    }

    /// Looks who is there now.
    pub(crate) fn look(&mut self) -> Result<(), Box<ReadFailure>> {
        self.scan(Start::First).map_err(ReadFailure::Registry)?;
        self.tell()
    }

    pub(super) fn attend_if_due(&mut self) -> Result<(), Box<ReadFailure>> {
        if self.attention || self.topic.joins(Role::Publisher) != self.joins { self.attend() } else { Ok(()) }
    }

    /// Somebody came or went, something is to be told, or to be tried again.
    #[cold]
    #[inline(never)]
    fn attend(&mut self) -> Result<(), Box<ReadFailure>> {
        let is_due = self.retry_at.is_some_and(|due| process::monotonic_ns() >= due);
        if is_due || self.topic.joins(Role::Publisher) != self.joins {
            let failed_before = self.failed;
            if let Err(error) = self.scan(Start::First)
                && !failed_before
            {
                self.failure = Some(error);
            }
        }
        self.tell()
    }

    fn tell(&mut self) -> Result<(), Box<ReadFailure>> {
        let next = match self.failure.take() {
            Some(error) => Some(ReadFailure::Registry(error)),
            None => self.refused.pop_front().map(ReadFailure::Refused).or_else(|| {
                let (publisher, reason) = self.lossy.pop_front()?;
                Some(ReadFailure::NotLossless { publisher, reason })
            }),
        };
        self.attention = !self.refused.is_empty() || !self.lossy.is_empty() || self.retry_at.is_some();
        next.map_or(Ok(()), |failure| Err(failure.into()))
    }

    /// Attaches who is new, and notes who is gone: they are let go when they are read to their end. What fails is tried
    /// again later, and keeps nobody from being attached or read.
    fn scan(&mut self, start: Start) -> Result<(), RegistryError> {
        // Read before the directory: who comes after this is found by the next scan.
        self.joins = self.topic.joins(Role::Publisher);
        self.retry_at = None;
        let result = self.scan_names(start);
        self.failed = result.is_err();
        if self.failed {
            self.try_again();
        }
        result
    }

    fn scan_names(&mut self, start: Start) -> Result<(), RegistryError> {
        let names = self.topic.names(Role::Publisher)?;
        let mut result = Ok(());
        for name in &names {
            if self.seen.contains(name) {
                continue;
            }
            match self.meet(name, start) {
                Ok(true) => {
                    self.seen.insert(name.clone());
                    self.doubtful.remove(name);
                }
                Ok(false) => {}
                Err(error) => result = Err(error),
            }
        }
        let listed: HashSet<String> = names.into_iter().collect();
        self.seen.retain(|name| listed.contains(name));
        self.put_off.retain(|name| listed.contains(name));
        if let Some(control) = &self.control {
            for (_, line) in self.refusals.extract_if(.., |(name, _)| !listed.contains(name)) {
                control.close_line(line);
            }
        }
        self.doubtful.retain(|name, _| listed.contains(name));
        for source in &mut self.attached {
            source.over = source.is_over();
            source.is_plain = false; // until it is looked at
            if source.over && listed.contains(&source.peer.entry_name()) {
                // Opening an entry of the dead removes it. If that fails, whoever looks next does.
                let _ = self.topic.open(&source.peer.entry_name());
            }
        }
        result
    }

    fn try_again(&mut self) {
        self.retry_at = Some(process::monotonic_ns() + RETRY_NS);
        self.attention = true;
    }

    /// Attaches the publisher of an entry that was not seen before. Whether it is done with.
    fn meet(&mut self, name: &str, start: Start) -> Result<bool, RegistryError> {
        let topic = self.topic.name().clone();
        let peer = match self.topic.open(name)? {
            None => return Ok(false), // dead, or gone since it was listed
            Some(Ok(peer)) => peer,
            Some(Err(error)) => {
                self.refused.push_back(Refused::Attach(Box::new(AttachError::new(&topic, None, error.into()))));
                return Ok(true);
            }
        };
        if let Some(source) = self.attached.iter_mut().find(|source| source.peer.id == peer.id) {
            source.elsewhere = false; // it made itself known again
            return Ok(true);
        }
        if peer.hash != self.hash || !peer.schema.same_layout(&self.schema) {
            self.refused.push_back(Refused::Mismatch(Box::new(Mismatch {
                topic,
                role: Role::Subscriber,
                ours: Schema::clone(&self.schema),
                peer_role: Role::Publisher,
                peer: Some(peer.name),
                theirs: peer.schema,
            })));
            return Ok(true);
        }
        match Attached::open(&*self.topic, peer, (self.content, self.payload), start, self.control.as_deref()) {
            Ok(attached) => self.add(attached),
            // It died while it was looked at.
            Err(failed) if !failed.0.is_alive().unwrap_or(true) => {}
            Err(failed) => {
                let (peer, reason) = *failed;
                let now = process::monotonic_ns();
                if reason.is_of_the_dying() && now - *self.doubtful.entry(name.to_owned()).or_insert(now) < DYING_NS {
                    self.try_again();
                    return Ok(false);
                }
                let is_passing = reason.is_passing();
                if is_passing {
                    self.try_again();
                }
                if let (false, Some(control), Some(_)) = (is_passing, &self.control, self.asking) {
                    // A publisher that would wait for this subscriber is told not to.
                    self.refusals.push((name.to_owned(), control.open_line(peer.id, u64::MAX)));
                }
                if !is_passing || self.put_off.insert(name.to_owned()) {
                    let error = AttachError::new(&topic, Some(peer.name), reason);
                    self.refused.push_back(Refused::Attach(Box::new(error)));
                }
                return Ok(!is_passing);
            }
        }
        Ok(true)
    }

    fn add(&mut self, mut source: Attached) {
        if self.asking.is_some() {
            if source.segment.is_lossless() && source.line == Line::NONE {
                if let Some(reason) = source.is_without(NotLossless::NoLine) {
                    self.warn(source.peer.name.clone(), reason);
                }
            } else if source.segment.is_lossless() {
                let (head, depth) = (source.segment.reader().head(), source.segment.geometry().depth());
                source.claim = Claim::new(source.cursor.next(), head, depth);
                source.cursor = source.cursor.patient(true);
            } else if let Some(reason) = source.is_without(NotLossless::Lossy) {
                self.warn(source.peer.name.clone(), reason);
            }
        }
        self.attached.push(source);
    }

    fn warn(&mut self, publisher: PeerName, reason: NotLossless) {
        self.lossy.push_back((publisher, reason));
        self.attention = true;
    }

    /// A source that is to be lossless has nothing to read, has read much, or has lost something: wakes its publisher, if that
    /// waits, and looks what it grants.
    #[inline(never)]
    fn settle(&mut self, index: usize, has_lost: bool) {
        let (Some(asking), Some(source)) = (self.asking, self.attached.get_mut(index)) else { return };
        if source.owes_a_ring() {
            source.claim.rings(source.cursor.next());
            self.topic.ring_for_room(asking.offers_barriers);
        }
        let is_to_look = has_lost || source.has_to_look();
        let reason = if is_to_look { source.look_at_grant(asking.id, has_lost) } else { None };
        if source.is_unnoticed() {
            self.topic.count_again();
        }
        if let Some(reason) = reason {
            let publisher = source.peer.name.clone();
            self.warn(publisher, reason);
        }
    }

    /// A source has been read to its end.
    #[cold]
    #[inline(never)]
    fn end(&mut self, index: usize) {
        drop(self.let_go(index));
    }

    /// A source is not what its publisher should make it.
    #[cold]
    #[inline(never)]
    fn give_up(&mut self, index: usize, sequence: u64, stamp: u64) -> Box<ReadFailure> {
        let publisher = self.let_go(index).peer.name;
        Box::new(ReadFailure::Corrupt { publisher, sequence, stamp })
    }

    /// A source's ring says of a message what cannot be.
    #[cold]
    #[inline(never)]
    fn give_up_pool(&mut self, index: usize, (sequence, descriptor): (u64, Descriptor)) -> Box<ReadFailure> {
        let publisher = self.let_go(index).peer.name;
        Box::new(ReadFailure::Wrong { publisher, sequence, descriptor })
    }

    /// Reads a source no more. What it lost stays counted.
    pub(super) fn let_go(&mut self, index: usize) -> Attached {
        let source = self.attached.remove(index);
        if let Some(control) = &self.control {
            source.tell_progress(control);
            control.close_line(source.line);
        }
        // Saturating, as all sums over publishers: one that breaks the protocol can have everything counted as lost.
        self.gone.taken = self.gone.taken.wrapping_add(source.taken());
        self.gone.lost = self.gone.lost.saturating_add(source.cursor.lost());
        self.gone.skipped = self.gone.skipped.saturating_add(source.cursor.skipped());
        self.turn = index;
        source
    }

    /// Whether a publisher is read that has not come to the topic's new directory: it rings no bell that is heard there.
    pub(crate) fn is_split(&self) -> bool {
        self.attached.iter().any(|source| source.elsewhere)
    }

    /// How long no message may be delivered, whatever is published; nothing if one may.
    pub(crate) fn idle_for(&self) -> Option<Duration> {
        if self.pace.interval_ns == 0 {
            return None;
        }
        let due = self.attached.iter().map(|source| source.due).min()?;
        let now = process::monotonic_ns();
        (due > now).then(|| Duration::from_nanos(due - now))
    }

    /// A message that was taken is not delivered after all: what was lost before it is told with the next one.
    pub(crate) fn not_delivered(&mut self, received: &Received) -> Option<PeerName> {
        let source = self.attached.iter_mut().find(|source| source.peer.id == received.publisher)?;
        source.lost_told -= received.lost_before;
        source.is_plain = false; // the next one tells
        Some(source.peer.name.clone())
    }

    /// How long until a message that is there may be delivered, or something is to be tried again, if that is what is
    /// waited for.
    pub(crate) fn due_in(&self) -> Option<Duration> {
        let delayed =
            self.attached.iter().filter(|source| source.due != 0 && source.has_news()).map(|source| source.due);
        let due = delayed.chain(self.retry_at).min()?;
        let left = Duration::from_nanos(due.saturating_sub(process::monotonic_ns()));
        // What is due and was not found just now is perhaps not there, whatever the head says.
        Some(if left.is_zero() { NOT_AT_ONCE } else { left })
    }

    /// A number that grows with each message that is delivered, lost or skipped.
    pub(crate) fn taken(&self) -> u64 {
        self.attached.iter().map(Attached::taken).fold(self.gone.taken, u64::wrapping_add)
    }

    /// Messages overwritten before they were read, of all publishers so far.
    pub(crate) fn lost(&self) -> u64 {
        self.attached.iter().map(|source| source.cursor.lost()).fold(self.gone.lost, u64::saturating_add)
    }

    /// Messages left out on request, of all publishers so far.
    pub(crate) fn skipped(&self) -> u64 {
        self.attached.iter().map(|source| source.cursor.skipped()).fold(self.gone.skipped, u64::saturating_add)
    }

    /// The publishers that live.
    pub(crate) fn living(&self) -> impl Iterator<Item = &Peer> {
        self.attached.iter().filter(|source| !source.over).map(|source| &source.peer)
    }
}

impl Pace {
    /// Whether it leaves out anything.
    #[inline]
    fn is_set(self) -> bool {
        self.latest || self.interval_ns != 0
    }

    /// When the next message may be delivered after one now: not from when that was due, so that after a silence there is
    /// no burst.
    #[cold]
    fn next_due(self) -> u64 {
        process::monotonic_ns().saturating_add(self.interval_ns)
    }

    pub(super) fn new(latest: bool, rate_limit: Option<f64>) -> Result<Self, String> {
        let Some(hz) = rate_limit else { return Ok(Self { latest, interval_ns: 0 }) };
        if hz.is_finite() && hz > 0.0 {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and saturates")]
            let interval_ns = (1e9 / hz) as u64;
            Ok(Self { latest: true, interval_ns })
        } else {
            Err(format!("a rate limit is a number of messages a second, more than 0, not {hz}"))
        }
    }

    /// Leaves out what is not wanted of a source. Whether the next message is wanted now.
    #[inline(never)]
    fn allows(self, source: &mut Attached) -> bool {
        if self.interval_ns != 0 && process::monotonic_ns() < source.due {
            return false;
        }
        source.cursor.skip_to_newest(source.segment.reader().head());
        true
    }
}

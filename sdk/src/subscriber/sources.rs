//! What a subscriber or observer reads from, in turn.

use super::discovery::Discovery;
use super::failure::ReadFailure;
use super::fetch::{Fetcher, NotCopied};
use super::lossless::LosslessRequest;
use super::rate::RateFilter;
use super::source::{FastPath, Source, Where};
use crate::endpoint::CreateError;
use crate::protocol::cursor::Step;
use crate::record::{RawSample, Received};
use crate::registry::{Peer, PeerName, TopicAccess};
use crate::schema::{Schema, SchemaHash};
use crate::shm::{Content, ControlPage, Descriptor, MAX_POOL};
use crate::sys::process;
use std::sync::Arc;
use std::time::Duration;

/// When to look again for a message that was due and not there.
const NOT_AT_ONCE: Duration = Duration::from_millis(1);

/// The publishers that one subscriber or observer reads from: found, attached, read in turn, and let go.
pub(crate) struct Sources<P> {
    pub(super) topic: Arc<P>,
    /// Where it says how far it is: an observer does not.
    pub(super) control: Option<Arc<ControlPage>>,
    pub(super) schema: Arc<Schema>,
    pub(super) hash: SchemaHash,
    pub(super) content: Content,
    pub(super) payload: usize,
    /// What gets at messages that are in pools.
    pub(super) reading: Option<Fetcher>,
    pub(super) rate: RateFilter,
    pub(super) attached: Vec<Source>,
    /// Whether it has read from any publisher so far.
    pub(super) has_met: bool,
    /// Where the next look for a message begins, so that all are read fairly.
    turn: usize,
    /// The same for messages that are shown while they are written.
    pub(super) shown_turn: usize,
    /// What is known of the topic's entries, and what is to be reported about them.
    pub(super) discovery: Discovery,
    /// Whether it asks its publishers for lossless delivery.
    pub(super) request: Option<LosslessRequest>,
    /// Messages lost and skipped of publishers that are gone.
    gone: Counts,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    /// Delivered, lost or skipped.
    taken: u64,
    lost: u64,
    skipped: u64,
}

/// What a subscriber looks for.
pub(crate) struct Wanted {
    pub(crate) schema: Arc<Schema>,
    pub(crate) hash: SchemaHash,
    /// What gets at messages that are in pools, if they are.
    pub(crate) reading: Option<Fetcher>,
    /// How many earlier messages of the publishers that are there.
    pub(crate) history: u64,
    pub(crate) rate: RateFilter,
    /// Whether lossless delivery is asked for.
    pub(crate) request: Option<LosslessRequest>,
}

impl<P: TopicAccess> Sources<P> {
    /// Finds and attaches the publishers that are there.
    pub(crate) fn join(topic: Arc<P>, control: Option<Arc<ControlPage>>, wanted: Wanted) -> Result<Self, CreateError> {
        let Wanted { schema, hash, reading, history, rate, request } = wanted;
        let content = Content::of(&schema);
        // A layout that is not of a type but of a publisher's entry can grant_tracker any size.
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
            rate,
            attached: Vec::new(),
            has_met: false,
            turn: 0,
            shown_turn: 0,
            discovery: Discovery::new(),
            request,
            gone: Counts::default(),
        };
        sources.attach_present(history)?;
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
        if self.discovery.needs_attention(&*self.topic) {
            self.attend()?;
        }
        if let [source] = self.attached.as_mut_slice() {
            match source.read_fast(self.control.as_deref(), payload, out, received) {
                FastPath::Message => return Ok(true),
                FastPath::Due => {
                    self.settle(0, false);
                    return Ok(true);
                }
                FastPath::Nothing => return Ok(false),
                FastPath::Wrong(..) | FastPath::Not => {}
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
            let outcome = match &mut self.reading {
                None => source.read_fast(self.control.as_deref(), payload, out, received),
                Some(reading) => source.fetch_fast(self.control.as_deref(), reading, out, received),
            };
            match outcome {
                FastPath::Message => return Ok(true),
                FastPath::Due => {
                    self.settle(turn, false);
                    return Ok(true);
                }
                FastPath::Nothing => continue,
                FastPath::Wrong(sequence, descriptor) => return Err(self.give_up_pool(turn, (sequence, descriptor))),
                FastPath::Not => {}
            }
            if self.rate.is_set() && !self.rate.skip_unwanted(source) {
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
                    if self.rate.interval_ns != 0 {
                        source.due = self.rate.next_due();
                    }
                    let time = source.segment.timestamps().then_some(time);
                    *received = Received { publisher: source.peer.id, sequence, time, lost_before };
                    if source.grant_tracker.is_due(sequence + 1) {
                        self.settle(turn, lost_before != 0);
                    }
                    self.update_fast_path(turn);
                    return Ok(true);
                }
                Step::Nothing if source.over => self.end(turn),
                Step::Nothing => {
                    if source.has_to_settle() {
                        self.settle(turn, false);
                    }
                    self.update_fast_path(turn);
                }
                Step::Corrupt { sequence, stamp } => return Err(self.give_up(turn, sequence, stamp)),
            }
        }
        Ok(false)
    }

    /// Notes whether a source's messages are fast_path from now on: after each look at one that is not.
    #[inline]
    fn update_fast_path(&mut self, turn: usize) {
        let messages = if self.reading.is_none() { Where::Ring } else { Where::Pool };
        if let Some(source) = self.attached.get_mut(turn).filter(|_| !self.rate.is_set()) {
            source.update_fast_path(messages);
        }
    }

    /// The message that was delivered last, if messages are in pools, with what is known of it.
    #[inline]
    pub(crate) fn take_fetched(&mut self, received: Received) -> Result<RawSample, Box<ReadFailure>> {
        let reading = self.reading.as_mut().expect("messages are in pools");
        match reading.take() {
            Ok(sample) => Ok(sample.describe(received)),
            Err(reason) => Err(self.not_copied(&received, reason)),
        }
    }

    /// Messages of at most so many bytes are copied from now on, if they are in pools.
    pub(crate) fn set_max_copy(&mut self, bytes: u64) {
        if let Some(reading) = &mut self.reading {
            reading.set_max_copy(bytes);
        }
    }

    #[cold]
    #[inline(never)]
    fn not_copied(&mut self, received: &Received, reason: NotCopied) -> Box<ReadFailure> {
        let publisher = self.not_delivered(received).expect("a message was just taken from it");
        Box::new(ReadFailure::NotCopied { publisher, sequence: received.sequence, reason })
    }

    /// A source that is to be lossless has nothing to read, has read much, or has lost something: wakes its publisher, if that
    /// waits, and looks what it grants.
    #[inline(never)]
    fn settle(&mut self, index: usize, has_lost: bool) {
        let (Some(request), Some(source)) = (self.request, self.attached.get_mut(index)) else { return };
        if source.owes_a_ring() {
            source.grant_tracker.rings(source.cursor.next());
            self.topic.notify_capacity(request.offers_barriers);
        }
        let is_to_look = has_lost || source.has_to_look();
        let reason = if is_to_look { source.look_at_grant(request.id, has_lost) } else { None };
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
        drop(self.detach(index));
    }

    /// A source is not what its publisher should make it.
    #[cold]
    #[inline(never)]
    fn give_up(&mut self, index: usize, sequence: u64, stamp: u64) -> Box<ReadFailure> {
        let publisher = self.detach(index).peer.name;
        Box::new(ReadFailure::Corrupt { publisher, sequence, stamp })
    }

    /// A source's ring says of a message what cannot be.
    #[cold]
    #[inline(never)]
    fn give_up_pool(&mut self, index: usize, (sequence, descriptor): (u64, Descriptor)) -> Box<ReadFailure> {
        let publisher = self.detach(index).peer.name;
        Box::new(ReadFailure::Wrong { publisher, sequence, descriptor })
    }

    /// Reads a source no more. What it lost stays counted.
    pub(super) fn detach(&mut self, index: usize) -> Source {
        let source = self.attached.remove(index);
        if let Some(reading) = &mut self.reading {
            reading.leave(&source.segment);
        }
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
        if self.rate.interval_ns == 0 {
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
        source.fast_path = None; // the next one tells
        Some(source.peer.name.clone())
    }

    /// How long until a message that is there may be delivered, or something is to be tried again, if that is what is
    /// waited for.
    pub(crate) fn due_in(&self) -> Option<Duration> {
        let delayed =
            self.attached.iter().filter(|source| source.due != 0 && source.has_news()).map(|source| source.due);
        let message = delayed.min().map(|due| Duration::from_nanos(due.saturating_sub(process::monotonic_ns())));
        let left = message.into_iter().chain(self.discovery.retry_in()).min()?;
        // What is due and was not found just now is perhaps not there, whatever the head says.
        Some(if left.is_zero() { NOT_AT_ONCE } else { left })
    }

    /// A number that grows with each message that is delivered, lost or skipped.
    pub(crate) fn taken(&self) -> u64 {
        self.attached.iter().map(Source::taken).fold(self.gone.taken, u64::wrapping_add)
    }

    /// Messages overwritten before they were read, of all publishers so far.
    pub(crate) fn lost(&self) -> u64 {
        self.attached.iter().map(|source| source.cursor.lost()).fold(self.gone.lost, u64::saturating_add)
    }

    /// Messages left out on request, of all publishers so far.
    pub(crate) fn skipped(&self) -> u64 {
        self.attached.iter().map(|source| source.cursor.skipped()).fold(self.gone.skipped, u64::saturating_add)
    }

    /// Whether publishers have come, and all of them are gone, as far as the last look showed.
    pub(crate) fn are_over(&self) -> bool {
        self.has_met && self.attached.iter().all(|source| source.over)
    }

    /// The publishers that live.
    pub(crate) fn living(&self) -> impl Iterator<Item = &Peer> {
        self.attached.iter().filter(|source| !source.over).map(|source| &source.peer)
    }
}

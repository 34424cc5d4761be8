//! The publishers that a subscriber or observer reads, in turn.
//!
//! Here is how messages are taken from them. How publishers are found is in `discovery`, how one of
//! them is read in `source`.

use super::RecvError;
use super::counts::Counts;
use super::discovery::Discovery;
use super::fetch::Fetcher;
use super::grant::LosslessRequest;
use super::known::Known;
use super::opening::{Opening, StartAt};
use super::rate::RateFilter;
use super::source::{FastCopy, FastPath, Read, Reader, Source};
use crate::endpoint::CreateError;
use crate::record::{Alive, Buffers, RawSample};
use crate::registry::{Peer, TopicAccess};
use crate::schema::{InvalidValue, Schema, SchemaHash};
use crate::shm::{Content, ControlPage, MAX_POOL};
use std::sync::Arc;

/// The publishers that one subscriber or observer reads: found, attached, read in turn, detached.
pub(crate) struct Sources<P> {
    pub(super) topic: Arc<P>,
    /// Where a subscriber reports how far it has read. An observer does not.
    pub(super) control: Option<Arc<ControlPage>>,
    pub(super) schema: Arc<Schema>,
    pub(super) hash: SchemaHash,
    content: Content,
    /// The size of what a cell of a ring contains, in bytes.
    pub(super) payload: usize,
    /// Where small messages are copied. Empty buffers, which are not used, if messages are in
    /// pools.
    buffers: Buffers,
    /// What fetches messages out of pools, if they are in pools.
    pub(super) fetcher: Option<Fetcher>,
    pub(super) rate: RateFilter,
    pub(super) attached: Vec<Source>,
    /// Whether any publisher has been attached so far.
    pub(super) has_met: bool,
    /// Where the next search for a message begins, so that all publishers are read fairly.
    pub(super) turn: usize,
    /// The same for partial messages.
    pub(super) partial_turn: usize,
    /// Whether an exclusive publisher has taken over from another one that is not read to its end.
    /// Publishers are then read in the order in which they came.
    pub(super) is_succession: bool,
    /// Set if what is kept of a publisher beyond its end is read, too.
    pub(super) known: Option<Known>,
    pub(super) discovery: Discovery,
    /// Set if it requests lossless delivery.
    pub(super) request: Option<LosslessRequest>,
    /// What was counted of publishers that are detached.
    pub(super) past: Counts,
}

/// What a subscriber or observer wants to read.
pub(crate) struct Subscription {
    pub(crate) schema: Arc<Schema>,
    pub(crate) hash: SchemaHash,
    /// What describes messages to holders of samples without a type.
    pub(crate) description: Option<Alive>,
    /// What fetches messages out of pools, if they are in pools.
    pub(crate) fetcher: Option<Fetcher>,
    /// How many earlier messages of the publishers that are present.
    pub(crate) history: u64,
    /// Whether it also reads what is kept of a publisher beyond its end.
    pub(crate) kept: bool,
    pub(crate) rate: RateFilter,
    /// Set if lossless delivery is requested.
    pub(crate) request: Option<LosslessRequest>,
}

/// What the simplest case gave; see [`Sources::poll_fast`].
pub(super) enum FastPoll {
    Message(RawSample),
    Nothing,
    /// The next message cannot be delivered.
    Failed(Box<RecvError>),
    /// There may be more to do.
    Unknown,
}

impl<P: TopicAccess> Sources<P> {
    /// Finds and attaches the publishers that are present.
    pub(crate) fn join(
        topic: Arc<P>,
        control: Option<Arc<ControlPage>>,
        subscription: Subscription,
    ) -> Result<Self, CreateError> {
        let Subscription { schema, hash, description, fetcher, history, kept, rate, request } = subscription;
        let content = Content::of(&schema);
        // A layout that comes from a publisher's entry instead of a type can claim any size.
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
            buffers: Buffers::described(if content.is_pooled() { 0 } else { payload }, description),
            fetcher,
            rate,
            attached: Vec::new(),
            has_met: false,
            turn: 0,
            partial_turn: 0,
            is_succession: false,
            known: kept.then(Known::default),
            discovery: Discovery::new(),
            request,
            past: Counts::default(),
        };
        sources.attach_present(history)?;
        Ok(sources)
    }

    pub(super) fn opening(&self, start_at: StartAt) -> Opening<'_> {
        Opening {
            content: self.content,
            payload: self.payload,
            start_at,
            request: self.request.map(|request| request.id),
            control: self.control.as_deref(),
        }
    }

    /// Returns the next message in the simplest case: of a single publisher on its fast path.
    /// Otherwise use [`poll_next`](Self::poll_next). `payload` is the size of what a
    /// cell of the ring contains, in bytes.
    ///
    /// For small messages it is inlined, and where it is, `payload` is a constant.
    #[inline(always)]
    pub(super) fn poll_fast(&mut self, payload: usize) -> FastPoll {
        debug_assert_eq!(payload, self.payload);
        if !self.discovery.needs_attention(&*self.topic)
            && let [source] = self.attached.as_mut_slice()
        {
            if source.fast_path != FastPath::Ring {
                return self.poll_fast_in_pool();
            }
            match source.copy_fast(self.control.as_deref(), payload, &mut self.buffers) {
                FastCopy::Message { sample, must_settle } => {
                    if must_settle {
                        self.settle(0, false);
                    }
                    return FastPoll::Message(sample);
                }
                FastCopy::Nothing => return FastPoll::Nothing,
                FastCopy::Slow => {}
            }
        }
        FastPoll::Unknown
    }

    /// The same for large messages.
    #[inline(never)]
    fn poll_fast_in_pool(&mut self) -> FastPoll {
        let ([source], Some(fetcher)) = (self.attached.as_mut_slice(), &mut self.fetcher) else {
            return FastPoll::Unknown;
        };
        if source.fast_path != FastPath::Pool {
            return FastPoll::Unknown;
        }
        let reader = Reader { topic: self.topic.name(), control: self.control.as_deref() };
        match source.fetch_fast(reader, fetcher) {
            Some(Read::Message(sample)) => {
                if source.is_settling_due() {
                    self.settle(0, false);
                }
                FastPoll::Message(sample)
            }
            Some(Read::Nothing) => FastPoll::Nothing,
            Some(Read::Discarded(error)) => FastPoll::Failed(error),
            Some(Read::Corrupt(error)) => {
                drop(self.detach(0));
                FastPoll::Failed(error)
            }
            None => FastPoll::Unknown,
        }
    }

    /// Returns the next message of any publisher, if there is one. Every publisher is asked once,
    /// beginning after the one that was asked last.
    pub(crate) fn poll_next(&mut self) -> Result<Option<RawSample>, Box<RecvError>> {
        self.attend_if_needed()?;
        if self.is_succession {
            self.turn = 0;
        }
        for _ in 0..self.attached.len() {
            let turn = if self.turn < self.attached.len() { self.turn } else { 0 };
            self.turn = turn + 1;
            match self.poll_source(turn) {
                Read::Message(sample) => return Ok(Some(sample)),
                Read::Nothing => {}
                Read::Discarded(error) => return Err(error),
                Read::Corrupt(error) => {
                    drop(self.detach(turn));
                    return Err(error);
                }
            }
        }
        Ok(None)
    }

    #[inline]
    fn poll_source(&mut self, turn: usize) -> Read {
        let Some(source) = self.attached.get_mut(turn) else { return Read::Nothing };
        let control = self.control.as_deref();
        let reader = Reader { topic: self.topic.name(), control };
        let read = match (source.fast_path, &mut self.fetcher) {
            (FastPath::Ring, _) => match source.copy_fast(control, self.payload, &mut self.buffers) {
                FastCopy::Message { sample, .. } => Some(Read::Message(sample)),
                FastCopy::Nothing => Some(Read::Nothing),
                FastCopy::Slow => None,
            },
            (FastPath::Pool, Some(fetcher)) => source.fetch_fast(reader, fetcher),
            (FastPath::Off | FastPath::Pool, _) => None,
        };
        if let Some(read) = read {
            if matches!(read, Read::Message(_)) && source.is_settling_due() {
                self.settle(turn, false);
            }
            return read;
        }
        if self.rate.is_set() && !self.rate.skip_unwanted(source) {
            return Read::Nothing;
        }
        let read = match &mut self.fetcher {
            None => source.copy_slowly(reader, self.payload, &mut self.buffers),
            Some(fetcher) => source.fetch_slowly(reader, fetcher),
        };
        self.finish_slow_path(turn, &read);
        read
    }

    /// Does what is due after a source was read on the slow path.
    #[inline]
    fn finish_slow_path(&mut self, turn: usize, read: &Read) {
        let Some(source) = self.attached.get_mut(turn) else { return };
        let must_settle = match read {
            Read::Message(_) | Read::Discarded(_) => {
                if self.rate.interval_ns != 0 {
                    source.due = self.rate.next_due();
                }
                source.is_settling_due()
            }
            Read::Nothing if source.has_ended => {
                drop(self.detach(turn)); // it was read to its end
                return;
            }
            Read::Nothing => source.must_settle(),
            Read::Corrupt(_) => return,
        };
        if must_settle {
            let has_lost = match read {
                Read::Message(sample) => sample.received().lost_before != 0,
                Read::Discarded(_) => source.has_unreported_loss(),
                Read::Nothing | Read::Corrupt(_) => false,
            };
            self.settle(turn, has_lost);
        }
        self.update_fast_path(turn);
    }

    /// Decides whether a source is read on the fast path from now on.
    #[inline]
    fn update_fast_path(&mut self, turn: usize) {
        let wanted = if self.fetcher.is_none() { FastPath::Ring } else { FastPath::Pool };
        if let Some(source) = self.attached.get_mut(turn).filter(|_| !self.rate.is_set()) {
            source.update_fast_path(wanted);
        }
    }

    /// Discards a message that was returned, because it is not valid. What was lost before it is
    /// reported with the next one.
    #[cold]
    pub(super) fn discard(&mut self, sample: &RawSample, invalid: InvalidValue) -> Box<RecvError> {
        let received = sample.received();
        let mut sources = self.attached.iter_mut();
        let source = sources.find(|source| source.peer.id == received.publisher);
        let source = source.expect("a message was just read from it");
        source.return_lost(received.lost_before);
        Box::new(RecvError::Invalid {
            topic: self.topic.name().clone(),
            publisher: Box::new(source.peer.name.clone()),
            sequence: received.sequence,
            invalid: Box::new(invalid),
        })
    }

    /// Stops reading a source. What it has lost stays counted.
    #[cold]
    #[inline(never)]
    pub(super) fn detach(&mut self, index: usize) -> Source {
        let source = self.attached.remove(index);
        if let Some(fetcher) = &mut self.fetcher {
            fetcher.forget(&source.segment);
        }
        if let Some(control) = &self.control {
            source.write_progress(control);
            control.close_line(source.line);
        }
        self.past.add(&source);
        self.turn = index;
        self.is_succession &= self.attached.len() > 1;
        source
    }

    /// Begins after messages that were withdrawn before publishers knew of this subscriber: they
    /// are not lost to it. Publishers that came while it joined are attached for that; what fails
    /// is reported when messages are received.
    pub(super) fn start_after_withdrawn(&mut self) {
        if let Err(failure) = self.attend_if_needed() {
            self.discovery.reports.push_front(*failure);
            self.discovery.update_attention();
        }
        for source in &mut self.attached {
            source.start_after_withdrawn(self.control.as_deref());
        }
    }

    /// Sets which messages are wanted from now on.
    pub(crate) fn set_rate(&mut self, rate: RateFilter) {
        self.rate = rate;
        // The fast path delivers all messages.
        self.attached.iter_mut().for_each(|source| source.fast_path = FastPath::Off);
    }

    /// Sets the size of the largest message that is copied out of a pool.
    pub(crate) fn set_max_copy(&mut self, bytes: u64) {
        if let Some(fetcher) = &mut self.fetcher {
            fetcher.set_max_copy(bytes);
        }
    }

    /// Returns whether a publisher is read that was not found in the topic's new directory. It
    /// rings the doorbell of the old one, where it is not heard.
    pub(super) fn has_left_behind(&self) -> bool {
        self.attached.iter().any(|source| source.is_left_behind)
    }

    /// Returns whether publishers have joined and all of them have ended, as far as the last scan
    /// found.
    pub(super) fn have_ended(&self) -> bool {
        self.has_met && self.attached.iter().all(|source| source.has_ended)
    }

    /// Returns the publishers that are alive, as far as the last scan found.
    pub(crate) fn living(&self) -> impl Iterator<Item = &Peer> {
        self.attached.iter().filter(|source| !source.has_ended).map(|source| &source.peer)
    }
}

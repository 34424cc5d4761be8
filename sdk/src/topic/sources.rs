use super::attached::{Attached, Start};
use super::error::{AttachError, CreateError, Mismatch};
use crate::EndpointId;
use crate::protocol::cursor::Step;
use crate::registry::{Peer, PeerName, Place, RegistryError, Role};
use crate::schema::{Schema, SchemaHash};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

/// The publishers that one subscriber or observer reads from: found, attached, read in turn, and let go.
pub(crate) struct Sources<P> {
    topic: Arc<P>,
    schema: Arc<Schema>,
    hash: SchemaHash,
    payload: usize,
    attached: Vec<Attached>,
    /// Where the next look for a message begins, so that all are read fairly.
    turn: usize,
    /// The join counter of the last complete scan.
    joins: u64,
    /// Entries that were looked at, by name: no entry is opened twice.
    seen: HashSet<String>,
    /// What went wrong with publishers found since the subscriber was made, to be told.
    refused: VecDeque<Refused>,
    /// Messages lost of publishers that are gone.
    lost_before: u64,
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

/// What a subscriber took from one of its publishers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) publisher: EndpointId,
    pub(crate) sequence: u64,
    pub(crate) time: Option<u64>,
    /// Messages of this publisher lost since the last one that was delivered.
    pub(crate) lost_before: u64,
}

/// What reading can fail with.
#[derive(Debug)]
pub(crate) enum ReadFailure {
    Refused(Refused),
    Corrupt { publisher: PeerName, sequence: u64, stamp: u64 },
    Registry(RegistryError),
}

impl<P: Place> Sources<P> {
    /// Finds and attaches the publishers that are there; `history` messages of each that were before.
    pub(crate) fn join(
        topic: Arc<P>,
        schema: Arc<Schema>,
        hash: SchemaHash,
        payload: usize,
        history: u64,
    ) -> Result<Self, CreateError> {
        let mut sources = Self {
            topic,
            schema,
            hash,
            payload,
            attached: Vec::new(),
            turn: 0,
            joins: 0,
            seen: HashSet::new(),
            refused: VecDeque::new(),
            lost_before: 0,
        };
        let name = sources.topic.name().clone();
        sources.scan(Start::Head { history }).map_err(|source| CreateError::Registry { topic: name, source })?;
        match sources.refused.pop_front() {
            Some(refused) => Err(refused.into()),
            None => Ok(sources),
        }
    }

    /// Copies the next message of any publisher into `out`.
    #[inline]
    pub(crate) fn next(&mut self, payload: usize, out: &mut [u64]) -> Result<Option<Received>, ReadFailure> {
        debug_assert_eq!(payload, self.payload);
        if self.topic.joins(Role::Publisher) != self.joins {
            self.rescan()?;
        }
        for _ in 0..self.attached.len() {
            let turn = if self.turn < self.attached.len() { self.turn } else { 0 };
            self.turn = turn + 1;
            let Some(source) = self.attached.get_mut(turn) else { break };
            let depth = source.segment.geometry().depth();
            match source.cursor.step(&source.segment.reader(), depth, payload, out) {
                Step::Message { sequence, time } => {
                    let lost = source.cursor.lost();
                    let lost_before = lost - source.lost_told;
                    source.lost_told = lost;
                    let time = source.segment.timestamps().then_some(time);
                    return Ok(Some(Received { publisher: source.peer.id, sequence, time, lost_before }));
                }
                Step::Nothing if source.over => drop(self.let_go(turn)),
                Step::Nothing => {}
                Step::Corrupt { sequence, stamp } => {
                    let publisher = self.let_go(turn).peer.name;
                    return Err(ReadFailure::Corrupt { publisher, sequence, stamp });
                }
            }
        }
        Ok(None)
    }

    /// Looks who is there now.
    pub(crate) fn look(&mut self) -> Result<(), ReadFailure> {
        self.rescan()
    }

    /// Somebody came or went.
    #[cold]
    #[inline(never)]
    fn rescan(&mut self) -> Result<(), ReadFailure> {
        self.scan(Start::First).map_err(ReadFailure::Registry)?;
        match self.refused.pop_front() {
            Some(refused) => Err(ReadFailure::Refused(refused)),
            None => Ok(()),
        }
    }

    /// Attaches who is new, and notes who is gone: they are let go when they are read to their end.
    fn scan(&mut self, start: Start) -> Result<(), RegistryError> {
        // Read before the directory: who comes after this is found by the next scan.
        let joins = self.topic.joins(Role::Publisher);
        let names = self.topic.names(Role::Publisher)?;
        for name in &names {
            if self.seen.contains(name) {
                continue;
            }
            match self.topic.open(name)? {
                None => continue, // dead, or gone since it was listed
                Some(Ok(peer)) => match self.attach(peer, start) {
                    Ok(()) => {}
                    Err(refused) => self.refused.push_back(refused),
                },
                Some(Err(error)) => {
                    let error = AttachError::new(self.topic.name(), None, error.into());
                    self.refused.push_back(Refused::Attach(Box::new(error)));
                }
            }
            self.seen.insert(name.clone());
        }
        let listed: HashSet<String> = names.into_iter().collect();
        self.seen.retain(|name| listed.contains(name));
        for source in &mut self.attached {
            source.over = source.is_over();
        }
        self.joins = joins;
        Ok(())
    }

    fn attach(&mut self, peer: Peer, start: Start) -> Result<(), Refused> {
        let topic = self.topic.name();
        if peer.hash != self.hash || !peer.schema.same_layout(&self.schema) {
            return Err(Refused::Mismatch(Box::new(Mismatch {
                topic: topic.clone(),
                role: Role::Subscriber,
                ours: Schema::clone(&self.schema),
                publisher: Some(peer.name),
                theirs: peer.schema,
            })));
        }
        match Attached::open(&*self.topic, peer, self.payload, start) {
            Ok(attached) => {
                self.attached.push(attached);
                Ok(())
            }
            Err((peer, reason)) => Err(Refused::Attach(Box::new(AttachError::new(topic, Some(peer.name), reason)))),
        }
    }

    /// Reads a source no more. What it lost stays counted.
    #[cold]
    fn let_go(&mut self, index: usize) -> Attached {
        let source = self.attached.remove(index);
        self.lost_before += source.cursor.lost();
        self.turn = index;
        source
    }

    /// Messages overwritten before they were read, of all publishers so far.
    pub(crate) fn lost(&self) -> u64 {
        self.lost_before + self.attached.iter().map(|source| source.cursor.lost()).sum::<u64>()
    }

    /// The publishers that live.
    pub(crate) fn living(&self) -> impl Iterator<Item = &Peer> {
        self.attached.iter().filter(|source| !source.is_over()).map(|source| &source.peer)
    }
}

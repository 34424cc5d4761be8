//! What is counted of one topic: of its endpoints now, and of those that have ended.

use super::Period;
use super::publisher::PublisherMeter;
use super::subscriber::SubscriberMeter;
use super::watch::Detail;
use slotcast::observer::ObservedTopic;
use slotcast::registry::{Peer, RegistryError, Role};
use slotcast::{EndpointId, Observer, TopicName, now_ns};
use std::collections::{BTreeMap, VecDeque};
use std::mem;

/// Of how many ended publishers it is remembered how far they were counted. An entry that was
/// removed from outside seems to end, and comes back.
const REMEMBERED: usize = 64;

/// A topic that is watched.
pub(crate) struct WatchedTopic {
    name: TopicName,
    pub(super) observed: Option<ObservedTopic>,
    /// The topic's counts of publishers and subscribers when they were scanned.
    joins: Option<[u64; 2]>,
    pub(super) publishers: Vec<PublisherMeter>,
    pub(super) subscribers: Vec<SubscriberMeter>,
    /// How far publishers were counted that have ended.
    ended: VecDeque<(EndpointId, u64)>,
    /// Why the topic cannot be read.
    problem: Option<String>,
    /// Why endpoints cannot be watched, by their entries.
    problems: BTreeMap<String, String>,
    /// What has happened since [`take`](Self::take) was called.
    period: Period,
    /// What had happened before.
    past: Period,
}

impl WatchedTopic {
    pub(super) fn new(name: TopicName) -> Self {
        Self {
            name,
            observed: None,
            joins: None,
            publishers: Vec::new(),
            subscribers: Vec::new(),
            ended: VecDeque::new(),
            problem: None,
            problems: BTreeMap::new(),
            period: Period::default(),
            past: Period::default(),
        }
    }

    /// Returns its name.
    pub(crate) fn name(&self) -> &TopicName {
        &self.name
    }

    /// Returns whether it has no endpoint.
    pub(crate) fn is_empty(&self) -> bool {
        self.publishers.is_empty() && self.subscribers.is_empty() && self.problems().next().is_none()
    }

    /// Returns how many publishers are alive.
    pub(crate) fn publishers(&self) -> usize {
        self.publishers.len()
    }

    /// Returns how many subscribers are alive.
    pub(crate) fn subscribers(&self) -> usize {
        self.subscribers.len()
    }

    /// Returns the topic to be inspected, if it exists.
    pub(crate) fn observed(&self) -> Option<&ObservedTopic> {
        self.observed.as_ref()
    }

    /// Returns why the topic or endpoints cannot be watched.
    pub(crate) fn problems(&self) -> impl Iterator<Item = &str> {
        self.problem.iter().chain(self.problems.values()).map(String::as_str)
    }

    /// Returns the name of its messages' type, if a publisher is present.
    pub(crate) fn type_name(&self) -> Option<String> {
        self.publishers.first().map(|publisher| publisher.observed.peer().schema.type_name())
    }

    /// Returns what has happened since the last call, or since it is watched.
    pub(crate) fn take(&mut self) -> Period {
        self.past.extend(&self.period.without_distributions());
        mem::take(&mut self.period)
    }

    /// Returns what has happened since it is watched, without the distributions.
    pub(crate) fn total(&self) -> Period {
        let mut total = self.past.clone();
        total.extend(&self.period.without_distributions());
        total
    }

    /// Reads the counters of all endpoints. Endpoints are scanned if some have joined or left.
    /// `is_first` tells that what was published before does not count.
    pub(super) fn poll(&mut self, detail: Detail, is_first: bool) {
        if let Some(observed) = &self.observed {
            let joins = [Role::Publisher, Role::Subscriber].map(|role| observed.joins(role));
            if self.joins != Some(joins) {
                self.joins = Some(joins);
                self.problem = self.scan(is_first).err().map(|error| error.to_string());
            }
        }
        let now = now_ns();
        for publisher in &mut self.publishers {
            publisher.poll(now, detail, &mut self.period);
        }
        for subscriber in &mut self.subscribers {
            subscriber.poll(now, detail, &self.publishers, &mut self.period);
        }
    }

    /// Looks for the topic's directory, which may be another than before, and for endpoints that
    /// have died. The next poll scans.
    pub(super) fn refresh(&mut self, observer: &Observer, detail: Detail) {
        if self.observed.as_ref().is_none_or(|observed| !observed.is_current()) {
            (self.observed, self.problem) = match observer.topic(&self.name) {
                Ok(observed) => (observed, None),
                Err(error) => (None, Some(error.to_string())),
            };
            self.joins = None;
            self.problems.clear();
        }
        if self.problems().next().is_some() {
            self.joins = None; // try again to open what could not be opened
        }
        self.remove_ended(detail);
    }

    fn remove_ended(&mut self, detail: Detail) {
        let ended = |publisher: &mut PublisherMeter| publisher.has_ended();
        for mut publisher in self.publishers.extract_if(.., ended) {
            // Its last messages, which were published before it ended.
            publisher.poll(now_ns(), detail, &mut self.period);
            self.ended.push_front((publisher.id(), publisher.next()));
        }
        self.ended.truncate(REMEMBERED);
        let ended = |subscriber: &mut SubscriberMeter| subscriber.has_ended();
        for mut subscriber in self.subscribers.extract_if(.., ended) {
            subscriber.poll(now_ns(), detail, &self.publishers, &mut self.period);
        }
    }

    fn scan(&mut self, is_first: bool) -> Result<(), RegistryError> {
        let Some(observed) = &self.observed else { return Ok(()) };
        self.problems.clear();
        for endpoint in observed.endpoints()?.into_iter().filter(|endpoint| endpoint.alive) {
            let opened = match endpoint.peer {
                Ok(peer) if self.publishers.iter().any(|known| known.id() == peer.id) => Ok(()),
                Ok(peer) if self.subscribers.iter().any(|known| known.id() == peer.id) => Ok(()),
                Ok(peer) if peer.role == Role::Publisher => {
                    let counted = self.ended.iter().find(|(id, _)| *id == peer.id).map(|&(_, next)| next);
                    open_publisher(observed, peer, counted, is_first).map(|meter| self.publishers.push(meter))
                }
                Ok(peer) => open_subscriber(observed, peer, is_first).map(|meter| self.subscribers.push(meter)),
                Err(error) => Err(error.to_string()),
            };
            if let Err(problem) = opened {
                self.problems.insert(endpoint.entry, problem);
            }
        }
        Ok(())
    }
}

fn open_publisher(
    observed: &ObservedTopic,
    peer: Peer,
    counted: Option<u64>,
    is_first: bool,
) -> Result<PublisherMeter, String> {
    let name = peer.name.to_string();
    let announced_at = peer.qos.first_sequence;
    let publisher = observed.publisher(peer).map_err(|error| format!("publisher ({name}): {error}"))?;
    let next = match counted {
        Some(next) => next,
        None if is_first => publisher.published(),
        None => announced_at,
    };
    Ok(PublisherMeter::new(publisher, next))
}

fn open_subscriber(observed: &ObservedTopic, peer: Peer, is_first: bool) -> Result<SubscriberMeter, String> {
    let name = peer.name.to_string();
    let subscriber = observed.subscriber(peer).map_err(|error| format!("subscriber ({name}): {error}"))?;
    Ok(SubscriberMeter::new(subscriber, is_first))
}

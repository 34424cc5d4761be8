//! Whether everybody has done all that follows from what was played.
//!
//! A message is read before it is processed, so that a subscriber has read it does not say that its
//! output is out. So it is checked, too, that no thread of a process of the domain has anything to do:
//! all are asleep, and none has run between two looks. In between everything that was published is
//! found to be read. What is true then stays true until something comes from outside.

use super::PlayError;
use procfs::process::Process;
use slotcast::observer::{ObservedPublisher, ObservedSubscriber, ObservedTopic};
use slotcast::registry::{PeerName, RegistryError, Role};
use slotcast::{Domain, Observer, ProcessState, TopicName};
use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait between two looks at most.
const PAUSE: Duration = Duration::from_micros(500);

pub(super) struct Rest {
    observer: Observer,
    domain: Domain,
    timeout: Duration,
    topics: BTreeMap<TopicName, Watched>,
}

/// A topic, and its endpoints.
struct Watched {
    topic: ObservedTopic,
    joins: [u64; 2],
    publishers: Vec<ObservedPublisher>,
    subscribers: Vec<ObservedSubscriber>,
    /// Those whose memory is not needed here.
    others: Vec<PeerName>,
}

/// A thread, and how often it has been put to sleep.
type Asleep = (i32, u64);

impl Rest {
    pub(super) fn new(domain: &Domain, timeout: Duration) -> Self {
        Self { observer: Observer::new(domain), domain: domain.clone(), timeout, topics: BTreeMap::new() }
    }

    /// Waits until all is done. Returns `false` if `stop` returns `true` first.
    pub(super) fn wait(&mut self, mut stop: impl FnMut() -> bool) -> Result<bool, PlayError> {
        let begun = Instant::now();
        let mut pause = Duration::from_micros(10);
        loop {
            match self.check()? {
                Ok(()) => return Ok(true),
                Err(reason) if begun.elapsed() >= self.timeout => {
                    return Err(PlayError::NotAtRest { time: self.timeout, reason });
                }
                Err(_) if stop() => return Ok(false),
                Err(_) => thread::sleep(pause),
            }
            pause = (2 * pause).min(PAUSE);
        }
    }

    /// Returns why not all is done, if it is not.
    fn check(&mut self) -> Result<Result<(), String>, PlayError> {
        self.update()?;
        let before = match self.threads() {
            Ok(threads) => threads,
            Err(reason) => return Ok(Err(reason)),
        };
        if let Some(reason) = self.topics.values().find_map(Watched::unread) {
            return Ok(Err(reason));
        }
        Ok(self.threads().and_then(|after| {
            if before == after { Ok(()) } else { Err("the programs of the domain do not come to rest".to_owned()) }
        }))
    }

    /// Finds topics and endpoints that have come or gone.
    fn update(&mut self) -> Result<(), RegistryError> {
        let names: BTreeSet<_> = self.domain.topics()?.into_iter().collect();
        self.topics.retain(|name, watched| names.contains(name) && watched.topic.is_current());
        for name in names {
            let joins = self.topics.get(&name).map(|watched| watched.joins);
            if joins.is_some_and(|joins| joins == joins_of(&self.topics[&name].topic)) {
                continue;
            }
            // It may be removed meanwhile, or its removal may be going on.
            if let Ok(Some(topic)) = self.observer.topic(name.clone()) {
                self.topics.insert(name, Watched::new(topic)?);
            }
        }
        Ok(())
    }

    /// Returns the threads of all other processes of the domain, if they are all asleep.
    fn threads(&self) -> Result<Vec<Asleep>, String> {
        let own = std::process::id();
        let peers: BTreeMap<u32, &PeerName> =
            self.topics.values().flat_map(Watched::peers).map(|peer| (peer.pid, peer)).collect();
        let mut threads = Vec::new();
        for (_, peer) in peers.into_iter().filter(|(pid, _)| *pid != own) {
            add_threads(peer, &mut threads)?;
        }
        Ok(threads)
    }
}

fn joins_of(topic: &ObservedTopic) -> [u64; 2] {
    [Role::Publisher, Role::Subscriber].map(|role| topic.joins(role))
}

impl Watched {
    fn new(topic: ObservedTopic) -> Result<Self, RegistryError> {
        let joins = joins_of(&topic); // before the endpoints: one that comes meanwhile changes it
        let (mut publishers, mut subscribers, mut others) = (Vec::new(), Vec::new(), Vec::new());
        // Services and values are read when a program wants to: only that it sleeps counts.
        let is_read = topic.name().split().1.is_none();
        for endpoint in topic.endpoints()? {
            let Ok(peer) = endpoint.peer else { continue };
            match peer.role {
                _ if !endpoint.alive => {}
                Role::Publisher if is_read => publishers.extend(topic.publisher(peer).ok()),
                Role::Subscriber if is_read => subscribers.extend(topic.subscriber(peer).ok()),
                _ => others.push(peer.name.clone()),
            }
        }
        Ok(Self { topic, joins, publishers, subscribers, others })
    }

    fn peers(&self) -> impl Iterator<Item = &PeerName> {
        let publishers = self.publishers.iter().map(|publisher| &publisher.peer().name);
        let subscribers = self.subscribers.iter().map(|subscriber| &subscriber.peer().name);
        publishers.chain(subscribers).chain(&self.others)
    }

    /// Returns who has not read what, if somebody has not.
    fn unread(&self) -> Option<String> {
        for subscriber in &self.subscribers {
            for publisher in &self.publishers {
                let published = publisher.published();
                let cursor = subscriber.progress_with(publisher.peer().id).map_or(0, |progress| progress.cursor);
                if cursor >= published || subscriber.state().is_none() || publisher.state().is_none() {
                    continue;
                }
                let (topic, unread) = (self.topic.name(), published - cursor);
                let is_stopped = subscriber.state() == Some(ProcessState::Stopped);
                let why = if is_stopped { ", because it is stopped" } else { "" };
                let messages = if unread == 1 { "message" } else { "messages" };
                return Some(format!(
                    "topic \"{topic}\": the subscriber ({}) has not read {unread} {messages}{why}",
                    subscriber.peer().name
                ));
            }
        }
        None
    }
}

/// Adds the threads of a process if all are asleep. One that has ended has none.
fn add_threads(peer: &PeerName, threads: &mut Vec<Asleep>) -> Result<(), String> {
    let Ok(tasks) = i32::try_from(peer.pid).map_err(drop).and_then(|pid| {
        let process = Process::new(pid).map_err(drop)?;
        process.tasks().map_err(drop)
    }) else {
        return Ok(());
    };
    for task in tasks {
        let Ok(status) = task.and_then(|task| task.status()) else { continue };
        match status.state.chars().next() {
            Some('S' | 'I') => {}
            Some('Z' | 'X') => continue,
            Some('T' | 't') => return Err(format!("the process ({peer}) is stopped")),
            _ => return Err(format!("the process ({peer}) computes")),
        }
        let switches = status.voluntary_ctxt_switches.zip(status.nonvoluntary_ctxt_switches);
        let (voluntary, involuntary) = switches.unwrap_or_default();
        threads.push((status.pid, voluntary.wrapping_add(involuntary)));
    }
    Ok(())
}

//! The thread that watches: it receives, and notices what happens.

use super::incident::{Beginning, Incident};
use super::settings::BlackBoxBuilder;
use super::status::Shared;
use super::topic::Watched;
use super::window::{Held, Window};
use crate::recorder::RecordError;
use slotcast::dynamic::Sample;
use slotcast::registry::Role;
use slotcast::{EndpointId, MemberEvent, Observer, ProcessState, RecvError, TopicName};
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

/// How often topics and publishers that have come are looked for, and whether any are stopped.
const LOOK: Duration = Duration::from_millis(20);
/// How many messages of a topic are received before the next topic has its turn.
const TURN: u64 = 256;
/// The times between two polls.
const PAUSES: (Duration, Duration) = (Duration::from_micros(100), Duration::from_millis(2));

pub(super) struct Watch {
    settings: BlackBoxBuilder,
    folder: PathBuf,
    observer: Observer,
    topics: BTreeMap<TopicName, Watched>,
    /// The messages of the last seconds, if seconds were asked for.
    window: Option<Window>,
    incident: Option<Incident>,
    /// Publishers that are stopped, and were reported.
    stopped: HashSet<EndpointId>,
    messages: u64,
    shared: Arc<Shared>,
}

impl Watch {
    pub(super) fn new(settings: BlackBoxBuilder, folder: PathBuf, shared: Arc<Shared>) -> Self {
        let window = settings.before.map(|time| Window::new(time, settings.memory));
        Self {
            observer: Observer::new(&settings.domain),
            settings,
            folder,
            topics: BTreeMap::new(),
            window,
            incident: None,
            stopped: HashSet::new(),
            messages: 0,
            shared,
        }
    }

    /// Finds the topics that exist.
    pub(super) fn begin(&mut self) -> Result<(), RecordError> {
        self.look()?;
        self.notice_members() // so that their deaths are noticed from now on
    }

    /// Watches until it is told to end.
    pub(super) fn run(mut self) {
        if let Err(error) = self.watch().and_then(|()| self.end_incident()) {
            self.shared.fail(error);
        }
    }

    fn watch(&mut self) -> Result<(), RecordError> {
        let (mut look_at, mut pause) = (Instant::now(), PAUSES.1);
        while !self.shared.stop.load(Ordering::Acquire) {
            let fullest = self.receive()?;
            self.notice_members()?;
            for reason in self.shared.take_triggers() {
                self.happened(reason)?;
            }
            if Instant::now() >= look_at {
                self.look()?;
                self.notice_stopped()?;
                look_at = Instant::now() + LOOK;
            }
            if self.incident.as_ref().is_some_and(Incident::is_over) {
                self.receive()?; // what was published until now
                self.end_incident()?;
            }
            self.tell();
            if fullest < TURN {
                pause = if fullest > TURN / 8 { pause / 2 } else { pause * 5 / 4 };
                pause = pause.clamp(PAUSES.0, PAUSES.1);
                thread::sleep(pause);
            }
        }
        // What has happened just before is written, too.
        self.receive()?;
        self.notice_members()?;
        self.shared.take_triggers().into_iter().try_for_each(|reason| self.happened(reason))?;
        self.receive().map(drop)
    }

    /// Returns whether messages are received as they come. Otherwise they stay in the rings until
    /// something happens.
    fn receives(&self) -> bool {
        self.window.is_some() || self.incident.is_some()
    }

    /// Returns whether messages are read for their contents, while they stay in the rings.
    fn scouts(&self) -> bool {
        self.window.is_none() && !self.settings.on_message.is_empty()
    }

    /// Receives from each topic in turn. Returns how many there were of the topic that had most.
    fn receive(&mut self) -> Result<u64, RecordError> {
        let mut fullest = 0;
        let mut topics = std::mem::take(&mut self.topics);
        let received: Result<(), RecordError> = topics.values_mut().try_for_each(|topic| {
            if self.scouts() {
                fullest = fullest.max(self.scout(topic)?); // first: it may be that this begins a file
            }
            if self.receives() {
                fullest = fullest.max(self.receive_from(topic)?);
            }
            Ok(())
        });
        self.topics = topics;
        received?;
        if let Some(window) = &mut self.window {
            window.forget(slotcast::now_ns());
        }
        Ok(fullest)
    }

    fn receive_from(&mut self, topic: &mut Watched) -> Result<u64, RecordError> {
        let mut count = 0;
        while count < TURN {
            match topic.next(&self.settings.domain) {
                Ok(None) => break,
                Ok(Some(held)) => self.keep(held)?,
                Err(error) => self.refused(topic, &error),
            }
            count += 1;
        }
        Ok(count)
    }

    fn keep(&mut self, held: Held) -> Result<(), RecordError> {
        if self.scouts() {
            if let Some(incident) = &mut self.incident {
                incident.put(held); // it was read for its contents already
            }
            return Ok(());
        }
        self.messages += 1;
        let reasons = self.reasons(&held.origin.topic, &held.sample);
        match (&mut self.incident, &mut self.window) {
            (Some(incident), _) => incident.put(held),
            (None, Some(window)) => window.add(held),
            (None, None) => {} // it is not received then
        }
        reasons.into_iter().try_for_each(|reason| self.happened(reason))
    }

    /// Reads a topic's messages for their contents.
    fn scout(&mut self, topic: &mut Watched) -> Result<u64, RecordError> {
        let mut count = 0;
        while count < TURN {
            match topic.scouted() {
                Ok(None) => break,
                Ok(Some(sample)) => {
                    self.messages += 1;
                    let reasons = self.reasons(&topic.name, &sample);
                    reasons.into_iter().try_for_each(|reason| self.happened(reason))?;
                }
                Err(error) => self.refused(topic, &error),
            }
            count += 1;
        }
        Ok(count)
    }

    fn reasons(&mut self, topic: &TopicName, sample: &Sample) -> Vec<String> {
        self.settings.on_message.iter_mut().filter_map(|wanted| wanted(topic, sample)).collect()
    }

    fn refused(&self, topic: &mut Watched, error: &RecvError) {
        if matches!(error, RecvError::Mismatch(_)) {
            topic.close(); // the topic has another layout now
        } else {
            self.shared.problem(error.to_string());
        }
    }

    /// Begins a file, or makes the one that is written longer.
    fn happened(&mut self, reason: String) -> Result<(), RecordError> {
        let after = self.settings.after;
        if let Some(incident) = &mut self.incident {
            incident.prolong(reason, after);
            return Ok(());
        }
        let beginning = Beginning {
            folder: &self.folder,
            reason,
            after,
            memory: self.settings.memory,
            compression: self.settings.compression,
            is_short: self.window.as_ref().is_some_and(Window::is_short),
        };
        let mut incident = Incident::begin(beginning)?;
        if let Some(window) = &mut self.window {
            window.take().into_iter().for_each(|held| incident.put(held));
        }
        self.incident = Some(incident);
        Ok(())
    }

    fn end_incident(&mut self) -> Result<(), RecordError> {
        let Some(incident) = self.incident.take() else { return Ok(()) };
        let report = incident.end()?;
        self.shared.update(|status| status.incidents.push(report));
        Ok(())
    }

    /// Finds topics and publishers that have come.
    fn look(&mut self) -> Result<(), RecordError> {
        for name in self.observer.topics()? {
            if self.topics.contains_key(&name) || !self.settings.wanted.iter().any(|wanted| wanted(&name)) {
                continue;
            }
            let Ok(Some(observed)) = self.observer.topic(&name) else { continue };
            match Watched::new(&observed) {
                Ok(topic) => drop(self.topics.insert(name, topic)),
                Err(error) => self.shared.problem(error.to_string()),
            }
        }
        let scouts = self.scouts();
        for topic in self.topics.values_mut().filter(|topic| topic.reader.is_none()) {
            let Ok(Some(observed)) = self.observer.topic(&topic.name) else { continue };
            if let Err(error) = topic.open(&observed, self.settings.memory, scouts) {
                self.shared.problem(error.to_string());
            }
        }
        for topic in self.topics.values_mut() {
            if let Err(error) = topic.attach(&self.settings.domain) {
                if matches!(error, RecvError::Mismatch(_)) {
                    topic.close();
                } else {
                    self.shared.problem(error.to_string());
                }
            }
        }
        Ok(())
    }

    /// Notices endpoints that die, leave or fall silent.
    fn notice_members(&mut self) -> Result<(), RecordError> {
        let mut reasons = Vec::new();
        for topic in self.topics.values_mut() {
            loop {
                match topic.membership.try_next() {
                    Ok(None) => break,
                    Ok(Some(event)) => reasons.extend(reason(&self.settings, &topic.name, &event)),
                    Err(error) => {
                        self.shared.problem(error.to_string());
                        break;
                    }
                }
            }
        }
        if !reasons.is_empty() {
            self.receive()?; // what was published before that
        }
        reasons.into_iter().try_for_each(|reason| self.happened(reason))
    }

    /// Notices publishers that are stopped by a signal.
    fn notice_stopped(&mut self) -> Result<(), RecordError> {
        if !self.settings.on_stop {
            return Ok(());
        }
        let mut reasons = Vec::new();
        let mut stopped = HashSet::new();
        for name in self.topics.keys() {
            let Ok(Some(observed)) = self.observer.topic(name) else { continue };
            for endpoint in observed.endpoints().unwrap_or_default() {
                let Ok(peer) = endpoint.peer else { continue };
                if peer.role != Role::Publisher || !endpoint.alive {
                    continue;
                }
                let (id, named) = (peer.id, peer.name.to_string());
                let state = observed.publisher(peer).ok().and_then(|publisher| publisher.state());
                if state == Some(ProcessState::Stopped) {
                    stopped.insert(id);
                    if !self.stopped.contains(&id) {
                        reasons.push(format!("the publisher {named} of topic \"{name}\" was stopped"));
                    }
                }
            }
        }
        self.stopped = stopped;
        reasons.into_iter().try_for_each(|reason| self.happened(reason))
    }

    fn tell(&self) {
        let now = slotcast::now_ns();
        self.shared.update(|status| {
            status.topics = self.topics.len();
            status.messages = self.messages;
            status.lost = self.topics.values().map(Watched::lost).sum();
            status.kept = self.window.as_ref().map_or(0, Window::bytes);
            status.reaches_back = self.window.as_ref().map_or(Duration::ZERO, |window| window.reaches_back(now));
            status.is_short = self.window.as_ref().is_some_and(Window::is_short);
        });
    }
}

/// Returns why an event is a reason to write a file, if it is one.
fn reason(settings: &BlackBoxBuilder, topic: &TopicName, event: &MemberEvent) -> Option<String> {
    let is_publisher = event.peer().is_some_and(|peer| peer.role == Role::Publisher);
    match event {
        MemberEvent::Died(peer) if settings.on_crash => {
            Some(format!("the {} {peer} of topic \"{topic}\" died", peer.role))
        }
        MemberEvent::Left(peer) if settings.on_stop && is_publisher => {
            Some(format!("the publisher {peer} of topic \"{topic}\" left"))
        }
        MemberEvent::Quiet { peer, silent, .. } if settings.on_stop => {
            Some(format!("the publisher {peer} of topic \"{topic}\" shows no sign of life for {silent:?}"))
        }
        _ => None,
    }
}

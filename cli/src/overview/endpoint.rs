//! Publishers and subscribers.

use super::processes::{Process, Processes};
use serde::Serialize;
use slotcast::observer::{self, ObservedPublisher, ObservedTopic};
use slotcast::registry::{Peer, Qos};
use slotcast::{EndpointId, ProcessState};
use std::collections::HashMap;

/// An endpoint, dead or alive. `D` is what only publishers or only subscribers have.
#[derive(Serialize)]
pub(crate) struct Endpoint<D> {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) pid: Option<u32>,
    pub(crate) program: String,
    /// The arguments that its process was started with, if it lives and they can be read.
    pub(crate) command: Option<String>,
    pub(crate) alive: bool,
    /// `running`, `stopped`, `alive` if no more can be seen, or `dead`.
    pub(crate) state: &'static str,
    #[serde(rename = "type")]
    pub(crate) type_name: Option<String>,
    pub(crate) schema_hash: Option<String>,
    pub(crate) qos: Option<Qos>,
    /// How many bytes of memory it has allocated.
    pub(crate) memory_bytes: Option<u64>,
    /// How many bytes its memory can have.
    pub(crate) memory_limit_bytes: Option<u64>,
    #[serde(flatten)]
    pub(crate) details: D,
    /// Why no more can be seen.
    pub(crate) error: Option<String>,
}

/// What a publisher has done.
#[derive(Default, Serialize)]
pub(crate) struct Publisher {
    pub(crate) published: Option<u64>,
    /// Messages a second, if it was measured.
    pub(crate) rate_hz: Option<f64>,
}

/// What a subscriber has done, with all publishers.
#[derive(Default, Serialize)]
pub(crate) struct Subscriber {
    pub(crate) received: Option<u64>,
    pub(crate) lost: Option<u64>,
    pub(crate) skipped: Option<u64>,
    /// How many messages are published and not read.
    pub(crate) behind: Option<u64>,
    /// How many large messages it holds in place.
    pub(crate) held: Option<usize>,
    pub(crate) max_held: Option<usize>,
}

impl Endpoint<Publisher> {
    /// Describes a publisher, and returns it opened, if it lives.
    pub(super) fn of_publisher(
        topic: &ObservedTopic,
        endpoint: observer::Endpoint,
        processes: &mut Processes,
    ) -> (Self, Option<ObservedPublisher>) {
        let (mut this, peer) = Self::new(topic, endpoint);
        let opened = peer.filter(|_| this.alive).map(|peer| topic.publisher(peer));
        let publisher = match opened {
            Some(Ok(publisher)) => publisher,
            Some(Err(error)) => {
                this.error = Some(error.to_string());
                return (this, None);
            }
            None => return (this, None),
        };
        this.details.published = Some(publisher.published());
        this.set_process(processes.of(publisher.peer(), || publisher.state()));
        (this, Some(publisher))
    }
}

impl Endpoint<Subscriber> {
    /// Describes a subscriber.
    pub(super) fn of_subscriber(
        topic: &ObservedTopic,
        endpoint: observer::Endpoint,
        published: &HashMap<EndpointId, u64>,
        processes: &mut Processes,
    ) -> Self {
        let (mut this, peer) = Self::new(topic, endpoint);
        match peer.filter(|_| this.alive).map(|peer| topic.subscriber(peer)) {
            None => {}
            Some(Err(error)) => this.error = Some(error.to_string()),
            Some(Ok(subscriber)) => {
                let unread = subscriber.progress().filter_map(|(publisher, progress)| {
                    Some(published.get(&publisher)?.saturating_sub(progress.cursor))
                });
                let behind = unread.fold(0, u64::saturating_add);
                this.details = Subscriber {
                    received: Some(subscriber.received()),
                    lost: Some(subscriber.lost()),
                    skipped: Some(subscriber.skipped()),
                    behind: Some(behind),
                    held: Some(subscriber.held()),
                    max_held: Some(subscriber.max_held()),
                };
                this.set_process(processes.of(subscriber.peer(), || subscriber.state()));
            }
        }
        this
    }
}

impl<D: Default> Endpoint<D> {
    fn new(topic: &ObservedTopic, endpoint: observer::Endpoint) -> (Self, Option<Peer>) {
        let observer::Endpoint { entry, peer, alive } = endpoint;
        let (peer, error) = match peer {
            Ok(peer) => (Some(peer), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let memory = peer.as_ref().filter(|_| alive).and_then(|peer| topic.memory(peer).ok());
        let pid = peer.as_ref().map(|peer| peer.name.pid);
        let this = Self {
            id: peer.as_ref().map_or(entry, |peer| peer.id.to_string()),
            name: peer.as_ref().map(|peer| peer.name.name.clone()).unwrap_or_default(),
            pid,
            program: peer.as_ref().map(|peer| peer.name.program.clone()).unwrap_or_default(),
            command: None,
            alive,
            state: if alive { "alive" } else { "dead" },
            type_name: peer.as_ref().map(|peer| peer.schema.type_name().to_string()),
            schema_hash: peer.as_ref().map(|peer| peer.hash.to_string()),
            qos: peer.as_ref().map(|peer| peer.qos.clone()),
            memory_bytes: memory.map(|memory| memory.allocated),
            memory_limit_bytes: memory.map(|memory| memory.reserved),
            details: D::default(),
            error,
        };
        (this, peer)
    }

    /// Notes what its process does; without one, that it has just ended.
    fn set_process(&mut self, process: Option<&Process>) {
        self.alive = process.is_some();
        self.state = match process.map(|process| process.state) {
            Some(ProcessState::Running) => "running",
            Some(ProcessState::Stopped) => "stopped",
            Some(_) => "alive",
            None => "dead",
        };
        self.command = process.and_then(|process| process.command.clone());
    }
}

impl<D> Endpoint<D> {
    /// Returns what people call it.
    pub(crate) fn title(&self) -> String {
        let pid = self.pid.map_or_else(|| "an endpoint that cannot be read".to_owned(), |pid| format!("pid {pid}"));
        let program =
            if self.program.is_empty() { String::new() } else { format!(", {}", self.program.escape_debug()) };
        let name = if self.name.is_empty() { String::new() } else { format!(" \"{}\"", self.name.escape_debug()) };
        format!("{pid}{program}{name}")
    }
}

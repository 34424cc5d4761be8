//! What can be seen of topics and endpoints without being noticed.
//!
//! The structs are what `list` and `info` print as JSON, and that form is stable: fields are added,
//! but none is renamed or removed.

mod endpoint;
mod problems;
mod processes;
mod rate;
pub(crate) mod text;

pub(crate) use endpoint::{Endpoint, Publisher, Subscriber};

use crate::context::Context;
use crate::output::{self, tell};
use anyhow::Result;
use processes::Processes;
use serde::Serialize;
use slotcast::TopicName;
use slotcast::dynamic::Layout;
use slotcast::observer::{ObservedPublisher, ObservedTopic};
use slotcast::registry::{Role, TopicView};
use slotcast::schema::{Kind, Schema};
use std::time::Duration;

/// A topic.
#[derive(Serialize)]
pub(crate) struct Topic {
    pub(crate) topic: String,
    /// The type of its messages; `None` if it has no living endpoint that can be read.
    #[serde(rename = "type")]
    pub(crate) type_name: Option<String>,
    pub(crate) schema_hash: Option<String>,
    /// How many bytes a message has; `None` if that varies.
    pub(crate) message_bytes: Option<u64>,
    /// Messages a second of all living publishers; `None` if it was not measured.
    pub(crate) rate_hz: Option<f64>,
    /// How many bytes of memory its endpoints have allocated.
    pub(crate) memory_bytes: u64,
    pub(crate) problems: Vec<String>,
    pub(crate) publishers: Vec<Endpoint<Publisher>>,
    pub(crate) subscribers: Vec<Endpoint<Subscriber>>,
    /// The layout of its messages.
    #[serde(skip)]
    pub(crate) layout: Option<Layout>,
    #[serde(skip)]
    observed: Vec<(usize, ObservedPublisher)>,
}

/// Returns whether a living endpoint is on a topic. Reads no more than it has to.
///
/// # Errors
/// When the registry cannot be read.
pub(crate) fn is_alive(context: &Context, topic: &TopicName) -> Result<bool> {
    let Some(view) = TopicView::open(&context.domain, topic)? else { return Ok(false) };
    for role in [Role::Publisher, Role::Subscriber] {
        for name in view.names(role)? {
            if view.endpoint(&name)?.is_some_and(|endpoint| endpoint.alive) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Tells that topics were found, but no endpoint on them lives: otherwise a person would look at
/// nothing.
pub(crate) fn tell_dead(topics: usize, living: usize) {
    if topics > 0 && living == 0 {
        let topics = output::count(topics, "topic");
        tell!("{topics}, but all endpoints are dead: `slotcast list -v` shows them, `slotcast clean` removes them");
    }
}

/// Returns the layout of a topic's messages: that of its first living endpoint, which is a
/// publisher if there is one. Returns `None` if there is none that can be read.
///
/// # Errors
/// When the registry cannot be read.
pub(crate) fn layout(context: &Context, topic: &TopicName) -> Result<Option<Layout>> {
    let Some(view) = TopicView::open(&context.domain, topic)? else { return Ok(None) };
    for role in [Role::Publisher, Role::Subscriber] {
        for name in view.names(role)? {
            if let Some(peer) = view.peer(&name)?.live()
                && let Ok(layout) = Layout::new(peer.schema)
            {
                return Ok(Some(layout));
            }
        }
    }
    Ok(None)
}

/// Returns the name of the type of a topic's messages; see [`layout`].
///
/// # Errors
/// When the registry cannot be read.
pub(crate) fn type_name(context: &Context, topic: &TopicName) -> Result<Option<String>> {
    Ok(layout(context, topic)?.map(|layout| layout.schema().type_name().to_string()))
}

/// Adds the names of the types that a type consists of.
pub(crate) fn collect_type_names(schema: &Schema, names: &mut Vec<String>) {
    let mut add = |part: &Schema| {
        names.push(part.type_name().to_string());
        collect_type_names(part, names);
    };
    match &schema.kind {
        Kind::Struct { fields } => fields.iter().for_each(|field| add(field.schema.get())),
        Kind::Array { element, .. } | Kind::List { element, .. } => add(element.get()),
        Kind::Slice { header, element } => header.iter().chain([element]).for_each(|part| add(part.get())),
        _ => {}
    }
}

/// Describes topics. Those that end meanwhile are left out. With a `window`, rates are measured for
/// that long.
///
/// # Errors
/// When the registry cannot be read.
pub(crate) fn of_topics(context: &Context, names: &[TopicName], window: Option<Duration>) -> Result<Vec<Topic>> {
    let (mut topics, mut processes) = (Vec::new(), Processes::default());
    for name in names {
        if let Some(observed) = context.observer().topic(name)? {
            topics.push(Topic::new(&observed, &mut processes)?);
        }
    }
    if let Some(window) = window {
        rate::measure(&mut topics, window);
    }
    Ok(topics)
}

impl Topic {
    fn new(observed: &ObservedTopic, processes: &mut Processes) -> Result<Self> {
        let (mut publishers, mut subscribers, mut opened) = (Vec::new(), Vec::new(), Vec::new());
        let mut layout: Option<Layout> = None;
        for endpoint in observed.endpoints()? {
            if let Ok(peer) = &endpoint.peer
                && endpoint.alive
                && layout.is_none()
            {
                layout = Layout::new(peer.schema.clone()).ok();
            }
            // The names of entries begin with the role.
            if endpoint.entry.starts_with('p') {
                let (publisher, memory) = Endpoint::of_publisher(observed, endpoint, processes);
                opened.extend(memory.map(|memory| (publishers.len(), memory)));
                publishers.push(publisher);
            } else {
                subscribers.push(endpoint);
            }
        }
        let published = opened.iter().map(|(_, publisher)| (publisher.peer().id, publisher.published())).collect();
        let subscribers: Vec<_> = subscribers
            .into_iter()
            .map(|endpoint| Endpoint::of_subscriber(observed, endpoint, &published, processes))
            .collect();
        let memory = |memory: Option<u64>| memory.unwrap_or(0);
        let memory_bytes = publishers.iter().map(|endpoint| memory(endpoint.memory_bytes)).sum::<u64>()
            + subscribers.iter().map(|endpoint| memory(endpoint.memory_bytes)).sum::<u64>();
        let mut this = Self {
            topic: observed.name().to_string(),
            type_name: layout.as_ref().map(|layout| layout.schema().type_name().to_string()),
            schema_hash: layout.as_ref().map(|layout| layout.hash().to_string()),
            message_bytes: layout.as_ref().filter(|layout| !layout.is_variable()).map(|layout| layout.size() as u64),
            rate_hz: None,
            memory_bytes,
            problems: Vec::new(),
            publishers,
            subscribers,
            layout,
            observed: opened,
        };
        this.problems = problems::of(&this);
        Ok(this)
    }

    /// Returns how many publishers live.
    pub(crate) fn living_publishers(&self) -> usize {
        self.publishers.iter().filter(|endpoint| endpoint.alive).count()
    }

    /// Returns how many subscribers live.
    pub(crate) fn living_subscribers(&self) -> usize {
        self.subscribers.iter().filter(|endpoint| endpoint.alive).count()
    }
}

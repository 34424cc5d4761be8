//! The page as JSON.

use crate::counted::Shown;
use crate::rates::{self, EndpointSummary, Refresh, TopicSummary};
use serde::Serialize;
use slotcast::ProcessState;
use slotcast::registry::Role;

#[derive(Serialize)]
struct Page<'a> {
    refresh: u64,
    seconds: f64,
    topics: Vec<Topic<'a>>,
    counters: &'a [Shown],
}

#[derive(Serialize)]
struct Topic<'a> {
    topic: &'a str,
    r#type: Option<&'a str>,
    publishers: usize,
    subscribers: usize,
    messages: u64,
    hz: f64,
    bytes: u64,
    bytes_per_second: f64,
    /// Whether the bytes are partly estimated.
    estimated: bool,
    unread: u64,
    lost: u64,
    held: usize,
    memory_bytes: u64,
    total: Total,
    problems: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoints: Option<Vec<Endpoint<'a>>>,
}

#[derive(Serialize)]
struct Total {
    messages: u64,
    bytes: u64,
    received: u64,
    lost: u64,
}

#[derive(Serialize)]
struct Endpoint<'a> {
    role: Role,
    id: String,
    pid: u32,
    program: &'a str,
    name: &'a str,
    state: &'static str,
    /// Publisher: published. Subscriber: received.
    messages: u64,
    lost: u64,
    unread: u64,
    held: usize,
    memory_bytes: Option<u64>,
}

/// Returns a page as one line.
pub(super) fn line(
    refresh: Refresh,
    topics: &[TopicSummary],
    counters: &[Shown],
    with_endpoints: bool,
) -> serde_json::Result<String> {
    let topics = topics.iter().map(|topic| of_topic(topic, with_endpoints)).collect();
    serde_json::to_string(&Page { refresh: refresh.number, seconds: refresh.time.as_secs_f64(), topics, counters })
}

fn of_topic(topic: &TopicSummary, with_endpoints: bool) -> Topic<'_> {
    Topic {
        topic: &topic.topic,
        r#type: topic.type_name.as_deref(),
        publishers: topic.count(Role::Publisher),
        subscribers: topic.count(Role::Subscriber),
        messages: topic.messages,
        hz: rates::per_second(topic.messages, topic.time),
        bytes: topic.bytes,
        bytes_per_second: rates::per_second(topic.bytes, topic.time),
        estimated: topic.is_estimated,
        unread: topic.unread(),
        lost: topic.lost,
        held: topic.held(),
        memory_bytes: topic.memory(),
        total: Total {
            messages: topic.total.messages,
            bytes: topic.total.bytes,
            received: topic.total.received,
            lost: topic.total.lost,
        },
        problems: &topic.problems,
        endpoints: with_endpoints.then(|| topic.endpoints.iter().map(of_endpoint).collect()),
    }
}

fn of_endpoint(endpoint: &EndpointSummary) -> Endpoint<'_> {
    let EndpointSummary { name, state, memory, messages, lost, unread, held } = endpoint;
    Endpoint {
        role: name.role,
        id: name.id.to_string(),
        pid: name.pid,
        program: &name.program,
        name: &name.name,
        state: match state {
            None => "ended",
            Some(ProcessState::Running) => "running",
            Some(ProcessState::Stopped) => "stopped",
            Some(_) => "alive",
        },
        messages: *messages,
        lost: *lost,
        unread: *unread,
        held: *held,
        memory_bytes: *memory,
    }
}

//! The text that Prometheus reads.

use crate::counted::Shown;
use crate::rates::{EndpointSummary, TopicSummary};
use anyhow::Result;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use slotcast::ProcessState;
use slotcast::registry::Role;
use std::sync::atomic::AtomicU64;

/// The type of the text.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTopic {
    topic: String,
}

/// A set of counters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSet {
    set: String,
    pid: u32,
    program: String,
    name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfCounter {
    #[prometheus(flatten)]
    of: OfSet,
    label: String,
    unit: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfError {
    #[prometheus(flatten)]
    of: OfSet,
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRole {
    topic: String,
    role: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSubscriber {
    topic: String,
    id: String,
    pid: u32,
    program: String,
    name: String,
}

/// Returns the text about these topics.
pub(super) fn text(topics: &[TopicSummary], sets: &[Shown]) -> Result<String> {
    let mut registry = Registry::with_prefix("slotcast");
    counters(&mut registry, topics);
    endpoints(&mut registry, topics);
    subscribers(&mut registry, topics);
    memory(&mut registry, topics);
    of_processes(&mut registry, sets);
    let mut out = String::new();
    text::encode(&mut out, &registry)?;
    Ok(out)
}

fn of(topic: &TopicSummary) -> OfTopic {
    OfTopic { topic: topic.topic.clone() }
}

fn counters(registry: &mut Registry, topics: &[TopicSummary]) {
    let counter = |count: fn(&TopicSummary) -> u64| {
        let family = Family::<OfTopic, Counter>::default();
        for topic in topics {
            family.get_or_create(&of(topic)).inc_by(count(topic));
        }
        family
    };
    registry.register(
        "published_messages",
        "Messages that were published since the exporter first saw the topic",
        counter(|topic| topic.total.messages),
    );
    registry.register_with_unit(
        "published",
        "Size of these messages; that of messages of variable size is partly estimated if they are fast",
        Unit::Bytes,
        counter(|topic| topic.total.bytes),
    );
    registry.register(
        "received_messages",
        "Messages that were delivered to subscribers; each counts once for each of them",
        counter(|topic| topic.total.received),
    );
    registry.register(
        "lost_messages",
        "Messages that were overwritten before a subscriber read them; each counts once for each subscriber",
        counter(|topic| topic.total.lost),
    );
}

fn endpoints(registry: &mut Registry, topics: &[TopicSummary]) {
    let (alive, stopped) = (Family::<OfRole, Gauge>::default(), Family::<OfRole, Gauge>::default());
    for topic in topics {
        for role in [Role::Publisher, Role::Subscriber] {
            let labels = OfRole { topic: topic.topic.clone(), role: role.to_string() };
            let is_stopped = |endpoint: &&EndpointSummary| {
                endpoint.name.role == role && endpoint.state == Some(ProcessState::Stopped)
            };
            alive.get_or_create(&labels).set(gauge(topic.count(role)));
            stopped.get_or_create(&labels).set(gauge(topic.endpoints.iter().filter(is_stopped).count()));
        }
    }
    registry.register("endpoints", "Endpoints that are alive", alive);
    registry.register("stopped_endpoints", "Endpoints whose process is alive and stopped", stopped);
}

fn subscribers(registry: &mut Registry, topics: &[TopicSummary]) {
    let (unread, held) = (Family::<OfSubscriber, Gauge>::default(), Family::<OfSubscriber, Gauge>::default());
    for topic in topics {
        for endpoint in topic.endpoints.iter().filter(|endpoint| endpoint.name.role == Role::Subscriber) {
            let labels = OfSubscriber {
                topic: topic.topic.clone(),
                id: endpoint.name.id.to_string(),
                pid: endpoint.name.pid,
                program: endpoint.name.program.clone(),
                name: endpoint.name.name.clone(),
            };
            unread.get_or_create(&labels).set(i64::try_from(endpoint.unread).unwrap_or(i64::MAX));
            held.get_or_create(&labels).set(gauge(endpoint.held));
        }
    }
    registry.register(
        "unread_messages",
        "Messages that a subscriber has not read, of the publisher of which it has read least",
        unread,
    );
    registry.register("held_messages", "Large messages that a subscriber holds in place", held);
}

fn memory(registry: &mut Registry, topics: &[TopicSummary]) {
    let memory = Family::<OfTopic, Gauge>::default();
    for topic in topics {
        memory.get_or_create(&of(topic)).set(i64::try_from(topic.memory()).unwrap_or(i64::MAX));
    }
    registry.register_with_unit("memory", "Shared memory that is allocated for the topic", Unit::Bytes, memory);
}

fn of_processes(registry: &mut Registry, sets: &[Shown]) {
    let alive = Family::<OfSet, Gauge>::default();
    let values = Family::<OfCounter, Gauge>::default();
    let (errors, last) = (Family::<OfError, Counter>::default(), Family::<OfError, Gauge<f64, AtomicU64>>::default());
    for shown in sets {
        let set = || OfSet {
            set: shown.name.clone(),
            pid: shown.pid,
            program: shown.program.clone(),
            name: shown.of.clone(),
        };
        alive.get_or_create(&set()).set(shown.alive.into());
        for counter in &shown.counters {
            let labels = OfCounter { of: set(), label: counter.label.clone(), unit: counter.unit.clone() };
            values.get_or_create(&labels).set(counter.value);
        }
        for error in &shown.errors {
            let labels = OfError { of: set(), text: error.text.clone() };
            errors.get_or_create(&labels).inc_by(error.count);
            #[expect(clippy::cast_precision_loss, reason = "seconds need no nanoseconds")]
            last.get_or_create(&labels).set(error.last_ns as f64 / 1e9);
        }
    }
    registry.register("process_counters_alive", "Whether the process that shows counters has not ended", alive);
    registry.register("process_counter", "What a process shows: some only grow, others are measured", values);
    registry.register("process_errors", "How often a process has reported an error", errors);
    registry.register_with_unit("process_error_time", "When it has last, since 1970", Unit::Seconds, last);
}

fn gauge(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

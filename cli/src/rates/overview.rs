//! All topics at one moment: what `stat`, `top` and `export` show.

use super::{EndpointSummary, Watch, WatchedTopic};
use slotcast::ProcessState;
use slotcast::registry::Role;
use std::time::Duration;

/// A topic at one moment, and what has happened on it in a period before.
#[derive(Clone, Debug)]
pub(crate) struct TopicSummary {
    /// Its name.
    pub(crate) topic: String,
    /// The name of its messages' type, if a publisher is present.
    pub(crate) type_name: Option<String>,
    /// The period.
    pub(crate) time: Duration,
    /// Messages that were published in the period.
    pub(crate) messages: u64,
    /// Their size in bytes.
    pub(crate) bytes: u64,
    /// Whether that is partly estimated.
    pub(crate) is_estimated: bool,
    /// What subscribers lost in the period.
    pub(crate) lost: u64,
    /// All of that since it is watched.
    pub(crate) total: Totals,
    /// Its living endpoints, publishers first.
    pub(crate) endpoints: Vec<EndpointSummary>,
    /// What is wrong, as far as can be seen.
    pub(crate) problems: Vec<String>,
}

/// Counts since a topic is watched. They never decrease.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    pub(crate) received: u64,
    pub(crate) lost: u64,
}

impl TopicSummary {
    /// Begins a new period of a topic, and returns what the last one was.
    pub(crate) fn take(topic: &mut WatchedTopic, time: Duration) -> Self {
        let (period, endpoints) = (topic.take(), topic.endpoints());
        let total = topic.total();
        let problems = topic.problems().map(str::to_owned).chain(endpoints.iter().filter_map(problem)).collect();
        Self {
            topic: topic.name().to_string(),
            type_name: topic.type_name(),
            time,
            messages: period.messages,
            bytes: period.bytes,
            is_estimated: period.is_size_estimated(),
            lost: period.lost,
            total: Totals { messages: total.messages, bytes: total.bytes, received: total.received, lost: total.lost },
            endpoints,
            problems,
        }
    }

    /// Does that for all topics that have an endpoint.
    pub(crate) fn take_all(watch: &mut Watch, time: Duration) -> Vec<Self> {
        watch.topics_mut().filter(|topic| !topic.is_empty()).map(|topic| Self::take(topic, time)).collect()
    }

    /// Returns how many of its endpoints have this role.
    pub(crate) fn count(&self, role: Role) -> usize {
        self.endpoints.iter().filter(|endpoint| endpoint.name.role == role).count()
    }

    /// Returns how many messages the subscriber has not read that is furthest behind.
    pub(crate) fn unread(&self) -> u64 {
        self.endpoints.iter().map(|endpoint| endpoint.unread).max().unwrap_or(0)
    }

    /// Returns how many large messages subscribers hold in place.
    pub(crate) fn held(&self) -> usize {
        self.endpoints.iter().map(|endpoint| endpoint.held).sum()
    }

    /// Returns what the memory of its endpoints takes up, in bytes, as far as that could be asked.
    pub(crate) fn memory(&self) -> u64 {
        self.endpoints.iter().filter_map(|endpoint| endpoint.memory).sum()
    }
}

fn problem(endpoint: &EndpointSummary) -> Option<String> {
    let is_stopped = endpoint.state == Some(ProcessState::Stopped);
    is_stopped.then(|| {
        format!(
            "{} ({}) is stopped: continue it with `kill -CONT {}`",
            endpoint.name.role, endpoint.name, endpoint.name.pid
        )
    })
}

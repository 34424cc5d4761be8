//! `lag`: how far subscribers are behind.

use crate::context::Context;
use crate::exit::Outcome;
use crate::rates::{self, Detail, Following, Quantiles, ReaderLag, Report, WatchedTopic, Window};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// Show how far subscribers are behind, and what they lose
///
/// Subscribers report in shared memory how far they have read. What the publisher has published
/// beyond that is unread. It is counted every 5 ms, and the quantiles are over these counts. Losses
/// are counted by the subscribers, and exact.
///
/// A lossless publisher waits for a subscriber that has as many messages unread as the publisher
/// keeps ("depth"). Other subscribers lose what is unread beyond that.
#[derive(Args)]
#[command(after_help = "Examples:
  slotcast lag robot/imu
  slotcast lag '**' --format json | jq 'select(.readers[].lost > 0)'")]
pub(crate) struct Lag {
    #[command(flatten)]
    following: Following,
}

impl Lag {
    /// Prints what is unread until it is ended.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        self.following.follow(context, &mut Lags)
    }
}

struct Lags;

/// What is printed for a topic.
#[derive(Serialize)]
struct Row {
    /// What all subscribers have lost in the window.
    lost: u64,
    /// The same since the command runs.
    total_lost: u64,
    readers: Vec<Reader>,
    /// Why there are no readers.
    #[serde(skip)]
    idle: &'static str,
}

/// One subscriber, and one publisher that it reads.
#[derive(Serialize)]
struct Reader {
    subscriber: Endpoint,
    publisher: Endpoint,
    depth: u64,
    unread: u64,
    unread_at_polls: Option<Quantiles>,
    /// Since it reads this publisher.
    lost: u64,
    /// Since the oldest unread message was published; `null` if that is not known.
    oldest_unread_ns: Option<u64>,
}

/// An endpoint of another process.
#[derive(Serialize)]
pub(super) struct Endpoint {
    id: String,
    pid: u32,
    name: String,
    #[serde(skip)]
    text: String,
}

impl Endpoint {
    pub(super) fn of(name: &slotcast::registry::PeerName) -> Self {
        Self { id: name.id.to_string(), pid: name.pid, name: name.name.clone(), text: name.to_string() }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<ReaderLag> for Reader {
    fn from(lag: ReaderLag) -> Self {
        Self {
            subscriber: Endpoint::of(&lag.subscriber),
            publisher: Endpoint::of(&lag.publisher),
            depth: lag.depth,
            unread: lag.unread,
            unread_at_polls: lag.unread_at_polls,
            lost: lag.lost,
            oldest_unread_ns: lag.age,
        }
    }
}

impl Report for Lags {
    const DETAIL: Detail = Detail::Reading;
    const POLL_INTERVAL: Duration = Duration::from_millis(5);
    type Row = Row;

    fn row(&mut self, topic: &mut WatchedTopic, window: &Window) -> Row {
        let readers = topic.take_lags().into_iter().map(Reader::from).collect();
        let idle = match (topic.publishers(), topic.subscribers()) {
            (0, 0) => "no publisher and no subscriber",
            (0, _) => "no publisher",
            (_, 0) => "no subscriber",
            _ => "no subscriber has begun to read",
        };
        Row { lost: window.whole().0.lost, total_lost: topic.total().lost, readers, idle }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.readers.is_empty() {
            return write!(f, "{}; {} lost since the start", self.idle, self.total_lost);
        }
        let most = self.readers.iter().map(|reader| reader.unread).max().unwrap_or(0);
        write!(f, "at most {most} unread, {} lost ({} since the start)", self.lost, self.total_lost)?;
        self.readers.iter().try_for_each(|reader| write!(f, "\n  {reader}"))
    }
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subscriber, publisher, depth, unread, unread_at_polls, lost, oldest_unread_ns } = self;
        write!(f, "{subscriber} reads {publisher}: {unread} unread, depth {depth}")?;
        if let Some(age) = oldest_unread_ns {
            write!(f, ", the oldest for {}", rates::duration(*age))?;
        }
        if let Some(Quantiles { p50, p99, max, .. }) = unread_at_polls {
            write!(f, " (p50 {p50}, p99 {p99}, max {max})")?;
        }
        write!(f, ", {lost} lost")
    }
}

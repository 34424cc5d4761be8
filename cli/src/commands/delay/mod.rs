//! `delay`: how long messages take.

mod stamps;

use super::lag::Endpoint;
use crate::context::Context;
use crate::exit::Outcome;
use crate::output;
use crate::rates::{self, Detail, Following, Quantiles, ReaderLag, Report, WatchedTopic, Window};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use stamps::Stamps;
use std::fmt;
use std::time::Duration;

/// How often counters are read: so much are delays overestimated, at most.
const POLL_INTERVAL: Duration = Duration::from_micros(200);

/// Show how long messages take from being published to being read
///
/// The delay of each subscriber is the time from publishing a message to reading it. It is sampled:
/// every 0.2 ms, this command reads how far each subscriber is, so delays are up to 0.2 ms too
/// long. Of the messages that were read since the last sample, the first 64 count. "Seen" is the
/// delay of this command itself, which sees the newest 64 messages in each sample.
///
/// Messages must carry the time of publishing. Large ones do; for small ones their publisher needs
/// `timestamps(true)`.
///
/// With `--field`, this command also shows how old the data was when it was published: the time
/// from that in a field of the message to publishing. The field is a number of nanoseconds, a float
/// of seconds, or a struct of `sec` and `nanosec`; since 1970, or on the clock of
/// `slotcast::now_ns`.
#[derive(Args)]
#[command(after_help = "Examples:
  slotcast delay robot/imu
  slotcast delay camera/front --field header.stamp
  slotcast latency camera/front --count 10 --format json")]
pub(crate) struct Delay {
    #[command(flatten)]
    following: Following,
    /// A field of the messages that is a time, such as `header.stamp`
    #[arg(long, value_name = "FIELD")]
    field: Option<String>,
}

impl Delay {
    /// Prints delays until it is ended.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        self.following.follow(context, &mut Delays { stamps: self.field.map(Stamps::new) })
    }
}

struct Delays {
    stamps: Option<Stamps>,
}

/// What is printed for a topic.
#[derive(Serialize)]
struct Row {
    /// Delays are up to this much too long.
    resolution_ns: u64,
    /// From publishing to when this command has seen it.
    seen_ns: Option<Quantiles>,
    /// From the time in a field to publishing.
    field_ns: Option<Quantiles>,
    readers: Vec<Reader>,
    #[serde(skip)]
    silence: Option<String>,
    /// Why there is nothing about the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    field_error: Option<String>,
}

/// One subscriber, and one publisher that it reads.
#[derive(Serialize)]
struct Reader {
    subscriber: Endpoint,
    publisher: Endpoint,
    delay_ns: Option<Quantiles>,
    /// Since the oldest unread message was published; `null` if it has read all.
    oldest_unread_ns: Option<u64>,
}

impl From<ReaderLag> for Reader {
    fn from(lag: ReaderLag) -> Self {
        Self {
            subscriber: Endpoint::of(&lag.subscriber),
            publisher: Endpoint::of(&lag.publisher),
            delay_ns: lag.delay,
            oldest_unread_ns: lag.age,
        }
    }
}

impl Report for Delays {
    const DETAIL: Detail = Detail::Reading;
    const POLL_INTERVAL: Duration = POLL_INTERVAL;
    type Row = Row;

    fn row(&mut self, topic: &mut WatchedTopic, window: &Window) -> Row {
        let (period, _) = window.whole();
        let (field_ns, field_error) = match self.stamps.as_mut().map(|stamps| stamps.delays(topic)) {
            None => (None, None),
            Some(Ok(delays)) => (delays, None),
            Some(Err(error)) => (None, Some(error.to_string())),
        };
        Row {
            resolution_ns: u64::try_from(POLL_INTERVAL.as_nanos()).unwrap_or(u64::MAX),
            seen_ns: period.seen.quantiles(),
            field_ns,
            readers: topic.take_lags().into_iter().map(Reader::from).collect(),
            silence: (period.messages == 0).then(|| rates::silence(topic, window)),
            field_error,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.silence, &self.seen_ns) {
            (Some(silence), _) => f.write_str(silence)?,
            (None, None) => {
                f.write_str("its messages carry no time of publishing: create the publisher with `timestamps(true)`")?;
            }
            (None, Some(seen)) => write!(f, "seen after {}", Delayed(seen))?,
        }
        if let Some(delays) = &self.field_ns {
            write!(f, "\n  published after {}", Delayed(delays))?;
        }
        if let Some(error) = &self.field_error {
            write!(f, "\n  {error}")?;
        }
        for Reader { subscriber, publisher, delay_ns, oldest_unread_ns } in &self.readers {
            if let Some(delay) = delay_ns {
                write!(f, "\n  {subscriber} reads {publisher} after {}", Delayed(delay))?;
            }
            if let Some(age) = oldest_unread_ns {
                let age = rates::duration(*age);
                write!(f, "\n  {subscriber} has not read a message of {publisher} for {age}")?;
            }
        }
        Ok(())
    }
}

struct Delayed<'a>(&'a Quantiles);

impl fmt::Display for Delayed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Quantiles { count, p50, p99, max } = *self.0;
        let [p50, p99, max] = [p50, p99, max].map(rates::duration);
        write!(f, "p50 {p50}, p99 {p99}, max {max} ({})", output::count_u64(count, "message"))
    }
}

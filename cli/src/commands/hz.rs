//! `hz`: how often messages come.

use crate::context::Context;
use crate::exit::Outcome;
use crate::output;
use crate::rates::{self, Detail, Following, IntervalSource, Quantiles, Report, WatchedTopic, Window};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// Show how often messages are published
///
/// The numbers of messages are exact, however fast they come: publishers count them in shared
/// memory, where they are read without subscribing. A message counts if it is published while this
/// command runs.
///
/// The intervals are those between messages of the same publisher. They come from the times of
/// publishing, if messages carry them ("by timestamps"). At most the newest 64 messages of each
/// millisecond are inspected. Otherwise intervals come from polls, each millisecond ("by polls"):
/// where several messages have come since the last poll, their mean interval stands for each.
#[derive(Args)]
#[command(after_help = "Examples:
  slotcast hz robot/imu
  slotcast hz 'robot/**' -w 1000
  slotcast hz robot/imu --count 10 --format json")]
pub(crate) struct Hz {
    #[command(flatten)]
    following: Following,
}

impl Hz {
    /// Prints rates until it is ended.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        self.following.follow(context, &mut Rates)
    }
}

struct Rates;

/// What is printed for a topic.
#[derive(Serialize)]
struct Row {
    hz: f64,
    window: Span,
    /// In nanoseconds; `null` if there was none.
    intervals_ns: Option<Intervals>,
    #[serde(skip)]
    silence: String,
}

#[derive(Serialize)]
struct Span {
    seconds: f64,
    messages: u64,
}

#[derive(Serialize)]
struct Intervals {
    source: IntervalSource,
    #[serde(flatten)]
    quantiles: Quantiles,
}

impl Report for Rates {
    const DETAIL: Detail = Detail::Intervals;
    const POLL_INTERVAL: Duration = Duration::from_millis(1);
    type Row = Row;

    fn row(&mut self, topic: &mut WatchedTopic, window: &Window) -> Row {
        let (period, time) = window.whole();
        let quantiles = period.intervals.quantiles();
        Row {
            hz: rates::per_second(period.messages, time),
            window: Span { seconds: time.as_secs_f64(), messages: period.messages },
            intervals_ns: quantiles.map(|quantiles| Intervals { source: period.interval_source, quantiles }),
            silence: if period.messages == 0 { rates::silence(topic, window) } else { String::new() },
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Span { seconds, messages } = self.window;
        if messages == 0 {
            return f.write_str(&self.silence);
        }
        let rate = rates::rate(messages, Duration::from_secs_f64(seconds));
        write!(f, "{rate:>10}  {} in {seconds:.2} s", output::count_u64(messages, "message"))?;
        let Some(Intervals { source, quantiles: Quantiles { p50, p99, max, count } }) = &self.intervals_ns else {
            return Ok(());
        };
        let [p50, p99, max] = [*p50, *p99, *max].map(rates::duration);
        let source = match source {
            IntervalSource::Timestamps => "timestamps",
            IntervalSource::Polls => "polls",
        };
        write!(f, "  intervals: p50 {p50}, p99 {p99}, max {max} ({count} by {source})")
    }
}

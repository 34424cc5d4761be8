//! `bw`: how many bytes are published.

use crate::context::Context;
use crate::exit::Outcome;
use crate::output;
use crate::rates::{self, Detail, Following, Report, WatchedTopic, Window};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// Show how many bytes are published
///
/// For messages of fixed size the numbers are exact: it is the number of messages, which publishers
/// count in shared memory, times their size. For messages of variable size, the sizes of the newest
/// 64 in each millisecond are read. If there were more, the others count with the mean of these,
/// and the numbers are marked with "~".
#[derive(Args)]
#[command(after_help = "Examples:
  slotcast bw camera/front
  slotcast bw '**' --count 1 --format json")]
pub(crate) struct Bw {
    #[command(flatten)]
    following: Following,
}

impl Bw {
    /// Prints bandwidths until it is ended.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        self.following.follow(context, &mut Bandwidths)
    }
}

struct Bandwidths;

/// What is printed for a topic.
#[derive(Serialize)]
struct Row {
    bytes_per_second: f64,
    window: Span,
    /// Whether the size of some messages is estimated.
    estimated: bool,
    /// Of the messages whose size is known, in bytes.
    size: Option<Sizes>,
    total_bytes: u64,
    #[serde(skip)]
    silence: String,
}

#[derive(Serialize)]
struct Span {
    seconds: f64,
    messages: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct Sizes {
    mean: u64,
    min: u64,
    max: u64,
}

impl Report for Bandwidths {
    const DETAIL: Detail = Detail::Counts;
    const POLL_INTERVAL: Duration = Duration::from_millis(1);
    type Row = Row;

    fn row(&mut self, topic: &mut WatchedTopic, window: &Window) -> Row {
        let (period, time) = window.whole();
        let mean = period.bytes.checked_div(period.messages).unwrap_or(0);
        Row {
            bytes_per_second: rates::per_second(period.bytes, time),
            window: Span { seconds: time.as_secs_f64(), messages: period.messages, bytes: period.bytes },
            estimated: period.is_size_estimated(),
            size: period.sizes.map(|(min, max)| Sizes { mean, min, max }),
            total_bytes: topic.total().bytes,
            silence: if period.messages == 0 { rates::silence(topic, window) } else { String::new() },
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Span { seconds, messages, bytes } = self.window;
        if messages == 0 {
            return f.write_str(&self.silence);
        }
        let mark = if self.estimated { "~" } else { "" };
        let rate = rates::bytes_per_second(bytes, Duration::from_secs_f64(seconds));
        write!(f, "{:>12}  {} in {seconds:.2} s", format!("{mark}{rate}"), output::count_u64(messages, "message"))?;
        match &self.size {
            None => Ok(()),
            Some(Sizes { min, max, .. }) if min == max => write!(f, " of {} each", rates::bytes(*min)),
            Some(Sizes { mean, min, max }) => {
                let [mean, min, max] = [*mean, *min, *max].map(rates::bytes);
                write!(f, ", sizes: mean {mark}{mean}, min {min}, max {max}")
            }
        }
    }
}

//! How many messages a second are published.

use super::Topic;
use slotcast::now_ns;
use slotcast::observer::ObservedPublisher;
use std::thread;
use std::time::{Duration, Instant};

/// Fewer messages than this say little about the rate.
const FEW: u64 = 10;
/// How many of the newest messages are looked at then.
const NEWEST: u64 = 8;

/// Measures the rates of topics for the time `window`.
pub(super) fn measure(topics: &mut [Topic], window: Duration) {
    let counts = |topics: &[Topic]| -> Vec<u64> {
        topics.iter().flat_map(|topic| topic.observed.iter().map(|(_, publisher)| publisher.published())).collect()
    };
    let (before, start) = (counts(topics), Instant::now());
    thread::sleep(window);
    let (after, time) = (counts(topics), start.elapsed());
    let mut published = before.iter().zip(after).map(|(before, after)| after.saturating_sub(*before));
    for topic in topics {
        let mut total = 0.0;
        for (index, publisher) in &topic.observed {
            let rate = rate(publisher, published.next().unwrap_or(0), time);
            topic.publishers[*index].details.rate_hz = Some(rate);
            total += rate;
        }
        topic.rate_hz = Some(total);
    }
}

fn rate(publisher: &ObservedPublisher, published: u64, time: Duration) -> f64 {
    if published < FEW
        && let Some(rate) = rate_by_times(publisher)
    {
        return rate;
    }
    #[expect(clippy::cast_precision_loss, reason = "fewer than 2^53")]
    let published = published as f64;
    published / time.as_secs_f64()
}

/// Returns the rate at which the newest messages were published, by the times that they carry: 0 if
/// the next one is long overdue. Returns `None` if they carry none, or there are too few.
fn rate_by_times(publisher: &ObservedPublisher) -> Option<f64> {
    let newest = publisher.messages_since(publisher.published().saturating_sub(NEWEST));
    let times: Vec<u64> = newest.filter_map(|message| message.time).collect();
    let (first, last) = (times.first()?, times.last()?);
    let intervals = u32::try_from(times.len() - 1).ok().filter(|&intervals| intervals > 0)?;
    let interval = Duration::from_nanos(last.saturating_sub(*first)) / intervals;
    let age = Duration::from_nanos(now_ns().saturating_sub(*last));
    let is_silent = interval.is_zero() || age > interval * 3;
    Some(if is_silent { 0.0 } else { 1.0 / interval.as_secs_f64() })
}

//! One topic as the watching half sees it.

use slotcast::registry::PeerName;
use slotcast::{CreateError, Sample, ShmMessage, Subscriber, Topic};
use std::collections::VecDeque;
use std::fmt::Display;
use std::time::Duration;

/// Rates are measured over this time.
const WINDOW: Duration = Duration::from_secs(3);

/// A subscriber to a topic of any type.
pub(crate) trait Feed {
    /// Receives what has arrived. `now` is in nanoseconds of `CLOCK_MONOTONIC`.
    fn poll(&mut self, now: u64);
    /// Returns the publishers.
    fn publishers(&self) -> &[PeerName];
    /// Returns the state of the topic at `now`.
    fn report(&self, now: u64) -> Report;
}

/// The state of a topic.
pub(crate) struct Report {
    pub(crate) topic: String,
    /// The newest message.
    pub(crate) value: Option<String>,
    /// Messages per second.
    pub(crate) rate: Option<f64>,
    /// The time since the newest message was published.
    pub(crate) age: Option<Duration>,
    pub(crate) received: u64,
    pub(crate) lost: u64,
    /// The last error since the newest message.
    pub(crate) trouble: Option<String>,
}

struct Subscribed<T> {
    subscriber: Subscriber<T>,
    publishers: Vec<PeerName>,
    newest: Option<Sample<T>>,
    received: u64,
    /// When the messages of the last few seconds were published.
    stamps: VecDeque<u64>,
    trouble: Option<String>,
}

/// Subscribes to a topic. Starts with the newest message that is available already.
pub(crate) fn subscribe<T: ShmMessage + Display>(topic: Topic<T>) -> Result<Box<dyn Feed>, CreateError> {
    let subscriber = Subscriber::<T>::builder(topic).history(1).create()?;
    Ok(Box::new(Subscribed {
        subscriber,
        publishers: Vec::new(),
        newest: None,
        received: 0,
        stamps: VecDeque::new(),
        trouble: None,
    }))
}

impl<T: ShmMessage + Display> Feed for Subscribed<T> {
    fn poll(&mut self, now: u64) {
        for received in self.subscriber.try_iter() {
            match received {
                Ok(sample) => {
                    self.received += 1;
                    self.stamps.extend(sample.timestamp());
                    self.newest = Some(sample);
                    self.trouble = None;
                }
                Err(error) => self.trouble = Some(error.to_string()),
            }
        }
        while self.stamps.front().is_some_and(|stamp| since(*stamp, now) > WINDOW) {
            self.stamps.pop_front();
        }
        match self.subscriber.publishers() {
            Ok(publishers) => self.publishers = publishers,
            Err(error) => self.trouble = Some(error.to_string()),
        }
    }

    fn publishers(&self) -> &[PeerName] {
        &self.publishers
    }

    fn report(&self, now: u64) -> Report {
        Report {
            topic: self.subscriber.topic().to_string(),
            value: self.newest.as_ref().map(|sample| sample.to_string()),
            rate: self.rate(),
            age: self.newest.as_ref().and_then(Sample::timestamp).map(|stamp| since(stamp, now)),
            received: self.received,
            lost: self.subscriber.lost(),
            trouble: self.trouble.clone(),
        }
    }
}

impl<T> Subscribed<T> {
    fn rate(&self) -> Option<f64> {
        let (first, last) = (self.stamps.front()?, self.stamps.back()?);
        let intervals = self.stamps.len() - 1;
        (intervals > 0).then(|| intervals as f64 / since(*first, *last).as_secs_f64())
    }
}

fn since(stamp: u64, now: u64) -> Duration {
    Duration::from_nanos(now.saturating_sub(stamp))
}

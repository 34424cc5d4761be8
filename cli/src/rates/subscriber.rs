//! What is counted of one subscriber.

use super::publisher::PublisherMeter;
use super::watch::Detail;
use super::{Distribution, Period};
use slotcast::observer::ObservedSubscriber;
use slotcast::{EndpointId, ReadProgress};
use std::collections::BTreeMap;

/// How many of the messages that were read between two polls are inspected.
const INSPECTED: usize = 64;

pub(super) struct SubscriberMeter {
    pub(super) observed: ObservedSubscriber,
    /// How much was counted so far.
    received: u64,
    lost: u64,
    /// What is known of each publisher that it reads.
    pub(super) readings: BTreeMap<EndpointId, Reading>,
}

/// How a subscriber reads one publisher.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// The sequence that it reads next.
    cursor: u64,
    /// How many messages it has not read now.
    pub(super) unread: u64,
    /// What of this publisher it has lost, since it reads it.
    pub(super) lost: u64,
    /// How long ago the oldest message that it has not read was published, in nanoseconds, if that
    /// is known.
    pub(super) age: Option<u64>,
    /// How many messages it had not read, at each poll of this period.
    pub(super) unread_at_polls: Distribution,
    /// Nanoseconds from publishing to the poll that has seen that the message was read.
    pub(super) delays: Distribution,
}

impl SubscriberMeter {
    /// Counts what happens from now on, or all of it.
    pub(super) fn new(observed: ObservedSubscriber, from_now: bool) -> Self {
        let (received, lost) = if from_now { (observed.received(), observed.lost()) } else { (0, 0) };
        Self { observed, received, lost, readings: BTreeMap::new() }
    }

    pub(super) fn id(&self) -> EndpointId {
        self.observed.peer().id
    }

    /// Returns whether it has left or died. Two system calls.
    pub(super) fn has_ended(&self) -> bool {
        let peer = self.observed.peer();
        peer.has_left().unwrap_or(false) || !peer.is_alive().unwrap_or(true)
    }

    /// Adds what was received and lost since the last poll.
    pub(super) fn poll(&mut self, now: u64, detail: Detail, publishers: &[PublisherMeter], period: &mut Period) {
        // A count that goes back is ignored: the other process has it.
        let (received, lost) = (self.observed.received().max(self.received), self.observed.lost().max(self.lost));
        period.received = period.received.saturating_add(received - self.received);
        period.lost = period.lost.saturating_add(lost - self.lost);
        (self.received, self.lost) = (received, lost);
        if detail == Detail::Reading {
            self.readings.retain(|id, _| publishers.iter().any(|publisher| publisher.id() == *id));
            for publisher in publishers {
                if let Some(progress) = self.observed.progress_with(publisher.id()) {
                    let reading = self.readings.entry(publisher.id());
                    let reading = reading.or_insert_with(|| Reading { cursor: progress.cursor, ..Reading::default() });
                    reading.poll(now, publisher, progress);
                }
            }
        }
    }

    /// Returns how many messages of these publishers it has not read, at most.
    pub(super) fn unread(&self, publishers: &[PublisherMeter]) -> u64 {
        let unread = |publisher: &PublisherMeter| {
            let cursor = self.observed.progress_with(publisher.id())?.cursor;
            Some(publisher.next().saturating_sub(cursor))
        };
        publishers.iter().filter_map(unread).max().unwrap_or(0)
    }
}

impl Reading {
    fn poll(&mut self, now: u64, publisher: &PublisherMeter, progress: ReadProgress) {
        // After the cursor, so that it is not found to be ahead.
        let head = publisher.observed.published();
        self.unread = head.saturating_sub(progress.cursor);
        self.lost = progress.lost;
        self.unread_at_polls.add(self.unread, 1);
        let mut messages = publisher.observed.messages_since(self.cursor.min(progress.cursor));
        let read = messages.by_ref().take_while(|message| message.sequence < progress.cursor).take(INSPECTED);
        for message in read {
            if let Some(time) = message.time {
                self.delays.add(now.saturating_sub(time), 1);
            }
        }
        let oldest = publisher.observed.messages_since(progress.cursor).next();
        self.age = oldest.and_then(|message| message.time).map(|time| now.saturating_sub(time));
        self.cursor = self.cursor.max(progress.cursor);
    }
}

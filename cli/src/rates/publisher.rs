//! What is counted of one publisher.

use super::watch::Detail;
use super::{IntervalSource, Period};
use slotcast::EndpointId;
use slotcast::observer::{MessageInfo, ObservedPublisher};

/// How many of the newest messages are inspected in one poll. It bounds what a poll costs, however
/// fast messages come.
const INSPECTED: u64 = 64;

pub(super) struct PublisherMeter {
    pub(super) observed: ObservedPublisher,
    /// The first sequence that was not counted yet.
    next: u64,
    /// The newest message whose time is known: its sequence and time.
    newest: Option<(u64, u64)>,
    /// When a poll saw new messages for the last time, in nanoseconds of `CLOCK_MONOTONIC`.
    changed_at: Option<u64>,
    /// The mean size of messages that were inspected together for the last time.
    mean_bytes: u64,
}

impl PublisherMeter {
    /// Counts the messages from the sequence `next` on.
    pub(super) fn new(observed: ObservedPublisher, next: u64) -> Self {
        Self { observed, next, newest: None, changed_at: None, mean_bytes: 0 }
    }

    pub(super) fn id(&self) -> EndpointId {
        self.observed.peer().id
    }

    /// Returns the first sequence that was not counted yet.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Returns whether it has left or died. Two system calls.
    pub(super) fn has_ended(&self) -> bool {
        let peer = self.observed.peer();
        peer.has_left().unwrap_or(false) || !peer.is_alive().unwrap_or(true)
    }

    /// Adds what was published since the last poll. `now` is in nanoseconds of `CLOCK_MONOTONIC`.
    pub(super) fn poll(&mut self, now: u64, detail: Detail, period: &mut Period) {
        let head = self.observed.published();
        // A claim that goes back is ignored: a counter only grows.
        let new = head.saturating_sub(self.next);
        if new == 0 {
            return;
        }
        period.messages = period.messages.saturating_add(new);
        if let Some(bytes) = self.observed.size() {
            period.add_size(bytes, new);
        }
        let has_times = self.observed.timestamps();
        let wants_times = detail != Detail::Counts && has_times;
        if wants_times || self.observed.size().is_none() {
            self.inspect(now, head, detail, period);
        }
        if detail == Detail::Intervals && !has_times {
            period.interval_source = IntervalSource::Polls;
            if let Some(before) = self.changed_at {
                period.intervals.add(now.saturating_sub(before) / new, new);
            }
        }
        (self.next, self.changed_at) = (head, Some(now));
    }

    /// Reads the times and sizes of the newest messages.
    fn inspect(&mut self, now: u64, head: u64, detail: Detail, period: &mut Period) {
        let from = self.next.max(head.saturating_sub(INSPECTED));
        let is_variable = self.observed.size().is_none();
        let (mut count, mut bytes) = (0, 0_u64);
        for message in self.observed.messages_since(from).take_while(|message| message.sequence < head) {
            count += 1;
            if is_variable {
                bytes = bytes.saturating_add(message.bytes);
                period.add_size(message.bytes, 1);
            }
            add_times(&mut self.newest, message, now, detail, period);
        }
        if is_variable {
            self.mean_bytes = bytes.checked_div(count).unwrap_or(self.mean_bytes);
            let unread = (head - self.next).saturating_sub(count);
            period.bytes = period.bytes.saturating_add(self.mean_bytes.saturating_mul(unread));
        }
    }
}

fn add_times(newest: &mut Option<(u64, u64)>, message: MessageInfo, now: u64, detail: Detail, period: &mut Period) {
    let Some(time) = message.time else { return };
    match (detail, *newest) {
        (Detail::Intervals, Some((sequence, before))) if sequence + 1 == message.sequence => {
            period.intervals.add(time.saturating_sub(before), 1);
        }
        (Detail::Reading, _) => period.seen.add(now.saturating_sub(time), 1),
        _ => {}
    }
    *newest = Some((message.sequence, time));
}

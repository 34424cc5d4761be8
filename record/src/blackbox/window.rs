//! The messages of the last seconds, in the order in which they were received.

use super::topic::Origin;
use slotcast::dynamic::Sample;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// A message that was received.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) origin: Arc<Origin>,
    pub(super) sample: Sample,
    /// When it was received, in nanoseconds of `CLOCK_MONOTONIC`.
    pub(super) received_ns: u64,
}

impl Held {
    /// Returns how many bytes it needs, with what is known of it.
    pub(super) fn bytes(&self) -> u64 {
        self.sample.bytes().len() as u64 + size_of::<Self>() as u64 + RECORD
    }
}

/// What a sample's own memory has beside the message.
const RECORD: u64 = 128;

/// The messages of the last seconds, at most as many bytes as there is memory for.
pub(super) struct Window {
    time_ns: u64,
    memory: u64,
    held: VecDeque<Held>,
    bytes: u64,
    /// The time of the newest message that was left out because there was no memory.
    left_out_ns: Option<u64>,
}

impl Window {
    pub(super) fn new(time: Duration, memory: u64) -> Self {
        let time_ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Self { time_ns, memory, held: VecDeque::new(), bytes: 0, left_out_ns: None }
    }

    /// Adds a message, and leaves out others if there is not enough memory for them.
    pub(super) fn add(&mut self, held: Held) {
        // What was in a ring for long is older than it was received.
        let is_old = |published| published < held.received_ns.saturating_sub(self.time_ns);
        if held.sample.timestamp().is_some_and(is_old) {
            return;
        }
        self.bytes += held.bytes();
        self.held.push_back(held);
        while self.bytes > self.memory
            && let Some(oldest) = self.pop()
        {
            self.left_out_ns = Some(oldest.received_ns);
        }
    }

    /// Forgets what is older than the window.
    pub(super) fn forget(&mut self, now_ns: u64) {
        let from = now_ns.saturating_sub(self.time_ns);
        while self.held.front().is_some_and(|held| held.received_ns < from) {
            self.pop();
        }
        self.left_out_ns = self.left_out_ns.filter(|&left_out| left_out >= from);
    }

    fn pop(&mut self) -> Option<Held> {
        let oldest = self.held.pop_front()?;
        self.bytes -= oldest.bytes();
        Some(oldest)
    }

    /// Takes all messages out.
    pub(super) fn take(&mut self) -> VecDeque<Held> {
        self.bytes = 0;
        std::mem::take(&mut self.held)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns whether messages of the window were left out.
    pub(super) fn is_short(&self) -> bool {
        self.left_out_ns.is_some()
    }

    /// Returns how far back it has all messages.
    pub(super) fn reaches_back(&self, now_ns: u64) -> Duration {
        let oldest = self.held.front().map_or(now_ns, |held| held.received_ns);
        Duration::from_nanos(now_ns.saturating_sub(oldest))
    }
}

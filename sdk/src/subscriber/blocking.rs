//! Waiting for a message inside a call: polling for a while, then asleep on the topic's doorbell.

use super::core::{SLICE_WITHOUT_BELL, SubscriberCore};
use super::{RecvError, Subscriber};
use crate::endpoint::REFRESH;
use crate::protocol::doorbell::Waiting;
use crate::record::{Header, Payload, RawSample};
use crate::registry::TopicDirectory;
use crate::sys::{barrier, process};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a receiver polls between two readings of the clock, which take longer.
const POLLS: u32 = 50;
/// The longest sleep before a receiver polls by itself: what a wrong hint can cost.
const SLICE: Duration = Duration::from_millis(100);
/// When a wait ends at the latest, if it does.
#[derive(Clone, Copy, Debug)]
struct Deadline(Option<Instant>);

impl Deadline {
    fn is_over(self, now: Instant) -> bool {
        self.0.is_some_and(|deadline| now >= deadline)
    }

    fn left(self, now: Instant) -> Duration {
        self.0.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(now))
    }
}

/// A receiver has set its bit in the topic's doorbell: a process that rings it wakes the receiver.
#[derive(Clone, Copy, Debug)]
struct Armed {
    /// The value of the doorbell since then.
    value: u64,
    /// How long it may sleep.
    slice: Duration,
}

/// A sleep that was prepared, until something may be present.
pub(crate) struct Sleep {
    topic: Arc<TopicDirectory>,
    armed: Armed,
}

impl Sleep {
    /// Sleeps up to `time`. May return early.
    pub(crate) fn sleep(self, time: Duration) {
        // Whatever it returns, the next step is to poll.
        let slept = self.topic.sleep(self.armed.value, self.armed.slice.min(time));
        debug_assert!(slept.is_ok());
    }
}

impl<T: Payload + ?Sized, H: Header> Subscriber<T, H> {
    /// Prepares a sleep that does not borrow the subscriber, which several threads share. A poll
    /// must follow, and the sleep only if that finds nothing.
    pub(crate) fn prepare_to_sleep(&mut self) -> Sleep {
        self.core.prepare_to_sleep()
    }
}

impl SubscriberCore {
    /// Returns the next message; waits for one until the deadline, if there is one. Returns `None`
    /// on timeout.
    pub(crate) fn wait_next(&mut self, deadline: Option<Instant>) -> Result<Option<RawSample>, Box<RecvError>> {
        let deadline = Deadline(deadline);
        self.check_open()?;
        // Messages may come so often that it never waits.
        if self.recheck.count() {
            self.recheck_if_counted();
        }
        if let Some(sample) = self.poll_next()? {
            return Ok(Some(sample));
        }
        match self.poll_for_a_while(deadline)? {
            Some(sample) => Ok(Some(sample)),
            None if deadline.is_over(Instant::now()) => Ok(None),
            None => self.sleep_for_next(deadline),
        }
    }

    /// Polls as long as the setting says. Returns `None` after that, and on timeout.
    fn poll_for_a_while(&mut self, deadline: Deadline) -> Result<Option<RawSample>, Box<RecvError>> {
        let (start, time) = (Instant::now(), self.wait.polling_time());
        while start.elapsed() < time {
            for _ in 0..POLLS {
                if let Some(sample) = self.poll_next()? {
                    return Ok(Some(sample));
                }
                std::hint::spin_loop();
            }
            if deadline.is_over(Instant::now()) {
                break;
            }
            self.check_open()?;
            self.refresh_after(REFRESH);
        }
        Ok(None)
    }

    fn sleep_for_next(&mut self, deadline: Deadline) -> Result<Option<RawSample>, Box<RecvError>> {
        let mut armed = None;
        loop {
            // Before it sleeps: messages may come so often that each sleep ends with one.
            if self.refresh_after(REFRESH) {
                armed = None; // that was in another directory
            }
            if self.sources.idle_for().is_none() && !armed.is_some_and(|armed| self.is_still(armed)) {
                armed = Some(self.arm());
                self.check_open()?;
                if let Some(sample) = self.poll_next()? {
                    return Ok(Some(sample));
                }
            }
            let now = Instant::now();
            if deadline.is_over(now) {
                return Ok(None);
            }
            self.sleep(armed, deadline.left(now));
            self.check_open()?;
            // Before it is armed again, which costs more.
            if let Some(sample) = self.poll_next()? {
                return Ok(Some(sample));
            }
        }
    }

    /// Sleeps until something may be present, up to `left`.
    fn sleep(&self, armed: Option<Armed>, left: Duration) {
        match (self.sources.idle_for(), armed) {
            // Whatever is published may not be delivered yet: no publisher need ring.
            (Some(idle), _) => process::sleep(idle.min(SLICE).min(left)),
            (None, Some(Armed { value, slice })) => {
                let due = self.sources.due_in().unwrap_or(Duration::MAX);
                // Whatever it returns, the next step is to poll.
                let slept = self.topic.sleep(value, due.min(slice).min(left));
                debug_assert!(slept.is_ok());
            }
            (None, None) => {} // a message has become due meanwhile
        }
    }

    /// Prepares a sleep that does not borrow the subscriber, which several threads share. A poll
    /// must follow, and the sleep only if that finds nothing.
    pub(crate) fn prepare_to_sleep(&mut self) -> Sleep {
        self.refresh_after(REFRESH);
        Sleep { topic: Arc::clone(&self.topic), armed: self.arm() }
    }

    /// Sets the bit of receivers that sleep in the topic's doorbell. A poll must follow.
    fn arm(&self) -> Armed {
        let mut slice = if self.sources.has_left_behind() { SLICE_WITHOUT_BELL } else { SLICE };
        let value = self.topic.doorbell().prepare_to_wait(Waiting::ASLEEP, || {
            if !barrier::everywhere() {
                slice = SLICE_WITHOUT_BELL;
            }
        });
        Armed { value, slice }
    }

    /// Returns whether nobody has rung since it was armed: then it need not be armed again, which
    /// takes a barrier on all processors.
    fn is_still(&self, armed: Armed) -> bool {
        self.topic.doorbell().word().load_relaxed() == armed.value
    }
}

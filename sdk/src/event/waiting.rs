//! How a listener waits: asleep on the topic's doorbell, or by its descriptor.

use super::core::{Core, SLICE};
use super::error::ListenError;
use super::notice::Notice;
use crate::protocol::doorbell::Waiting;
use crate::registry::RegistryError;
use crate::sys::barrier;
use crate::wait::{EventFd, Readiness};
use std::time::{Duration, Instant};

/// How often a listener polls between two readings of the clock, which take longer.
const POLLS: u32 = 50;
/// The longest sleep where notifiers execute no barriers.
const SLICE_WITHOUT_BELL: Duration = Duration::from_millis(1);

type Heard = Option<Notice>;

impl Core {
    /// Returns the next notice; waits for one until the deadline, if there is one.
    pub(super) fn wait_next(&mut self, deadline: Option<Instant>) -> Result<Heard, ListenError> {
        let is_over = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        self.check_open()?;
        if let Some(notice) = self.poll()? {
            return Ok(Some(notice));
        }
        let (start, time) = (Instant::now(), self.wait.polling_time());
        while start.elapsed() < time && !is_over() {
            for _ in 0..POLLS {
                if let Some(notice) = self.poll()? {
                    return Ok(Some(notice));
                }
                std::hint::spin_loop();
            }
            self.check_open()?;
            self.check_now_and_then();
        }
        loop {
            self.check_now_and_then();
            let (value, slice) = self.arm(Waiting::ASLEEP);
            self.check_open()?;
            if let Some(notice) = self.poll()? {
                return Ok(Some(notice));
            }
            let left = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Ok(None);
            }
            // Whatever it returns, the next step is to poll.
            let slept = self.topic.sleep(value, slice.min(left));
            debug_assert!(slept.is_ok());
        }
    }

    /// Sets this listener's bit in the doorbell. A poll must follow. Returns the doorbell's value,
    /// and how long it may sleep.
    fn arm(&self, how: Waiting) -> (u64, Duration) {
        let mut slice = SLICE;
        let value = self.topic.doorbell().prepare_to_wait(how, || {
            if !barrier::everywhere() {
                slice = SLICE_WITHOUT_BELL;
            }
        });
        (value, slice)
    }

    /// Returns a descriptor to wait for.
    pub(super) fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        if !self.origin.is_here() {
            return Err(RegistryError::Forked { path: self.topic.path().into() });
        }
        if let Some(readiness) = &self.readiness {
            return Ok(readiness.event_fd.clone());
        }
        let readiness = Readiness::bind(&self.topic, self.announcement.id, &self.closer)?;
        Ok(self.readiness.insert(readiness).event_fd.clone())
    }

    /// Re-arms the descriptor, after a poll has found nothing, and polls again.
    pub(super) fn rearm(&mut self) -> Result<Heard, ListenError> {
        let topic = self.topic.name().clone();
        let failed = |reason| ListenError::Registry { topic: topic.clone(), reason };
        let Some(readiness) = &mut self.readiness else { return Ok(None) };
        if !readiness.take_wakeup().map_err(failed)? {
            return Ok(None);
        }
        self.check_now_and_then();
        let (_, slice) = self.arm(Waiting::ON_SOCKET);
        let next = self.poll_sources();
        let Some(readiness) = &mut self.readiness else { return next };
        let settled = readiness.settle(matches!(next, Ok(None)), slice, self.taken, &self.closer);
        settled.map_err(failed)?;
        next
    }
}

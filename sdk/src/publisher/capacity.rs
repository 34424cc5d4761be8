//! How a publisher gets capacity for its next message: by giving grants, by waiting until lossless
//! subscribers have read, and by detaching those that do not.

use super::backpressure::{Backpressure, WhenFull};
use super::core::PublisherCore;
use super::error::PublishError;
use super::laggard::{LagTimeout, LaggardPolicy};
use crate::protocol::doorbell::Waiting;
use crate::protocol::grant;
use crate::publisher::pool::Pool;
use crate::sys::barrier;
use std::time::{Duration, Instant};

/// How long a publisher spins before it sleeps: about what a wake-up costs.
const SPIN: Duration = Duration::from_micros(20);
/// How long it spins for more capacity than for one message: otherwise it would check the cursors,
/// and write, for each message that is read.
const BATCH: Duration = Duration::from_micros(1);
/// How many pauses there are between two checks.
const PAUSES: u32 = 6;
/// How long it sleeps at most before it checks by itself: what a wrong hint can cost, and how soon
/// a death is noticed.
pub(super) const SLICE: Duration = Duration::from_millis(20);
/// The same where a wake-up can be missed, because the kernel does not execute barriers for others.
const SLICE_WITHOUT_BARRIER: Duration = Duration::from_millis(1);
impl PublisherCore {
    /// Gets capacity for the next message: gives grants to subscribers that joined, and waits for
    /// those that lag, if it may.
    #[cold]
    #[inline(never)]
    pub(super) fn make_capacity(&mut self, when_full: WhenFull) -> Result<(), PublishError> {
        let capacity = self.update_capacity();
        let Some(&Backpressure { timeout, policy, .. }) = self.backpressure.as_ref() else { return Ok(()) };
        if when_full == WhenFull::Fail {
            return if capacity > 0 { Ok(()) } else { self.fail_if_full() };
        }
        let depth = self.segment.geometry().depth();
        if capacity > depth / 4 || capacity > 0 && timeout <= BATCH {
            return Ok(());
        }
        let start = Instant::now();
        // Of the messages before the next one, at most the depth less one may be unread.
        let needed = (self.next + 1).saturating_sub(depth);
        if self.spin_for_capacity(start, timeout) || self.sleep_until_read(needed, start.checked_add(timeout)) {
            return Ok(());
        }
        match policy {
            LaggardPolicy::Error => self.fail_if_lagging(needed, start),
            LaggardPolicy::Detach | LaggardPolicy::DetachUntilRead => {
                if let Some(grants) = &mut self.grants {
                    grants.detach_laggards(&self.segment, needed);
                }
                self.update_capacity();
                Ok(())
            }
        }
    }

    /// Polls for a moment until there is capacity for a batch of messages, or when that takes too
    /// long, for one. Returns whether there is.
    fn spin_for_capacity(&mut self, start: Instant, timeout: Duration) -> bool {
        let depth = self.segment.geometry().depth();
        let mut waited = Duration::ZERO;
        while waited < SPIN.min(timeout) {
            for _ in 0..PAUSES {
                std::hint::spin_loop();
            }
            let capacity = self.update_capacity();
            waited = start.elapsed();
            if capacity > depth / 4 || capacity > 0 && waited >= BATCH {
                return true;
            }
        }
        false
    }

    /// Names the worst of the subscribers that have not read all before `needed`, if there still
    /// are any.
    fn fail_if_lagging(&self, needed: u64, start: Instant) -> Result<(), PublishError> {
        let laggards = self.grants.as_ref().map(|grants| grants.describe_laggards(needed, self.next));
        let mut laggards = laggards.unwrap_or_default().into_iter();
        let Some(worst) = laggards.next() else { return Ok(()) };
        let (topic, others) = (self.topic().clone(), laggards.len() as u64);
        Err(PublishError::LagTimeout(Box::new(LagTimeout { topic, worst, others, waited: start.elapsed() })))
    }

    /// Without waiting, finds no capacity. First it checks whether those subscribers live that have
    /// not read.
    fn fail_if_full(&mut self) -> Result<(), PublishError> {
        let needed = (self.next + 1).saturating_sub(self.segment.geometry().depth());
        self.forget_the_dead_if_due(needed);
        self.recheck_while_waiting();
        if self.update_capacity() > 0 { Ok(()) } else { Err(PublishError::Full { topic: self.topic().clone() }) }
    }

    /// Forgets the dead among the subscribers that have not read everything before `needed`, unless
    /// that was checked just now.
    pub(super) fn forget_the_dead_if_due(&mut self, needed: u64) {
        let (Some(grants), Some(_)) = (&mut self.grants, &self.backpressure) else { return };
        self.liveness.if_due(|| grants.forget_dead_laggards(&self.segment, needed, self.next));
    }

    /// Gives grants to all subscribers that are present, also to those that have not counted
    /// themselves yet: they get what is published from now on.
    pub(super) fn grant_now(&mut self) {
        if let Some(grants) = &mut self.grants {
            grants.rescan(&self.topic, &self.segment, self.pool.as_mut(), self.next);
            self.update_capacity();
        }
    }

    /// Gives grants to subscribers that joined, and returns for how many messages there is capacity
    /// now.
    pub(super) fn update_capacity(&mut self) -> u64 {
        let Some(grants) = &mut self.grants else { return u64::MAX };
        if grants.is_stale(&self.topic) {
            grants.rescan(&self.topic, &self.segment, self.pool.as_mut(), self.next);
        }
        let Some(backpressure) = &mut self.backpressure else { return u64::MAX };
        let depth = self.segment.geometry().depth();
        let may_return = backpressure.policy == LaggardPolicy::DetachUntilRead
            && grants.readmit(&self.segment, self.next, self.pool.as_ref().map_or(0, Pool::kept_from), |peer| {
                self.pool.as_ref().is_none_or(|pool| pool.honours(peer))
            });
        let least = grants.least(&self.segment, self.next);
        backpressure.limit = grant::limit(least, 0, depth);
        if may_return {
            // Then it is checked again.
            backpressure.limit = backpressure.limit.min(self.next.saturating_add((depth / 2).max(1)));
        }
        backpressure.limit.saturating_sub(self.next)
    }

    pub(super) fn is_lossless(&self) -> bool {
        self.backpressure.is_some()
    }

    /// Returns whether all messages before `needed` were read by all to which that was promised.
    fn was_read(&mut self, needed: u64) -> bool {
        self.update_capacity();
        self.grants.as_ref().is_none_or(|grants| grants.laggards(needed).next().is_none())
    }

    /// Waits up to `time` until the next message can be stored, and returns whether it can.
    pub(crate) fn wait_for_capacity(&mut self, time: Duration) -> bool {
        if self.is_forked_copy() || !self.is_lossless() {
            return true;
        }
        let needed = (self.next + 1).saturating_sub(self.segment.geometry().depth());
        self.sleep_until_read(needed, Instant::now().checked_add(time)) // no deadline beyond all time
    }

    /// Sleeps until all messages before `needed` were read, up to the deadline. Returns whether
    /// they were. Subscribers that are dead, or die meanwhile, are forgotten.
    pub(super) fn sleep_until_read(&mut self, needed: u64, deadline: Option<Instant>) -> bool {
        if self.was_read(needed) {
            return true;
        }
        self.forget_the_dead_if_due(needed);
        loop {
            self.recheck_while_waiting();
            let mut slice = SLICE;
            let value = self.topic.capacity_doorbell().prepare_to_wait(Waiting::ASLEEP, || {
                if !barrier::everywhere() {
                    slice = SLICE_WITHOUT_BARRIER;
                }
            });
            if self.was_read(needed) {
                return true;
            }
            let left = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
            if !left.is_zero() {
                // Whatever it returns, the cursors are checked next.
                let slept = self.topic.sleep_for_capacity(value, left.min(slice));
                debug_assert!(slept.is_ok());
                if self.was_read(needed) {
                    return true;
                }
            }
            if let Some(grants) = &mut self.grants {
                grants.forget_dead_laggards(&self.segment, needed, self.next);
            }
            if self.was_read(needed) {
                return true;
            }
            if left.is_zero() {
                return false;
            }
        }
    }
}

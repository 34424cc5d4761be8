//! When to check again even if nothing is noticed.

use super::Membership;
use super::member::{MemberState, Promise};
use std::time::{Duration, Instant};

/// The interval of checks of what cannot be noticed.
const CHECK: Duration = Duration::from_millis(50);
/// The interval of checks of everything, although all of it should be noticed.
const CHECK_ANYWAY: Duration = Duration::from_secs(1);

/// When each kind of check is due.
#[derive(Default)]
pub(super) struct Due {
    /// Of locks and processes.
    pub(super) check: Option<Instant>,
    /// Of the directory.
    pub(super) scan: Option<Instant>,
    /// Of the topic's new directory, after the old one was removed.
    pub(super) enter: Option<Instant>,
    /// Of promises to be alive.
    pub(super) promises: Option<Instant>,
}

impl Membership {
    /// Decides when to check next even if nothing is noticed.
    pub(super) fn schedule(&mut self, now: Instant) {
        let joined = || self.members.values().filter(|member| member.state == MemberState::Joined);
        let is_blind = self.watch.is_none()
            || self.processes.has_large()
            || joined().any(|member| member.death_watch.key().is_none());
        let every = match (is_blind, self.members.is_empty()) {
            (true, _) => Some(CHECK),
            (false, false) => Some(CHECK_ANYWAY),
            (false, true) => None,
        };
        self.due.check = next(self.due.check, every, now);
        let every = joined().filter_map(|member| member.promise.as_ref()).map(Promise::interval).min();
        self.due.promises = next(self.due.promises, every, now);
    }

    /// Sets the timer, so that the membership is readable when there is an event or a check is due.
    pub(super) fn arm(&mut self) {
        let at = if self.events.is_empty() && self.failure.is_none() {
            let Due { check, scan, enter, promises } = &self.due;
            [check, scan, enter, promises].into_iter().flatten().min().copied()
        } else {
            Some(self.created_at) // now: it is in the past
        };
        if at != self.armed {
            let after = at.map(|at| at.saturating_duration_since(Instant::now()));
            let set = self.timer.set(after, None);
            debug_assert!(set.is_ok());
            self.armed = at;
        }
    }
}

/// Returns the next time of something that is done at this interval. A planned time is kept if it is in the future, and not
/// later than the interval allows.
fn next(planned: Option<Instant>, every: Option<Duration>, now: Instant) -> Option<Instant> {
    let next = now + every?;
    Some(planned.filter(|&planned| planned > now && planned < next).unwrap_or(next))
}

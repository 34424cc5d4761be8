//! When to look again though nothing is told.

use crate::membership::Membership;
use crate::membership::member::{MemberState, Promise};
use std::time::{Duration, Instant};

/// How often is looked at what nothing tells of.
const LOOK: Duration = Duration::from_millis(50);
/// How often everything is looked at, though all should be told.
const LOOK_ANYWAY: Duration = Duration::from_secs(1);

/// When to look again by itself, and at what.
#[derive(Default)]
pub(super) struct Due {
    pub(super) look: Option<Instant>,
    pub(super) scan: Option<Instant>,
    /// At the topic's new directory.
    pub(super) enter: Option<Instant>,
    pub(super) promises: Option<Instant>,
}

impl Membership {
    /// Says when to look again though nothing is told.
    pub(super) fn plan(&mut self, now: Instant) {
        let joined = || self.members.values().filter(|member| member.state == MemberState::Joined);
        let is_blind =
            self.watch.is_none() || self.processes.has_large() || joined().any(|member| member.process.key().is_none());
        let every = match (is_blind, self.members.is_empty()) {
            (true, _) => Some(LOOK),
            (false, false) => Some(LOOK_ANYWAY),
            (false, true) => None,
        };
        self.due.look = later(self.due.look, every, now);
        let every = joined().filter_map(|member| member.promise.as_ref()).map(Promise::interval).min();
        self.due.promises = later(self.due.promises, every, now);
    }

    /// Sets the timer, so that this is readable when there is something to tell or to look at.
    pub(super) fn arm(&mut self) {
        let at = if self.events.is_empty() && self.failure.is_none() {
            let Due { look, scan, enter, promises } = &self.due;
            [look, scan, enter, promises].into_iter().flatten().min().copied()
        } else {
            Some(self.made_at)
        };
        if at != self.armed {
            let after = at.map(|at| at.saturating_duration_since(Instant::now()));
            let set = self.timer.set(after, None);
            debug_assert!(set.is_ok());
            self.armed = at;
        }
    }
}

/// The next time of what is done so often: what was planned, if that is to come and not too late.
fn later(planned: Option<Instant>, every: Option<Duration>, now: Instant) -> Option<Instant> {
    let next = now + every?;
    Some(planned.filter(|&planned| planned > now && planned < next).unwrap_or(next))
}

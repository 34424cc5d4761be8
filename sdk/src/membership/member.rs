use crate::registry::Peer;
use crate::shm::{Heartbeat, HeartbeatReading};
use std::time::{Duration, Instant};

/// An endpoint that was found.
pub(super) struct Member {
    /// Holds its entry open.
    pub(super) peer: Peer,
    pub(super) state: MemberState,
    pub(super) process: DeathWatch,
    pub(super) promise: Option<Promise>,
}

/// What was told of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MemberState {
    Joined,
    Refused,
    /// It has ended. It is known until its lock is free, so that its entry is not taken for that of another one.
    Over,
}

/// How the end of a member is seen before its lock is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeathWatch {
    /// By its process, which has this key.
    Process(u64),
    /// Not at all: the lock is looked at.
    Lock,
    /// Not yet: this process was short of something.
    LockForNow,
}

/// How a member has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Left,
    Died,
}

impl Member {
    /// How it has ended, if it has, and whether its lock is free. `is_process_over` is what was seen of its process before
    /// this.
    pub(super) fn end(&self, is_process_over: bool) -> (Option<End>, bool) {
        let is_free = !self.peer.is_alive().unwrap_or(true);
        // After that: who leaves says so first, and gives its lock back then.
        let has_left = self.peer.has_left().unwrap_or(false);
        let end = match (has_left, is_process_over || is_free) {
            (true, _) => Some(End::Left),
            (false, true) => Some(End::Died),
            (false, false) => None,
        };
        (end, is_free)
    }
}

/// What a publisher has promised, and whether it keeps it.
pub(super) struct Promise {
    heartbeat: Heartbeat,
    pub(super) every: Duration,
    seen: HeartbeatReading,
    /// When it was seen that something had changed.
    changed: Instant,
    is_quiet: bool,
}

/// What has changed about a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    Quiet { silent: Duration },
    Active,
}

impl Promise {
    pub(super) fn new(heartbeat: Heartbeat, every: Duration) -> Self {
        let seen = heartbeat.read();
        Self { heartbeat, every, seen, changed: Instant::now(), is_quiet: false }
    }

    /// How often it is to be looked at: so that a silence is told soon after its time, and an end of it soon.
    pub(super) fn interval(&self) -> Duration {
        (self.every / 4).clamp(Duration::from_millis(1), Duration::from_millis(250))
    }

    pub(super) fn look(&mut self, now: Instant) -> Option<News> {
        let beat = self.heartbeat.read();
        if beat != self.seen {
            (self.seen, self.changed) = (beat, now);
            return std::mem::take(&mut self.is_quiet).then_some(News::Active);
        }
        let silent = now.duration_since(self.changed);
        let is_news = !self.is_quiet && silent >= self.every;
        self.is_quiet |= is_news;
        is_news.then_some(News::Quiet { silent })
    }
}

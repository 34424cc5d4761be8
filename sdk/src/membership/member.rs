use crate::registry::Peer;
use crate::shm::{Heartbeat, HeartbeatReading};
use std::time::{Duration, Instant};

/// An endpoint that was found.
pub(super) struct Member {
    /// Holds its entry open.
    pub(super) peer: Peer,
    pub(super) state: MemberState,
    pub(super) death_watch: DeathWatch,
    pub(super) promise: Option<Promise>,
}

/// What was reported about a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MemberState {
    Joined,
    Refused,
    /// It has left or died. It stays known until its lock is free, so that its entry does not count
    /// as a new one.
    Ended,
}

/// How the death of a member is seen before its lock is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeathWatch {
    /// By its process, which is watched under this key.
    Process(u64),
    /// Not at all: only the lock is checked.
    Lock,
    /// Not yet: this process was short of something.
    LockForNow,
}

impl DeathWatch {
    /// Returns the key under which its process is watched.
    pub(super) fn key(self) -> Option<u64> {
        match self {
            Self::Process(key) => Some(key),
            Self::Lock | Self::LockForNow => None,
        }
    }
}

/// How a member has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Left,
    Died,
}

/// What a check of a member has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MemberCheck {
    /// How it has ended, if it has.
    pub(super) end: Option<End>,
    pub(super) is_lock_free: bool,
}

impl Member {
    /// Checks whether it has ended. `has_process_ended` is what was seen of its process before this
    /// call.
    pub(super) fn check(&self, has_process_ended: bool) -> MemberCheck {
        let is_lock_free = !self.peer.is_alive().unwrap_or(true);
        // After that: an owner that leaves sets its mark first, and releases its lock then.
        let has_left = self.peer.has_left().unwrap_or(false);
        let end = match (has_left, has_process_ended || is_lock_free) {
            (true, _) => Some(End::Left),
            (false, true) => Some(End::Died),
            (false, false) => None,
        };
        MemberCheck { end, is_lock_free }
    }
}

/// A publisher's promise to be alive, and whether it keeps it.
pub(super) struct Promise {
    heartbeat: Heartbeat,
    pub(super) every: Duration,
    last: HeartbeatReading,
    /// When a change of the heartbeat was last seen.
    changed_at: Instant,
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
        let last = heartbeat.read();
        Self { heartbeat, every, last, changed_at: Instant::now(), is_quiet: false }
    }

    /// Returns the interval between checks, so that a silence and its end are reported soon.
    pub(super) fn interval(&self) -> Duration {
        (self.every / 4).clamp(Duration::from_millis(1), Duration::from_millis(250))
    }

    /// Checks the heartbeat. Returns what has changed.
    pub(super) fn check(&mut self, now: Instant) -> Option<News> {
        let reading = self.heartbeat.read();
        if reading != self.last {
            (self.last, self.changed_at) = (reading, now);
            return std::mem::take(&mut self.is_quiet).then_some(News::Active);
        }
        let silent = now.duration_since(self.changed_at);
        let is_news = !self.is_quiet && silent >= self.every;
        self.is_quiet |= is_news;
        is_news.then_some(News::Quiet { silent })
    }
}

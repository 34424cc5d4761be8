//! How a lossless publisher gets room for its next message: it waits until those to whom it has promised that have
//! read, and no longer than it said.

use super::core::{NotPublished, PublisherCore};
use crate::endpoint::error_debug::debug_is_display;
use crate::protocol::doorbell::Waiting;
use crate::protocol::grant;
use crate::publisher::grants::{Granted, Grants};
use crate::registry::{Peer, PeerName};
use crate::sys::{barrier, process};
use std::fmt;
use std::time::{Duration, Instant};

/// How long a publisher looks before it sleeps: about what it costs to be woken.
const SPIN: Duration = Duration::from_micros(20);
/// How long it looks for more room than for one message: else it would ask, and write, for each message that is read.
const BATCH: Duration = Duration::from_micros(1);
/// How often it does nothing between two looks.
const PAUSES: u32 = 6;
/// How long it sleeps at most before it looks by itself: what a hint that is wrong can cost, and how soon it notices a
/// death.
const SLICE: Duration = Duration::from_millis(20);
/// The same where a wake-up can be missed, because the kernel does not execute barriers for others.
const SLICE_WITHOUT_BARRIER: Duration = Duration::from_millis(1);
/// How long a ring is full before one who does not wait asks whether its subscribers live.
const FULL_NS: u64 = 100_000_000;

/// What a publisher is that waits.
pub(super) struct Lossless {
    timeout: Duration,
    laggards: LaggardPolicy,
    /// The first sequence that has to wait, as far as is known.
    limit: u64,
    /// Since when there was no room for one who does not wait, in nanoseconds of `CLOCK_MONOTONIC`.
    full_since: Option<u64>,
}

/// What becomes of subscribers that have not read in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LaggardPolicy {
    /// Each call that they hold up for the publisher's timeout is an error, and publishes nothing. The default.
    #[default]
    Error,
    /// They are let go: told once, and from then on they can lose messages. The call publishes.
    Detach,
}

/// What a subscriber's process does, as far as this one can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProcessState {
    /// It runs, or waits for something: it is slow, or does not ask for messages.
    Running,
    /// It stands still: by SIGSTOP, or in a debugger.
    Stopped,
    /// It lives, and more cannot be seen: it is in another PID namespace, say.
    Alive,
}

/// A subscriber that has not read what it was promised.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Laggard {
    /// Who.
    pub subscriber: PeerName,
    /// How many messages it has not read.
    pub unread: u64,
    /// Whether it has begun to read this publisher at all.
    pub has_begun: bool,
    /// What it does.
    pub state: ProcessState,
}

impl fmt::Display for Laggard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subscriber, unread, has_begun, state } = self;
        let messages = if *unread == 1 { "message" } else { "messages" };
        write!(f, "{unread} {messages} by the subscriber ({subscriber}), which ")?;
        f.write_str(match (state, has_begun) {
            (ProcessState::Stopped, _) => "is stopped",
            (_, false) => "has not begun to read",
            (ProcessState::Running, _) => "runs, and is slow",
            (ProcessState::Alive, _) => "lives, and is slow",
        })
    }
}

/// Why a message was not published in time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LagTimeout {
    /// Who is furthest behind.
    pub worst: Laggard,
    /// How many others there was no room for either.
    pub others: u64,
    /// How long the publisher has waited.
    pub waited: Duration,
}

impl fmt::Display for LagTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { worst, others, waited } = self;
        write!(f, "not read within {waited:?}: {worst}")?;
        match others {
            0 => Ok(()),
            others => write!(f, "; and {others} more are behind"),
        }
    }
}

/// Why not all was read when a publisher closed. It is closed all the same.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseError {
    /// Time was over.
    #[error("closed before all was read, after {waited:?}: {}", each(laggards))]
    Unread {
        /// Who had not read how many, the worst first.
        laggards: Vec<Laggard>,
        /// How long the publisher has waited.
        waited: Duration,
    },
    /// This process was forked off the one that made the publisher, which still publishes.
    #[error("this publisher belongs to the process that this one was forked from: close it there")]
    Forked,
}

debug_is_display!(CloseError {
    Unread { laggards, waited },
    Forked,
});

fn each(laggards: &[Laggard]) -> String {
    laggards.iter().map(Laggard::to_string).collect::<Vec<_>>().join("; ")
}

impl ProcessState {
    /// That of a subscriber's process.
    pub(super) fn of(peer: &Peer) -> Self {
        match peer.process().map(process::is_stopped) {
            Some(Some(true)) => Self::Stopped,
            Some(Some(false)) => Self::Running,
            _ => Self::Alive,
        }
    }
}

impl Granted {
    fn laggard(&self, next: u64) -> Laggard {
        let state = ProcessState::of(self.peer());
        let (subscriber, unread) = (self.peer().name.clone(), next.saturating_sub(self.position()));
        Laggard { subscriber, unread, has_begun: self.has_begun(), state }
    }
}

impl Grants {
    /// Who has not read all before `needed`, the worst first.
    fn who_is_behind(&self, needed: u64, next: u64) -> Vec<Laggard> {
        let mut laggards: Vec<_> = self.laggards(needed).map(|granted| granted.laggard(next)).collect();
        laggards.sort_by_key(|laggard| std::cmp::Reverse(laggard.unread));
        laggards
    }
}

impl Lossless {
    pub(super) fn new(timeout: Duration, laggards: LaggardPolicy) -> Self {
        Self { timeout, laggards, limit: 0, full_since: None }
    }

    /// Whether there is room for a message, as far as is known.
    #[inline]
    pub(super) fn has_capacity(&self, sequence: u64) -> bool {
        sequence < self.limit
    }
}

impl PublisherCore {
    /// Sees to it that the next message can be stored: grants those who came, and waits for those who are behind, if
    /// it `may_wait`.
    #[cold]
    #[inline(never)]
    pub(super) fn make_capacity(&mut self, may_wait: bool) -> Result<(), NotPublished> {
        let sequence = self.next;
        let room = self.find_capacity();
        let Some(lossless) = &mut self.lossless else { return Ok(()) };
        if !may_wait {
            return if room > 0 { Ok(()) } else { self.is_full() };
        }
        let depth = self.segment.geometry().depth();
        let (timeout, policy) = (lossless.timeout, lossless.laggards);
        if room > depth / 4 || room > 0 && timeout <= BATCH {
            return Ok(());
        }
        let start = Instant::now();
        // Of the messages before this one, at most the depth less one may be unread.
        let needed = (sequence + 1).saturating_sub(depth);
        let mut waited = Duration::ZERO;
        while waited < SPIN.min(timeout) {
            for _ in 0..PAUSES {
                std::hint::spin_loop();
            }
            let room = self.find_capacity();
            waited = start.elapsed();
            if room > depth / 4 || room > 0 && waited >= BATCH {
                return Ok(());
            }
        }
        if self.sleep_until_read(needed, start.checked_add(timeout)) {
            return Ok(());
        }
        let grants = self.grants.as_mut().expect("who waits has granted");
        if policy == LaggardPolicy::Detach {
            grants.let_laggards_go(&self.segment, needed);
            self.find_capacity();
            return Ok(());
        }
        let mut laggards = grants.who_is_behind(needed, sequence);
        let others = laggards.len().saturating_sub(1) as u64;
        laggards.truncate(1);
        match laggards.pop() {
            Some(worst) => {
                Err(NotPublished::LagTimeout(Box::new(LagTimeout { worst, others, waited: start.elapsed() })))
            }
            None => Ok(()),
        }
    }

    /// Grants those who are there, also if they have not counted themselves yet: they get what is published from now on.
    pub(super) fn grant_now(&mut self) {
        if let Some(grants) = &mut self.grants {
            grants.look(&self.topic, &self.segment, self.pool.as_mut(), self.next);
            self.find_capacity();
        }
    }

    /// For how many messages there is room now. Grants those who came.
    pub(super) fn find_capacity(&mut self) -> u64 {
        let Some(grants) = &mut self.grants else { return u64::MAX };
        if grants.is_stale(&self.topic) {
            grants.look(&self.topic, &self.segment, self.pool.as_mut(), self.next);
        }
        let Some(lossless) = &mut self.lossless else { return u64::MAX };
        let least = grants.least(&self.segment, self.next);
        lossless.limit = grant::limit(least, 0, self.segment.geometry().depth());
        lossless.limit.saturating_sub(self.next)
    }

    /// Who does not wait finds no room. Now and then it asks whether those live for whom there is none.
    fn is_full(&mut self) -> Result<(), NotPublished> {
        let (Some(grants), Some(lossless)) = (&mut self.grants, &mut self.lossless) else { return Ok(()) };
        let now = process::monotonic_ns();
        let since = *lossless.full_since.get_or_insert(now);
        if now - since >= FULL_NS {
            lossless.full_since = None;
            grants.drop_the_dead(&self.segment, self.next);
            if self.find_capacity() > 0 {
                return Ok(());
            }
        }
        Err(NotPublished::Full)
    }

    /// Whether all before `needed` was read by all to whom that was promised.
    fn was_read(&mut self, needed: u64) -> bool {
        self.find_capacity();
        self.grants.as_ref().is_none_or(|grants| grants.laggards(needed).next().is_none())
    }

    /// Sleeps until all before `needed` was read, at most until the deadline. Whether it was. The dead are forgotten.
    fn sleep_until_read(&mut self, needed: u64, deadline: Option<Instant>) -> bool {
        loop {
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
                // Whatever it returns, it is looked next.
                let slept = self.topic.sleep_for_capacity(value, left.min(slice));
                debug_assert!(slept.is_ok());
                if self.was_read(needed) {
                    return true;
                }
            }
            if let Some(grants) = &mut self.grants {
                grants.drop_the_dead(&self.segment, needed);
            }
            if self.was_read(needed) {
                return true;
            }
            if left.is_zero() {
                return false;
            }
        }
    }

    /// Waits until all that was published was read by all to whom that was promised.
    pub(crate) fn linger(&mut self, time: Duration) -> Result<(), CloseError> {
        if self.is_forked_copy() {
            return Err(CloseError::Forked);
        }
        let (start, deadline) = (Instant::now(), Instant::now().checked_add(time));
        if self.lossless.is_none() || self.sleep_until_read(self.next, deadline) && self.sleep_until_met(deadline) {
            return Ok(());
        }
        let laggards = self.grants.as_ref().map(|grants| {
            let strangers = grants.strangers().map(|(peer, start)| Laggard {
                subscriber: peer.name.clone(),
                unread: self.next - start,
                has_begun: false,
                state: ProcessState::of(peer),
            });
            strangers.chain(grants.who_is_behind(self.next, self.next)).collect()
        });
        Err(CloseError::Unread { laggards: laggards.unwrap_or_default(), waited: start.elapsed() })
    }

    /// Waits until all who were let go have begun to read: else they would never know of it, as this is about to end.
    fn sleep_until_met(&self, deadline: Option<Instant>) -> bool {
        let is_met = || self.grants.as_ref().is_none_or(|grants| grants.strangers().next().is_none());
        let is_over = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        while !is_met() {
            if is_over() {
                return false;
            }
            process::sleep(SLICE);
        }
        true
    }
}

//! Waiting for the publishers' lock: how a standby learns that it can take over.
//!
//! The kernel frees the lock when its holder dies. That wakes nobody who waits for it with a
//! timeout. But the topic's file is closed then, and so are entries, which a watch of the directory
//! reports. Where there is no watch, the lock is looked at each 10 ms.

use super::TopicDirectory;
use super::layout::byte;
use crate::registry::{Peer, RegistryError, Role};
use crate::sys::lock::{self, Hold};
use crate::sys::poll::{Interest, Poll};
use std::time::{Duration, Instant};

/// The longest sleep with a watch.
const SLICE: Duration = Duration::from_millis(50);
/// The longest sleep without one.
const BLIND: Duration = Duration::from_millis(10);
/// The pause after a file was closed: its lock is freed some microseconds later.
const SOON: Duration = Duration::from_micros(200);
/// How often there is such a pause.
const SOON_TIMES: u32 = 25;

/// What a wait for the publishers' lock has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vacancy {
    /// Nobody held the lock a moment ago. Others that wait may be faster.
    Free,
    /// The topic was removed from outside: the lock is that of nobody.
    Removed,
    /// The time is over.
    TimedOut,
}

impl TopicDirectory {
    /// Waits until no publisher is in the way of one that takes the lock with `hold`. `None` as the
    /// deadline is for ever.
    ///
    /// # Errors
    /// When files cannot be used.
    pub(crate) fn wait_for_vacancy(&self, hold: Hold, deadline: Option<Instant>) -> Result<Vacancy, RegistryError> {
        let failed = |reason| RegistryError::io("wait for the lock of", &self.path)(reason);
        // Before the lock is looked at: what happens after that is noticed.
        let watch = self.watch().ok();
        let poll = Poll::new().map_err(failed)?;
        let watch = watch.filter(|watch| poll.add(watch, 0, Interest::Readable).is_ok());
        let mut soon = 0_u32;
        loop {
            if self.was_removed().map_err(failed)? {
                return Ok(Vacancy::Removed);
            }
            if !lock::is_held_against(&self.file, byte::PUBLISHERS, hold).map_err(failed)? {
                return Ok(Vacancy::Free);
            }
            let now = Instant::now();
            if deadline.is_some_and(|deadline| now >= deadline) {
                return Ok(Vacancy::TimedOut);
            }
            let slice = match &watch {
                None => BLIND,
                Some(_) if soon > 0 => SOON,
                Some(_) => SLICE,
            };
            soon = soon.saturating_sub(1);
            let until = now + slice;
            let until = deadline.map_or(until, |deadline| deadline.min(until));
            poll.wait(Some(until), |_| {}).map_err(failed)?;
            if let Some(watch) = &watch
                && watch.take().map_err(failed)?.any
            {
                soon = SOON_TIMES;
            }
        }
    }

    /// Returns one of the live publishers.
    pub(crate) fn any_publisher(&self) -> Option<Peer> {
        let names = self.names(Role::Publisher).ok()?;
        names.iter().find_map(|name| self.open(name).ok()?.live().filter(|publisher| !publisher.is_gone()))
    }
}

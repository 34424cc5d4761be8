//! Waiting for a message in the call: looking again and again, then asleep on the topic's doorbell.

use super::core::SubscriberCore;
use super::failure::ReadFailure;
use crate::endpoint::REFRESH;
use crate::protocol::doorbell::Waiting;
use crate::record::Received;
use crate::sys::{barrier, process};
use std::time::{Duration, Instant};

/// How a receiver waits for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wait {
    /// Look again and again: the shortest latency, and one processor in full use.
    Spin,
    /// Look again and again for so long, then sleep. The default, with 20 µs: about what it costs to be woken.
    Hybrid(Duration),
    /// Sleep at once: the least use of the processor. Each message that is waited for costs some system calls.
    Sleep,
}

impl Default for Wait {
    fn default() -> Self {
        Self::Hybrid(Duration::from_micros(20))
    }
}

impl Wait {
    fn spin(self) -> Duration {
        match self {
            Self::Spin => Duration::MAX,
            Self::Hybrid(time) => time,
            Self::Sleep => Duration::ZERO,
        }
    }
}

/// How often a waiting receiver looks for a message before it looks at the clock.
const LOOKS: u32 = 50;
/// How long a receiver sleeps at most before it looks by itself: what a hint that is wrong can cost.
const SLICE: Duration = Duration::from_millis(100);
/// The same where a wake-up can be missed: the kernel does not execute barriers for others, or a publisher rings the bell
/// of a directory that was removed.
pub(super) const SLICE_WITHOUT_BELL: Duration = Duration::from_millis(1);

impl SubscriberCore {
    /// Copies the next message into `out`, and waits for one until the deadline if there is none: nothing then.
    pub(crate) fn next_before(
        &mut self,
        payload: usize,
        out: &mut [u64],
        received: &mut Received,
        deadline: Option<Instant>,
    ) -> Result<bool, Box<ReadFailure>> {
        self.check_open()?;
        if self.look(payload, out, received)? {
            return Ok(true);
        }
        let start = Instant::now();
        let is_over = |now: Instant| deadline.is_some_and(|deadline| now >= deadline);
        let spin = self.wait.spin();
        while start.elapsed() < spin {
            // Many looks for one at the clock, which takes longer.
            for _ in 0..LOOKS {
                if self.look(payload, out, received)? {
                    return Ok(true);
                }
                std::hint::spin_loop();
            }
            if is_over(Instant::now()) {
                return Ok(false);
            }
            self.check_open()?;
            self.refresh_sometimes(REFRESH);
        }
        let mut said = None;
        loop {
            // Before it sleeps: messages may come so often that each sleep ends with one.
            if self.refresh_sometimes(REFRESH) {
                said = None; // that was in another place
            }
            if self.sources.idle_for().is_none() && !said.is_some_and(|said| self.still_stands(said)) {
                said = Some(self.say_that_it_sleeps());
                self.check_open()?;
                if self.look(payload, out, received)? {
                    return Ok(true);
                }
            }
            let now = Instant::now();
            if is_over(now) {
                return Ok(false);
            }
            let left = deadline.map_or(Duration::MAX, |deadline| deadline.duration_since(now));
            match (self.sources.idle_for(), said) {
                // Nothing that comes may be delivered: nobody need be made to ring.
                (Some(idle), _) => process::sleep(idle.min(SLICE).min(left)),
                (None, Some(Said { value, slice })) => {
                    let due = self.sources.due_in().unwrap_or(Duration::MAX);
                    // Whatever it returns, what is there is looked at next.
                    let slept = self.topic.sleep(value, due.min(slice).min(left));
                    debug_assert!(slept.is_ok());
                }
                (None, None) => {} // a message has become due meanwhile
            }
            self.check_open()?;
            // Before it is said again that somebody sleeps, which costs more.
            if self.look(payload, out, received)? {
                return Ok(true);
            }
        }
    }

    /// Says on the topic's doorbell that somebody sleeps. One look must follow.
    fn say_that_it_sleeps(&self) -> Said {
        let mut slice = if self.sources.is_split() { SLICE_WITHOUT_BELL } else { SLICE };
        let value = self.topic.doorbell().prepare_to_wait(Waiting::ASLEEP, || {
            if !barrier::everywhere() {
                slice = SLICE_WITHOUT_BELL;
            }
        });
        Said { value, slice }
    }

    /// Whether nobody has rung since it said that it sleeps: then it need not say so again, which takes a barrier everywhere.
    fn still_stands(&self, said: Said) -> bool {
        self.topic.doorbell().word().load_relaxed() == said.value
    }
}

/// That it sleeps was said, with this value of the word.
#[derive(Clone, Copy)]
struct Said {
    value: u64,
    /// How long it may sleep.
    slice: Duration,
}

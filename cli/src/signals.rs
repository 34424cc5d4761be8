//! Signals of commands that run for long: SIGINT and SIGTERM end them in order, SIGUSR1 makes them
//! print statistics, and SIGUSR2 makes `blackbox` write.

use anyhow::{Context as _, Result};
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::flag;
use signal_hook::iterator;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// What was asked for by signals. A second SIGINT or SIGTERM ends the process at once.
pub(crate) struct Signals {
    stop: Arc<AtomicBool>,
    statistics: Arc<AtomicBool>,
    dump: Arc<AtomicBool>,
}

impl Signals {
    /// Handles the signals of this process from now on. [`sleep`](Self::sleep) works only on the
    /// thread that calls this. A process does this once.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub(crate) fn handle() -> Result<Self> {
        Self::handle_all(&[SIGINT, SIGTERM, SIGUSR1])
    }

    /// Handles SIGUSR2, too, which otherwise ends the process: see [`wants_dump`](Self::wants_dump).
    ///
    /// # Errors
    /// When the kernel refuses.
    pub(crate) fn handle_with_dump() -> Result<Self> {
        Self::handle_all(&[SIGINT, SIGTERM, SIGUSR1, SIGUSR2])
    }

    fn handle_all(all: &[i32]) -> Result<Self> {
        let this = Self { stop: Arc::default(), statistics: Arc::default(), dump: Arc::default() };
        for signal in [SIGINT, SIGTERM] {
            // Before the flag is set by the same signal, so that it acts on the second one.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&this.stop))
                .and_then(|_| flag::register(signal, Arc::clone(&this.stop)))
                .context("cannot handle signals")?;
        }
        flag::register(SIGUSR1, Arc::clone(&this.statistics)).context("cannot handle signals")?;
        if all.contains(&SIGUSR2) {
            flag::register(SIGUSR2, Arc::clone(&this.dump)).context("cannot handle signals")?;
        }
        let signals = iterator::Signals::new(all).context("cannot handle signals")?;
        wake_by(signals, thread::current());
        Ok(this)
    }

    /// Returns whether the command should end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Returns whether statistics were asked for since the last call.
    pub(crate) fn wants_statistics(&self) -> bool {
        self.statistics.swap(false, Ordering::Relaxed)
    }

    /// Returns whether it was asked to write what it keeps, since the last call.
    pub(crate) fn wants_dump(&self) -> bool {
        self.dump.swap(false, Ordering::Relaxed)
    }

    /// Sleeps until `until`, or until a signal comes.
    pub(crate) fn sleep_until(&self, until: Instant) {
        while !self.is_stopped() && !self.statistics.load(Ordering::Relaxed) && !self.dump.load(Ordering::Relaxed) {
            match until.checked_duration_since(Instant::now()) {
                None | Some(Duration::ZERO) => break,
                Some(rest) => thread::park_timeout(rest),
            }
        }
    }

    /// Sleeps for `time`, or until a signal comes.
    pub(crate) fn sleep(&self, time: Duration) {
        self.sleep_until(Instant::now() + time);
    }
}

/// Wakes a thread when a signal comes, after its flag was set.
fn wake_by(mut signals: iterator::Signals, thread: Thread) {
    thread::spawn(move || signals.forever().for_each(|_| thread.unpark()));
}

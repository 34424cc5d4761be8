use super::Watch;
use crate::signals::Signals;
use anyhow::Result;
use clap::Args;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// What part of the time polls may take: a twenty-fifth.
const POLL_PART: u32 = 24;

/// How often and how long is measured.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Pacing {
    /// Seconds from one refresh to the next
    #[arg(short, long, value_name = "SECONDS", default_value = "1", value_parser = positive_seconds)]
    pub(crate) interval: Duration,
    /// End after this number of refreshes [default: never]
    #[arg(short = 'n', long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,
    /// End after one refresh; the same as -n 1
    #[arg(short = '1', long, conflicts_with = "count")]
    pub(crate) once: bool,
}

/// A refresh: the end of a period.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refresh {
    /// Its number, from 1.
    pub(crate) number: u64,
    /// How long the period was.
    pub(crate) time: Duration,
}

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Print what has happened in a period.
    Refresh(Refresh),
    /// Print statistics, because a signal has asked for them.
    Statistics,
}

impl Pacing {
    /// Polls at an interval, or less often if there is very much to read, and has `act` do what is
    /// due, until that breaks, a signal comes, or there were enough refreshes. What has happened
    /// since the last refresh when a signal comes is refreshed too, so nothing is missing.
    ///
    /// # Errors
    /// Those of polls and of `act`.
    pub(crate) fn run(
        self,
        signals: &Signals,
        watch: &mut Watch,
        poll_interval: Duration,
        mut act: impl FnMut(&mut Watch, Step) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let poll_interval = poll_interval.min(self.interval);
        let mut pause = poll_interval;
        let count = if self.once { Some(1) } else { self.count };
        watch.poll()?;
        let mut before = Instant::now();
        let mut due = before + self.interval;
        for number in 1.. {
            while Instant::now() < due && !signals.is_stopped() {
                signals.sleep_until(due.min(Instant::now() + pause));
                let start = Instant::now();
                watch.poll()?;
                pause = poll_interval.max(start.elapsed() * POLL_PART);
                if signals.wants_statistics() && act(watch, Step::Statistics)?.is_break() {
                    return Ok(());
                }
            }
            if signals.is_stopped() {
                watch.poll()?; // what has happened since the last poll
            }
            let now = Instant::now();
            let is_last = signals.is_stopped() || count.is_some_and(|count| number >= count);
            let refresh = Refresh { number, time: now - before };
            if act(watch, Step::Refresh(refresh))?.is_break() || is_last {
                break;
            }
            // After a pause, such as that of a stopped process, missed refreshes are left out.
            due = (due + self.interval).max(now);
            before = now;
        }
        Ok(())
    }
}

/// Parses an interval in seconds.
pub(crate) fn positive_seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("`{text}` is not a number of seconds"))?;
    if seconds < 0.001 {
        return Err("it must be at least 0.001 seconds".to_owned());
    }
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

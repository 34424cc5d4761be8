//! The counters and errors that processes show, also of those that have ended meanwhile.

use crate::topics::TopicPattern;
use anyhow::Result;
use serde::Serialize;
use slotcast::Observer;
use slotcast::now_ns;
use slotcast::observer::{CounterSet, CounterValue, ReportedError};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// How many sets of processes that have ended are kept at most: each has some pages of memory.
const MAX_ENDED: usize = 256;

/// The sets that were found, in order of their names.
pub(crate) struct Counted {
    observer: Observer,
    patterns: Vec<TopicPattern>,
    /// How long sets are kept whose processes have ended.
    keep: Duration,
    sets: Vec<Found>,
}

struct Found {
    set: CounterSet,
    /// When its process was found to have ended.
    ended_at: Option<Instant>,
}

/// A set as it is shown.
#[derive(Serialize)]
pub(crate) struct Shown {
    pub(crate) name: String,
    pub(crate) pid: u32,
    pub(crate) program: String,
    /// What its owner has called it.
    pub(crate) of: String,
    #[serde(rename = "is_alive")]
    pub(crate) alive: bool,
    pub(crate) counters: Vec<Number>,
    pub(crate) errors: Vec<Failure>,
    pub(crate) unlisted_errors: u64,
}

#[derive(Serialize)]
pub(crate) struct Number {
    pub(crate) label: String,
    pub(crate) unit: String,
    pub(crate) value: i64,
}

#[derive(Serialize)]
pub(crate) struct Failure {
    pub(crate) text: String,
    pub(crate) count: u64,
    pub(crate) first_ns: u64,
    pub(crate) last_ns: u64,
}

impl Counted {
    /// Finds nothing yet. Without a pattern it will find all.
    pub(crate) fn new(observer: Observer, patterns: Vec<TopicPattern>, keep: Duration) -> Self {
        Self { observer, patterns, keep, sets: Vec::new() }
    }

    /// Finds sets that have come, and forgets those that have ended long ago.
    pub(crate) fn refresh(&mut self) -> Result<()> {
        let Self { observer, patterns, sets, keep } = self;
        let is_known = |id| sets.iter().any(|found| found.set.id() == id);
        for set in observer.counters_but(is_known)? {
            if patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(set.name())) {
                sets.push(Found { set, ended_at: None });
            }
        }
        for Found { set, ended_at } in sets.iter_mut() {
            if ended_at.is_none() && !set.is_alive() {
                *ended_at = Some(Instant::now());
            }
        }
        sets.retain(|found| found.ended_at.is_none_or(|at| at.elapsed() < *keep));
        // The oldest of those that have ended go first if they are too many.
        sets.sort_by_key(|found| found.ended_at);
        let ended = sets.iter().filter(|found| found.ended_at.is_some()).count();
        let living = sets.len() - ended;
        sets.drain(living..living + ended.saturating_sub(MAX_ENDED));
        let key = |found: &Found| (found.set.name().clone(), found.set.owner().pid, found.set.id());
        sets.sort_by_cached_key(key);
        Ok(())
    }

    /// Returns what the sets contain now.
    pub(crate) fn shown(&self) -> Vec<Shown> {
        self.sets.iter().map(Found::show).collect()
    }
}

impl Found {
    fn show(&self) -> Shown {
        let Self { set, ended_at } = self;
        let number = |CounterValue { label, unit, value }| Number { label, unit, value };
        let failure = |ReportedError { text, count, first_ns, last_ns }| Failure { text, count, first_ns, last_ns };
        Shown {
            name: set.name().to_string(),
            pid: set.owner().pid,
            program: set.owner().program.clone(),
            of: set.owner().name.clone(),
            alive: ended_at.is_none(),
            counters: set.counters().into_iter().map(number).collect(),
            errors: set.errors().into_iter().map(failure).collect(),
            unlisted_errors: set.unlisted_errors(),
        }
    }
}

/// Adds the sets to a page for people.
pub(crate) fn add_to(page: &mut String, sets: &[Shown]) {
    for Shown { name, pid, program, of, alive, counters, errors, unlisted_errors } in sets {
        let of = if of.is_empty() { String::new() } else { format!(" \"{}\"", of.escape_debug()) };
        let ended = if *alive { "" } else { ", ended" };
        // A string takes all that is written.
        let _ = writeln!(page, "{name}  counted by pid {pid}, {}{of}{ended}", program.escape_debug());
        for Number { label, unit, value } in counters {
            let unit = if unit.is_empty() { String::new() } else { format!(" {}", unit.escape_debug()) };
            let _ = writeln!(page, "  {}: {value}{unit}", label.escape_debug());
        }
        for Failure { text, count, last_ns, .. } in errors {
            let ago = Duration::from_nanos(now_ns().saturating_sub(*last_ns));
            let times = if *count == 1 { "once".to_owned() } else { format!("{count} times, last") };
            let _ = writeln!(page, "  ! {} ({times} {ago:.1?} ago)", text.escape_debug());
        }
        if *unlisted_errors > 0 {
            let _ = writeln!(page, "  ! {unlisted_errors} reports of other errors");
        }
    }
}

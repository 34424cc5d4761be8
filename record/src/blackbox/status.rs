//! What a black box keeps, and what it has written.

use crate::problems::{self, lock};
use crate::recorder::RecordError;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What a black box keeps, and what it has written; see [`BlackBox::status`](super::BlackBox::status).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlackBoxStatus {
    /// How many topics it watches.
    pub topics: usize,
    /// How many messages it has received.
    pub messages: u64,
    /// How many were lost, exactly: overwritten before they were received.
    pub lost: u64,
    /// How many bytes of messages it keeps.
    pub kept: u64,
    /// From which time on it has all messages that it has received. Zero if it copies none.
    pub reaches_back: Duration,
    /// Whether that is less than was asked for, because there is not enough memory.
    pub is_short: bool,
    /// The files that are finished.
    pub incidents: Vec<IncidentReport>,
    /// What is not watched and why, each once.
    pub problems: Vec<String>,
}

/// A file that was written because something has happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IncidentReport {
    /// The file.
    pub file: PathBuf,
    /// What has happened, in order. The first is why it was written.
    pub reasons: Vec<String>,
    /// How many messages it has.
    pub messages: u64,
    /// How many topics these are of.
    pub topics: usize,
    /// How many were lost between those, exactly.
    pub lost: u64,
    /// For how long before the first event there are messages.
    pub before: Duration,
    /// For how long after the first event there are messages.
    pub after: Duration,
    /// Whether there was not enough memory for the time before that was asked for.
    pub is_short: bool,
}

/// What the threads share.
#[derive(Default)]
pub(super) struct Shared {
    /// Whether it should end.
    pub(super) stop: AtomicBool,
    failed: AtomicBool,
    status: Mutex<BlackBoxStatus>,
    wanted: Mutex<Vec<String>>,
    error: Mutex<Option<RecordError>>,
}

impl Shared {
    /// Ends it with an error. The first one counts.
    pub(super) fn fail(&self, error: RecordError) {
        lock(&self.error).get_or_insert(error);
        self.failed.store(true, Ordering::Release);
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    pub(super) fn take_error(&self) -> Option<RecordError> {
        lock(&self.error).take()
    }

    pub(super) fn trigger(&self, reason: &str) {
        lock(&self.wanted).push(reason.to_owned());
    }

    /// Returns for which reasons the program wants a file.
    pub(super) fn take_triggers(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.wanted))
    }

    pub(super) fn status(&self) -> BlackBoxStatus {
        lock(&self.status).clone()
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut BlackBoxStatus)) {
        change(&mut lock(&self.status));
    }

    /// Notes a problem, once.
    pub(super) fn problem(&self, problem: String) {
        self.update(|status| {
            problems::note(&mut status.problems, problem);
        });
    }
}

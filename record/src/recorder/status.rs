//! How far a recorder is.

use super::RecordError;
use super::output::Work;
use crate::problems::{self, lock};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How far a recorder is; see [`Recorder::status`](super::Recorder::status).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordStatus {
    /// The topics that are recorded.
    pub topics: BTreeMap<String, TopicStatus>,
    /// How many bytes wait to be written.
    pub backlog: u64,
    /// How many bytes were written, of all files.
    pub written: u64,
    /// The files, in their order, once the recording was finished; without those that were removed
    /// because of [`keep`](super::RecorderBuilder::keep) or
    /// [`disk_quota`](super::RecorderBuilder::disk_quota).
    pub files: Vec<PathBuf>,
    /// What is not recorded and why, each once.
    pub problems: Vec<String>,
}

/// How far the recording of a topic is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TopicStatus {
    /// How many messages were received and kept.
    pub messages: u64,
    /// How many bytes these had.
    pub bytes: u64,
    /// How many were lost, exactly: overwritten before they were received, or dropped because the
    /// disk was too slow.
    pub lost: u64,
}

impl RecordStatus {
    /// Returns how many messages were received and kept, of all topics.
    pub fn messages(&self) -> u64 {
        self.topics.values().map(|topic| topic.messages).sum()
    }

    /// Returns how many messages were lost, of all topics.
    pub fn lost(&self) -> u64 {
        self.topics.values().map(|topic| topic.lost).sum()
    }
}

/// What the threads of a recorder share.
#[derive(Default)]
pub(super) struct Shared {
    /// Whether it should end.
    pub(super) stop: AtomicBool,
    /// Whether it has failed.
    failed: AtomicBool,
    backlog: AtomicU64,
    large: AtomicU64,
    written: AtomicU64,
    status: Mutex<RecordStatus>,
    error: Mutex<Option<RecordError>>,
    /// The file that is written, and its name.
    file: Mutex<Option<(Arc<File>, PathBuf)>>,
}

impl Shared {
    /// Ends the recording with an error. The first one counts.
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

    /// Returns how many bytes wait to be written.
    pub(super) fn backlog(&self) -> u64 {
        self.backlog.load(Ordering::Relaxed)
    }

    /// Returns how many large messages wait to be written.
    pub(super) fn large(&self) -> u64 {
        self.large.load(Ordering::Relaxed)
    }

    /// Notes that something waits to be written.
    pub(super) fn add(&self, work: &Work) {
        self.backlog.fetch_add(work.bytes(), Ordering::Relaxed);
        self.large.fetch_add(u64::from(work.is_large()), Ordering::Relaxed);
    }

    /// Notes that so many bytes do not wait any more.
    pub(super) fn remove(&self, bytes: u64, is_large: bool) {
        self.backlog.fetch_sub(bytes, Ordering::Relaxed);
        self.large.fetch_sub(u64::from(is_large), Ordering::Relaxed);
    }

    pub(super) fn set_written(&self, bytes: u64) {
        self.written.store(bytes, Ordering::Relaxed);
    }

    /// Says which file is written now.
    pub(super) fn set_file(&self, file: File, path: &Path) {
        *lock(&self.file) = Some((Arc::new(file), path.to_owned()));
    }

    /// Returns the file that is written.
    pub(super) fn file(&self) -> Option<(Arc<File>, PathBuf)> {
        lock(&self.file).clone()
    }

    pub(super) fn set_files(&self, files: Vec<PathBuf>) {
        lock(&self.status).files = files;
    }

    /// Changes what is known of a topic.
    pub(super) fn topic(&self, name: &str, status: TopicStatus) {
        let mut shared = lock(&self.status);
        match shared.topics.get_mut(name) {
            Some(known) => *known = status,
            None => {
                shared.topics.insert(name.to_owned(), status);
            }
        }
    }

    /// Notes a problem, once.
    pub(super) fn problem(&self, problem: String) {
        let mut status = lock(&self.status);
        problems::note(&mut status.problems, problem);
    }

    pub(super) fn status(&self) -> RecordStatus {
        let mut status = lock(&self.status).clone();
        status.backlog = self.backlog();
        status.written = self.written.load(Ordering::Relaxed);
        status
    }
}

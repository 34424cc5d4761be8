//! Something has happened: what was kept goes into a file, and what comes for some time after it.

use super::file::{IncidentFile, Step};
use super::status::IncidentReport;
use super::window::Held;
use crate::file::Compression;
use crate::recorder::RecordError;
use crate::recorder::part::Part;
use slotcast::EndpointId;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

/// An incident whose file is being written, in a thread of its own.
pub(super) struct Incident {
    path: PathBuf,
    steps: Sender<Step>,
    thread: JoinHandle<Result<(), RecordError>>,
    backlog: Arc<AtomicU64>,
    memory: u64,
    /// When it began, and until when messages are written, in nanoseconds of `CLOCK_MONOTONIC`.
    began_ns: u64,
    until_ns: u64,
    reasons: Vec<String>,
    losses: BTreeMap<String, u64>,
    topics: HashSet<String>,
    publishers: HashSet<EndpointId>,
    messages: u64,
    /// When the first and the last message came.
    times: Option<(u64, u64)>,
    is_short: bool,
}

/// How many reasons are kept.
const MAX_REASONS: usize = 1000;

/// What an incident begins with.
pub(super) struct Beginning<'a> {
    pub(super) folder: &'a Path,
    pub(super) reason: String,
    pub(super) after: Duration,
    pub(super) memory: u64,
    pub(super) compression: Compression,
    pub(super) is_short: bool,
}

impl Incident {
    pub(super) fn begin(beginning: Beginning<'_>) -> Result<Self, RecordError> {
        let Beginning { folder, reason, after, memory, compression, is_short } = beginning;
        let began_ns = slotcast::now_ns();
        let part = create(folder)?;
        let path = part.path.clone();
        let (steps, coming) = mpsc::channel();
        let backlog = Arc::new(AtomicU64::new(0));
        let file = IncidentFile::new(part, compression, Arc::clone(&backlog));
        let thread = thread::Builder::new().name("blackbox-write".to_owned()).spawn(move || file.run(&coming));
        let mut incident = Self {
            path,
            steps,
            thread: thread.map_err(RecordError::Thread)?,
            backlog,
            memory,
            began_ns,
            until_ns: began_ns,
            reasons: Vec::new(),
            losses: BTreeMap::new(),
            topics: HashSet::new(),
            publishers: HashSet::new(),
            messages: 0,
            times: None,
            is_short,
        };
        incident.prolong(reason, after);
        Ok(incident)
    }

    /// Notes that something else has happened: messages are written for some time after that, too.
    pub(super) fn prolong(&mut self, reason: String, after: Duration) {
        if self.reasons.len() < MAX_REASONS {
            self.reasons.push(reason);
            let _ = self.steps.send(Step::Reasons(self.reasons.clone())); // `end` says if it has failed
        }
        let after = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
        self.until_ns = self.until_ns.max(slotcast::now_ns().saturating_add(after));
    }

    /// Returns whether its time is over, or the file cannot be written any further.
    pub(super) fn is_over(&self) -> bool {
        slotcast::now_ns() >= self.until_ns || self.thread.is_finished()
    }

    /// Writes a message. It is dropped, and counted, if too much waits to be written.
    pub(super) fn put(&mut self, held: Held) {
        let topic = held.origin.topic.as_str();
        let lost = held.sample.lost_before();
        // What was lost before the first one is not of this file.
        let lost = if self.publishers.insert(held.origin.publisher) { 0 } else { lost };
        let bytes = held.bytes();
        let is_dropped = self.backlog.load(Ordering::Relaxed) + bytes > self.memory.saturating_mul(2).max(bytes);
        let lost = lost + u64::from(is_dropped);
        if lost > 0 {
            *self.losses.entry(topic.to_owned()).or_default() += lost;
        }
        if is_dropped {
            return;
        }
        if !self.topics.contains(topic) {
            self.topics.insert(topic.to_owned());
        }
        self.messages += 1;
        let (first, _) = self.times.unwrap_or((held.received_ns, 0));
        self.times = Some((first, held.received_ns));
        self.backlog.fetch_add(bytes, Ordering::Relaxed);
        let _ = self.steps.send(Step::Message(held)); // the thread may have failed: `end` says so
    }

    /// Finishes the file.
    pub(super) fn end(self) -> Result<IncidentReport, RecordError> {
        let Self { path, steps, thread, began_ns, reasons, losses, topics, messages, times, is_short, .. } = self;
        let lost = losses.values().sum();
        let _ = steps.send(Step::Losses(losses));
        drop(steps);
        thread.join().unwrap_or_else(|_| Err(RecordError::Thread(std::io::Error::other("it has panicked"))))?;
        let (first, last) = times.unwrap_or((began_ns, began_ns));
        Ok(IncidentReport {
            file: path,
            reasons,
            messages,
            topics: topics.len(),
            lost,
            before: Duration::from_nanos(began_ns.saturating_sub(first)),
            after: Duration::from_nanos(last.saturating_sub(began_ns)),
            is_short,
        })
    }
}

/// Creates a file that is named after the time, and after those of the same second.
fn create(folder: &Path) -> Result<Part, RecordError> {
    // Without the colons, which some file systems do not take.
    let time = humantime::format_rfc3339_seconds(SystemTime::now()).to_string().replace(['-', ':'], "");
    for number in 1.. {
        let suffix = if number == 1 { String::new() } else { format!("_{number}") };
        match Part::create(&folder.join(format!("blackbox-{time}{suffix}.mcap")), None) {
            Err(RecordError::Exists { .. } | RecordError::Active { .. }) => {}
            created => return created,
        }
    }
    unreachable!("there are not so many files")
}

//! Endpoints of other processes, as they describe themselves.

use pyo3::prelude::*;
use slotcast::registry::PeerName;
use slotcast::{ProcessState, ReaderStatus, SourceStatus};

/// An endpoint: a publisher, a subscriber, or one of events.
#[pyclass(frozen, get_all, eq, module = "slotcast")]
#[derive(Clone, PartialEq)]
pub(crate) struct Peer {
    /// Its identity: 32 hexadecimal digits, others after a restart.
    id: String,
    /// `publisher` or `subscriber`.
    role: String,
    /// The number of its process, in that process's own PID namespace.
    pid: u32,
    /// The program that its process runs.
    program: String,
    /// The name that it was given; may be empty.
    name: String,
    text: String,
}

impl Peer {
    pub(crate) fn of(peer: &PeerName) -> Self {
        let (id, role) = (peer.id.to_string(), peer.role.to_string());
        Self { id, role, pid: peer.pid, program: peer.program.clone(), name: peer.name.clone(), text: peer.to_string() }
    }

    pub(crate) fn all(peers: Vec<PeerName>) -> Vec<Self> {
        peers.iter().map(Self::of).collect()
    }
}

impl std::fmt::Display for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.role, self.text)
    }
}

#[pymethods]
impl Peer {
    fn __str__(&self) -> &str {
        &self.text
    }

    fn __repr__(&self) -> String {
        format!("<Peer {self}>")
    }
}

/// A publisher, as one of its subscribers sees it.
#[pyclass(frozen, get_all, module = "slotcast")]
pub(crate) struct Source {
    publisher: Peer,
    /// `lossy`, `lossless requested`, `lossless`, `detached` or `lossless refused`.
    delivery: String,
    /// Whether large messages can be read where they were written.
    in_place: bool,
    /// How many messages are published and not read.
    unread: u64,
    /// How many messages were overwritten before they were read.
    lost: u64,
    /// How many messages were skipped on request.
    skipped: u64,
    /// Whether it has ended.
    is_gone: bool,
    text: String,
}

impl Source {
    pub(crate) fn all(statuses: &[SourceStatus]) -> Vec<Self> {
        let of = |status: &SourceStatus| Self {
            publisher: Peer::of(&status.publisher),
            delivery: status.delivery.to_string(),
            in_place: status.in_place,
            unread: status.unread,
            lost: status.progress.lost,
            skipped: status.progress.skipped,
            is_gone: status.is_gone,
            text: status.to_string(),
        };
        statuses.iter().map(of).collect()
    }
}

#[pymethods]
impl Source {
    fn __repr__(&self) -> String {
        format!("<Source {}>", self.text)
    }
}

/// A subscriber, as one of its publishers sees it.
#[pyclass(frozen, get_all, module = "slotcast")]
pub(crate) struct ReaderState {
    subscriber: Peer,
    /// `lossy`, `lossless requested`, `lossless`, `detached` or `lossless refused`.
    delivery: String,
    /// How many messages it has not read; `None` if that is not known.
    unread: Option<u64>,
    /// Whether it can hold large messages where they were written.
    in_place: bool,
    /// How many messages that are no longer in the ring it keeps in the publisher's memory.
    held: u64,
    /// What its process does: `running`, `stopped` or `alive`.
    state: &'static str,
    text: String,
}

impl ReaderState {
    pub(crate) fn all(statuses: &[ReaderStatus]) -> Vec<Self> {
        let of = |status: &ReaderStatus| Self {
            subscriber: Peer::of(&status.subscriber),
            delivery: status.delivery.to_string(),
            unread: status.unread,
            in_place: status.in_place,
            held: status.held,
            state: state(status.state),
            text: status.to_string(),
        };
        statuses.iter().map(of).collect()
    }
}

#[pymethods]
impl ReaderState {
    fn __repr__(&self) -> String {
        format!("<ReaderState {}>", self.text)
    }
}

/// Returns the word for what a process does.
pub(crate) fn state(state: ProcessState) -> &'static str {
    match state {
        ProcessState::Running => "running",
        ProcessState::Stopped => "stopped",
        _ => "alive",
    }
}

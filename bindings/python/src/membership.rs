//! Which endpoints join, leave, die or fall silent.

use crate::domain::{self, Domain};
use crate::errors::{Forked, SlotcastError};
use crate::interrupt::{self, seconds};
use crate::one_thread::OneThread;
use crate::peer::Peer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use slotcast::{MembershipError, Observer};
use std::os::fd::{AsFd, AsRawFd};

/// Reports endpoints of a topic: first those that are present, then each change.
///
/// Iterating waits for the next event. One thread at a time uses it.
#[pyclass(frozen, module = "slotcast")]
pub(crate) struct Membership {
    membership: OneThread<slotcast::Membership>,
    topic: String,
}

impl Membership {
    pub(crate) fn new(membership: Result<slotcast::Membership, MembershipError>) -> PyResult<Self> {
        let membership = membership.map_err(|error| failed(&error))?;
        let topic = membership.topic().to_string();
        let what = format!("membership of \"{topic}\"");
        Ok(Self { membership: OneThread::new(membership, what), topic })
    }
}

fn failed(error: &MembershipError) -> PyErr {
    match error {
        MembershipError::TopicName(_) => PyValueError::new_err(error.to_string()),
        MembershipError::Forked { .. } => Forked::new_err(error.to_string()),
        _ => SlotcastError::new_err(error.to_string()),
    }
}

#[pymethods]
impl Membership {
    /// The name of the topic.
    #[getter]
    fn topic(&self) -> &str {
        &self.topic
    }

    /// Returns the next event, if there is one. It never waits.
    fn try_next(&self) -> PyResult<Option<MemberEvent>> {
        let event = self.membership.with(|membership| membership.try_next().map_err(|error| failed(&error)))?;
        Ok(event.map(|event| MemberEvent::of(&event)))
    }

    /// Returns the next event; waits for it up to `timeout` seconds, or for any time. Returns `None`
    /// on timeout. Other threads run meanwhile.
    #[pyo3(signature = (timeout=None))]
    fn next(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<MemberEvent>> {
        let timeout = timeout.map(|time| seconds("timeout", time)).transpose()?;
        self.membership.with(|membership| {
            let event = interrupt::wait(py, timeout, |time| membership.next_timeout(time).transpose())?;
            let event = event.transpose().map_err(|error| failed(&error))?;
            Ok(event.map(|event| MemberEvent::of(&event)))
        })
    }

    /// Returns a descriptor that is readable when there may be events.
    fn fileno(&self) -> PyResult<i32> {
        self.membership.with(|membership| Ok(membership.as_fd().as_raw_fd()))
    }

    /// Ends the reports.
    fn close(&self) -> PyResult<()> {
        self.membership.close()
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<MemberEvent>> {
        self.next(py, None)
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, pyo3::types::PyTuple>) -> PyResult<()> {
        self.close()
    }

    fn __repr__(&self) -> String {
        format!("<Membership of \"{}\">", self.topic)
    }
}

/// What has happened to an endpoint. As a text it says all of it.
#[pyclass(frozen, get_all, module = "slotcast")]
pub(crate) struct MemberEvent {
    /// `joined`, `left`, `died`, `refused`, `quiet` or `active`.
    kind: &'static str,
    /// The endpoint; `None` if its entry could not be read.
    peer: Option<Peer>,
    text: String,
}

impl MemberEvent {
    fn of(event: &slotcast::MemberEvent) -> Self {
        use slotcast::MemberEvent as Event;
        let kind = match event {
            Event::Joined(_) => "joined",
            Event::Left(_) => "left",
            Event::Died(_) => "died",
            Event::Quiet { .. } => "quiet",
            Event::Active(_) => "active",
            _ => "refused",
        };
        Self { kind, peer: event.peer().map(Peer::of), text: event.to_string() }
    }
}

#[pymethods]
impl MemberEvent {
    fn __str__(&self) -> &str {
        &self.text
    }

    fn __repr__(&self) -> String {
        format!("<MemberEvent {}: {}>", self.kind, self.text)
    }
}

/// Returns a membership of all endpoints of a topic, which needs none yet. They do not notice it.
#[pyfunction]
#[pyo3(signature = (topic, domain=None))]
pub(crate) fn watch(topic: &str, domain: Option<&Domain>) -> PyResult<Membership> {
    Membership::new(Observer::new(&domain::or_default(domain)).watch(topic))
}

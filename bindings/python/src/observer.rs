//! Inspecting topics without being noticed.

use crate::domain::{self, Domain};
use crate::errors;
use crate::interrupt::{self, seconds};
use crate::one_thread::OneThread;
use crate::peer::{Peer, Source, state};
use crate::sample::Sample;
use crate::schema::{Schema, Type};
use pyo3::prelude::*;
use slotcast::Observer;
use slotcast::observer::ObservedTopic;
use slotcast::registry::Role;
use std::sync::Arc;
use std::time::Duration;

/// How long a reader pauses between two looks: no publisher wakes it, as none knows of it.
const PAUSE: Duration = Duration::from_millis(1);

fn observed(topic: &str, domain: Option<&Domain>) -> PyResult<Option<ObservedTopic>> {
    let observer = Observer::new(&domain::or_default(domain));
    observer.topic(topic).map_err(|error| errors::create(&error))
}

/// Returns the endpoints of a topic. No other process notices.
#[pyfunction]
#[pyo3(signature = (topic, domain=None))]
pub(crate) fn endpoints(topic: &str, domain: Option<&Domain>) -> PyResult<Vec<Endpoint>> {
    let Some(topic) = observed(topic, domain)? else { return Ok(Vec::new()) };
    let endpoints = topic.endpoints().map_err(|error| errors::registry(&error))?;
    Ok(endpoints.into_iter().map(|endpoint| Endpoint::of(&topic, endpoint)).collect())
}

/// An endpoint, and what its memory says. Numbers are `None` where they do not apply, or where its
/// memory cannot be read.
#[pyclass(frozen, get_all, module = "slotcast")]
#[derive(Default)]
pub(crate) struct Endpoint {
    /// The endpoint; `None` if its entry cannot be read.
    peer: Option<Peer>,
    /// Whether its process lives.
    alive: bool,
    /// What its process does: `running`, `stopped` or `alive`.
    state: Option<&'static str>,
    /// How many messages a publisher has published.
    published: Option<u64>,
    /// How many of a publisher's newest messages stay readable.
    depth: Option<u64>,
    /// How many messages a subscriber has received.
    received: Option<u64>,
    /// How many messages a subscriber has lost.
    lost: Option<u64>,
    /// How many messages a subscriber has skipped on request.
    skipped: Option<u64>,
    /// How many large messages a subscriber holds.
    held: Option<usize>,
    /// How many bytes its memory has taken.
    memory: Option<u64>,
    /// Why its entry or its memory cannot be read.
    error: Option<String>,
}

impl Endpoint {
    fn of(topic: &ObservedTopic, endpoint: slotcast::observer::Endpoint) -> Self {
        let mut this = Self { alive: endpoint.alive, ..Self::default() };
        let peer = match endpoint.peer {
            Ok(peer) => peer,
            Err(error) => return Self { error: Some(error.to_string()), ..this },
        };
        this.peer = Some(Peer::of(&peer.name));
        this.memory = topic.memory(&peer).ok().map(|memory| memory.allocated);
        let read = match peer.role {
            Role::Publisher => topic.publisher(peer).map(|publisher| {
                this.published = Some(publisher.published());
                this.depth = Some(publisher.depth());
                this.state = publisher.state().map(state);
            }),
            Role::Subscriber => topic.subscriber(peer).map(|subscriber| {
                this.received = Some(subscriber.received());
                this.lost = Some(subscriber.lost());
                this.skipped = Some(subscriber.skipped());
                this.held = Some(subscriber.held());
                this.state = subscriber.state().map(state);
            }),
        };
        this.error = read.err().map(|error| error.to_string());
        this
    }
}

#[pymethods]
impl Endpoint {
    fn __repr__(&self) -> String {
        let peer = self.peer.as_ref().map_or_else(|| "unreadable".to_owned(), ToString::to_string);
        format!("<Endpoint {peer}, {}>", if self.alive { "alive" } else { "dead" })
    }
}

/// Reads the messages of a topic unnoticed: publishers do not know of it, and do not wake it.
///
/// What it reads is copied. One thread at a time uses it. `history` is how many messages of each
/// publisher to begin with.
#[pyclass(frozen, module = "slotcast")]
pub(crate) struct Reader {
    reader: OneThread<slotcast::observer::Reader>,
    ty: Arc<Type>,
    topic: String,
}

#[pymethods]
impl Reader {
    #[new]
    #[pyo3(signature = (topic, *, domain=None, history=0, latest=false, rate_limit=None, max_copy=None))]
    fn new(
        topic: &str,
        domain: Option<&Domain>,
        history: u64,
        latest: bool,
        rate_limit: Option<f64>,
        max_copy: Option<u64>,
    ) -> PyResult<Self> {
        let Some(observed) = observed(topic, domain)? else {
            return Err(errors::NoPublisher::new_err(format!(
                "topic \"{topic}\": nobody is there, so nothing to read"
            )));
        };
        let mut reader = observed.read(history).map_err(|error| errors::open(&error))?;
        if latest {
            reader = reader.latest();
        }
        if let Some(hz) = rate_limit {
            reader = reader.rate_limit(hz).map_err(|error| errors::create(&error))?;
        }
        if let Some(bytes) = max_copy {
            reader = reader.max_copy(bytes);
        }
        let ty = Arc::new(Type::new(reader.layout().clone()));
        let reader = OneThread::new(reader, format!("reader of \"{topic}\""));
        Ok(Self { reader, ty, topic: topic.to_owned() })
    }

    /// Returns the next message, if there is one. It never waits.
    fn try_recv<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let raw = self.reader.with(|reader| reader.try_recv().map_err(|error| errors::receive(&error)))?;
        raw.map(|raw| Sample::object(py, raw, &self.ty)).transpose()
    }

    /// Returns the next message; looks for it each millisecond, up to `timeout` seconds, or for any
    /// time. Returns `None` on timeout. Other threads run meanwhile.
    #[pyo3(signature = (timeout=None))]
    fn recv<'py>(&self, py: Python<'py>, timeout: Option<f64>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let timeout = timeout.map(|time| seconds("timeout", time)).transpose()?;
        let raw = self.reader.with(|reader| {
            let look = |time: Duration| {
                let found = reader.try_recv().transpose();
                if found.is_none() {
                    std::thread::sleep(PAUSE.min(time));
                }
                found
            };
            interrupt::wait(py, timeout, look)?.transpose().map_err(|error| errors::receive(&error))
        })?;
        raw.map(|raw| Sample::object(py, raw, &self.ty)).transpose()
    }

    /// Returns the state of each publisher that it reads.
    fn sources(&self) -> PyResult<Vec<Source>> {
        self.reader.with(|reader| Ok(Source::all(&reader.sources())))
    }

    /// How many messages were overwritten before they were read.
    #[getter]
    fn lost(&self) -> PyResult<u64> {
        self.reader.with(|reader| Ok(reader.lost()))
    }

    /// The layout of the messages.
    #[getter]
    fn schema(&self) -> Schema {
        Schema(Arc::clone(&self.ty))
    }

    /// The name of the topic.
    #[getter]
    fn topic(&self) -> &str {
        &self.topic
    }

    /// Ends reading. Samples stay valid.
    fn close(&self) -> PyResult<()> {
        self.reader.close()
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.recv(py, None)
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, pyo3::types::PyTuple>) -> PyResult<()> {
        self.close()
    }

    fn __repr__(&self) -> String {
        format!("<Reader of \"{}\">", self.topic)
    }
}

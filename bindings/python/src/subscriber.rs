//! Subscribers.

use crate::closing::Closing;
use crate::domain::{self, Domain};
use crate::errors;
use crate::interrupt::{self, seconds};
use crate::membership::Membership;
use crate::one_thread::OneThread;
use crate::peer::{Peer, Source};
use crate::sample::Sample;
use crate::schema::{Schema, Type};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyByteArray;
use slotcast::dynamic::Subscriber;
use slotcast::{Closer, EventFd, RecvError, Wait};
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;

/// What `slotcast.Subscriber` is made of. One thread at a time uses it: another gets `Busy`.
#[pyclass(frozen, subclass, module = "slotcast._slotcast")]
pub(crate) struct SubscriberHandle {
    state: OneThread<State>,
    closer: Closer,
    closing: Closing,
    ty: Arc<Type>,
    topic: String,
}

struct State {
    subscriber: Subscriber,
    event_fd: Option<EventFd>,
    /// Where messages are copied that are taken at once.
    taken: Vec<u8>,
    /// What failed after messages were taken.
    deferred: Option<PyErr>,
}

impl SubscriberHandle {
    fn with<R>(&self, act: impl FnOnce(&mut State) -> PyResult<R>) -> PyResult<R> {
        self.state.with(act)
    }

    /// Returns the descriptor that is readable when there may be messages.
    pub(crate) fn event_fd(&self) -> PyResult<EventFd> {
        self.with(|state| {
            if state.event_fd.is_none() {
                state.event_fd = Some(state.subscriber.event_fd().map_err(|error| errors::registry(&error))?);
            }
            Ok(state.event_fd.clone().expect("it was just set"))
        })
    }

    fn sample<'py>(&self, py: Python<'py>, raw: slotcast::dynamic::Sample) -> PyResult<Bound<'py, PyAny>> {
        Sample::object(py, raw, &self.ty)
    }

    fn wait<'py>(&self, py: Python<'py>, timeout: Option<f64>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let timeout = timeout.map(|time| seconds("timeout", time)).transpose()?;
        let received = self.with(|state| {
            let subscriber = &mut state.subscriber;
            match subscriber.try_recv() {
                Ok(None) => {}
                Ok(Some(raw)) => return Ok(Some(raw)),
                Err(error) => return Err(errors::receive(&error)),
            }
            let received = interrupt::wait(py, timeout, |time| subscriber.recv_timeout(time).transpose())?;
            received.transpose().map_err(|error: RecvError| errors::receive(&error))
        })?;
        received.map(|raw| self.sample(py, raw)).transpose()
    }
}

#[pymethods]
impl SubscriberHandle {
    #[new]
    #[pyo3(signature = (topic, schema=None, *, domain=None, name="", history=0, latest=false, rate_limit=None,
                        lossless=false, wait="hybrid", max_samples=None, max_copy=None))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
    fn new(
        topic: &str,
        schema: Option<&Schema>,
        domain: Option<&Domain>,
        name: &str,
        history: u64,
        latest: bool,
        rate_limit: Option<f64>,
        lossless: bool,
        wait: &str,
        max_samples: Option<u64>,
        max_copy: Option<u64>,
    ) -> PyResult<Self> {
        let domain = domain::or_default(domain);
        let wait = match wait {
            "hybrid" => Wait::default(),
            "sleep" => Wait::Sleep,
            "spin" => Wait::Spin,
            other => return Err(PyValueError::new_err(format!("wait is {other:?}: expected hybrid, sleep or spin"))),
        };
        let mut builder = Subscriber::builder(topic).domain(&domain).name(name).history(history).wait(wait);
        if let Some(schema) = schema {
            builder = builder.layout(&schema.0.layout);
        }
        if latest {
            builder = builder.latest();
        }
        if lossless {
            builder = builder.lossless();
        }
        if let Some(hz) = rate_limit {
            builder = builder.rate_limit(hz);
        }
        if let Some(samples) = max_samples {
            builder = builder.max_samples(samples);
        }
        if let Some(bytes) = max_copy {
            builder = builder.max_copy(bytes);
        }
        let subscriber = builder.create().map_err(|error| errors::open(&error))?;
        let ty = match schema {
            Some(schema) => Arc::clone(&schema.0),
            None => Arc::new(Type::new(subscriber.layout().clone())),
        };
        let closer = subscriber.closer();
        let state = State { subscriber, event_fd: None, taken: Vec::new(), deferred: None };
        let state = OneThread::new(state, format!("subscriber of \"{topic}\""));
        Ok(Self { state, closer, closing: Closing::default(), ty, topic: topic.to_owned() })
    }

    /// Returns the next message, if there is one. It never waits.
    fn try_recv<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let raw = self.with(|state| state.subscriber.try_recv().map_err(|error| errors::receive(&error)))?;
        raw.map(|raw| self.sample(py, raw)).transpose()
    }

    /// Returns the next message; waits for it up to `timeout` seconds, or for any time. Returns
    /// `None` on timeout. Other threads run meanwhile.
    #[pyo3(signature = (timeout=None))]
    fn recv<'py>(&self, py: Python<'py>, timeout: Option<f64>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.wait(py, timeout)
    }

    /// Returns the newest message that is present, and skips those before it; `None` if there is
    /// none.
    fn latest<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let newest = self.with(|state| {
            let mut newest = None;
            while let Some(raw) = state.subscriber.try_recv().map_err(|error| errors::receive(&error))? {
                newest = Some(raw);
            }
            Ok(newest)
        })?;
        newest.map(|raw| self.sample(py, raw)).transpose()
    }

    /// Copies up to `most` messages that are present, each after the other.
    fn take_bytes<'py>(&self, py: Python<'py>, most: usize) -> PyResult<Bound<'py, PyByteArray>> {
        if self.ty.is_variable {
            return Err(PyTypeError::new_err("messages of this topic have no common size: receive them one by one"));
        }
        let size = self.ty.layout.size();
        let bytes = most.checked_mul(size).filter(|bytes| isize::try_from(*bytes).is_ok());
        let bytes = bytes.ok_or_else(|| PyValueError::new_err(format!("{most} messages do not fit into memory")))?;
        self.with(|state| {
            if let Some(error) = state.deferred.take() {
                return Err(error);
            }
            if state.taken.len() < bytes {
                let more = bytes - state.taken.len();
                let reserved = state.taken.try_reserve_exact(more);
                reserved.map_err(|error| pyo3::exceptions::PyMemoryError::new_err(error.to_string()))?;
                state.taken.resize(bytes, 0);
            }
            let mut end = 0;
            while end < bytes {
                match state.subscriber.take_many(&mut state.taken[end..bytes]) {
                    Ok(0) => break,
                    Ok(count) => end += count * size,
                    Err(error) if end == 0 => return Err(errors::receive(&error)),
                    Err(error) => {
                        state.deferred = Some(errors::receive(&error));
                        break;
                    }
                }
            }
            let taken = &state.taken[..end];
            if !self.ty.any_bytes_valid {
                let check = |message| self.ty.layout.validate(message);
                let checked = taken.chunks_exact(size).try_for_each(check);
                checked.map_err(|error| errors::InvalidMessage::new_err(error.to_string()))?;
            }
            Ok(PyByteArray::new(py, taken))
        })
    }

    /// Waits up to `timeout` seconds until at least `count` publishers that live are read, and
    /// returns whether they are.
    #[pyo3(signature = (count=1, timeout=None))]
    fn wait_for_publishers(&self, py: Python<'_>, count: usize, timeout: Option<f64>) -> PyResult<bool> {
        let timeout = timeout.map(|time| seconds("timeout", time)).transpose()?;
        self.with(|state| {
            let subscriber = &mut state.subscriber;
            let wait = |time| match subscriber.wait_for_publishers(count, time) {
                Ok(false) => None,
                Ok(true) => Some(Ok(())),
                Err(error) => Some(Err(error)),
            };
            match interrupt::wait(py, timeout, wait)? {
                None => Ok(false),
                Some(Ok(())) => Ok(true),
                Some(Err(error)) => Err(errors::receive(&error)),
            }
        })
    }

    /// Returns a descriptor that is readable when there may be messages. Receive until there is
    /// none each time, as otherwise it stays readable.
    fn fileno(&self) -> PyResult<i32> {
        Ok(self.event_fd()?.as_fd().as_raw_fd())
    }

    /// Returns a descriptor that becomes readable when this is closed: for event loops.
    fn closing_fileno(&self) -> PyResult<i32> {
        let descriptor = self.closing.descriptor()?;
        if self.closer.is_closed() {
            self.closing.fire(); // it was closed before there was a descriptor
        }
        Ok(descriptor)
    }

    /// Returns the living publishers of the topic.
    fn publishers(&self) -> PyResult<Vec<Peer>> {
        let publishers = self.with(|state| state.subscriber.publishers().map_err(|error| errors::receive(&error)))?;
        Ok(Peer::all(publishers))
    }

    /// Returns the state of each publisher that is read.
    fn sources(&self) -> PyResult<Vec<Source>> {
        let sources = self.with(|state| state.subscriber.sources().map_err(|error| errors::receive(&error)))?;
        Ok(Source::all(&sources))
    }

    /// Reports publishers that join, leave, die and fall silent.
    fn membership(&self) -> PyResult<Membership> {
        self.with(|state| Membership::new(state.subscriber.membership()))
    }

    /// How many messages were overwritten before they were read.
    #[getter]
    fn lost(&self) -> PyResult<u64> {
        self.with(|state| Ok(state.subscriber.lost()))
    }

    /// How many messages were skipped because of `latest` or `rate_limit`.
    #[getter]
    fn skipped(&self) -> PyResult<u64> {
        self.with(|state| Ok(state.subscriber.skipped()))
    }

    /// The name of the topic.
    #[getter]
    fn topic(&self) -> &str {
        &self.topic
    }

    /// The layout of the messages.
    #[getter]
    fn schema(&self) -> Schema {
        Schema(Arc::clone(&self.ty))
    }

    /// Whether it was closed.
    #[getter]
    fn closed(&self) -> bool {
        self.closer.is_closed()
    }

    /// Leaves the topic. Waits of other threads end with `Closed`. Samples stay valid.
    fn close(&self) {
        self.closer.close();
        self.closing.fire();
        self.state.close_when_free();
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    /// Waits for the next message; ends when the subscriber is closed.
    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.wait(py, None) {
            Err(error) if self.closer.is_closed() && error.is_instance_of::<errors::Closed>(py) => Ok(None),
            result => result,
        }
    }

    fn __repr__(&self) -> String {
        format!("<Subscriber of \"{}\">", self.topic)
    }
}

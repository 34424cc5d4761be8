//! Publishers.

use crate::domain::{self, Domain};
use crate::encode;
use crate::errors::{self, Busy};
use crate::interrupt::{self, seconds};
use crate::loan::LoanHandle;
use crate::membership::Membership;
use crate::peer::{Peer, ReaderState};
use crate::schema::{Schema, Type};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use slotcast::LaggardPolicy;
use slotcast::dynamic::{Loan, PublishError, Publisher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long the SDK waits once no capacity came in the time that was set: nothing was read then.
const LAST_WAIT: Duration = Duration::from_millis(1);

/// What `slotcast.Publisher` is made of. Several threads can use it: they take turns.
#[pyclass(frozen, subclass, module = "slotcast._slotcast")]
pub(crate) struct PublisherHandle {
    publisher: Mutex<Option<Publisher>>,
    /// The thread that uses it.
    user: AtomicUsize,
    ty: Arc<Type>,
    topic: String,
    /// The time that lossless subscribers are waited for.
    lossless: Option<Duration>,
}

/// A publisher that this thread uses.
struct Locked<'a> {
    user: &'a AtomicUsize,
    publisher: MutexGuard<'a, Option<Publisher>>,
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.user.store(NOBODY, Ordering::Relaxed);
    }
}

const NOBODY: usize = 0;

/// Returns a number that no other living thread has.
fn this_thread() -> usize {
    thread_local!(static PLACE: u8 = const { 0 });
    PLACE.with(|place| std::ptr::from_ref(place).addr())
}

impl PublisherHandle {
    /// Waits for other threads that use the publisher. Fails if this thread does: it is in a signal
    /// handler or a finalizer, and would wait for itself.
    fn lock(&self, py: Python<'_>) -> PyResult<Locked<'_>> {
        let thread = this_thread();
        if self.user.load(Ordering::Relaxed) == thread {
            let text = "this thread uses it already: a signal handler or finalizer cannot use it in between";
            return Err(Busy::new_err(format!("publisher of \"{}\": {text}", self.topic)));
        }
        let publisher = self.publisher.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
        self.user.store(thread, Ordering::Relaxed); // only equality with the own thread matters
        Ok(Locked { user: &self.user, publisher })
    }

    fn with<R>(&self, py: Python<'_>, act: impl FnOnce(&mut Publisher) -> PyResult<R>) -> PyResult<R> {
        let mut locked = self.lock(py)?;
        let closed = || errors::closed(&format!("publisher of \"{}\"", self.topic));
        act(locked.publisher.as_mut().ok_or_else(closed)?)
    }

    /// Waits for lossless subscribers, and calls `publish`.
    fn store(
        &self,
        py: Python<'_>,
        publisher: &mut Publisher,
        publish: impl FnOnce(&mut Publisher) -> Result<u64, PublishError>,
    ) -> PyResult<u64> {
        if self.lossless.is_some() && !publisher.wait_for_capacity(Duration::ZERO) {
            interrupt::wait(py, self.lossless, |time| publisher.wait_for_capacity(time).then_some(()))?;
        }
        publish(publisher).map_err(|mut error| {
            if let (PublishError::Publish(slotcast::PublishError::LagTimeout(lag)), Some(time)) =
                (&mut error, self.lossless)
            {
                lag.waited += time;
            }
            errors::publish(&error)
        })
    }

    /// Publishes a loan.
    pub(crate) fn send(&self, py: Python<'_>, loan: Loan) -> PyResult<u64> {
        self.with(py, |publisher| self.store(py, publisher, |publisher| Ok(publisher.send(loan)?)))
    }

    /// Lends memory, and writes the header into it.
    fn lend(&self, publisher: &mut Publisher, elements: u64, header: Option<&[u8]>) -> PyResult<Loan> {
        let mut loan = publisher.loan(elements).map_err(|error| errors::loan(&error))?;
        let bytes = loan.bytes_mut();
        if let Some(header) = header {
            bytes[..header.len()].copy_from_slice(header);
            bytes[header.len()..self.ty.payload_at].fill(0);
        } else if !self.ty.is_variable {
            bytes.fill(0);
        }
        Ok(loan)
    }

    /// Encodes a header.
    fn header(&self, header: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Vec<u8>>> {
        match (&self.ty.header_layout, header) {
            (None, None) => Ok(None),
            (Some(layout), Some(header)) => {
                let encoded = layout.encode(&encode::value(header)?);
                encoded.map(Some).map_err(|error| PyValueError::new_err(format!("header: {error}")))
            }
            (Some(_), None) => Err(PyTypeError::new_err("messages of this topic have a header: give its fields")),
            (None, Some(_)) => Err(PyTypeError::new_err("messages of this topic have no header")),
        }
    }
}

#[pymethods]
impl PublisherHandle {
    #[new]
    #[pyo3(signature = (topic, schema, *, domain=None, name="", depth=None, history=None, exclusive=false,
                        timestamps=None, lossless=None, laggards="error", max_memory=None, max_len=None,
                        prefault=false, lock_memory=false, huge_pages=false, alive_every=None))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
    fn new(
        topic: &str,
        schema: &Schema,
        domain: Option<&Domain>,
        name: &str,
        depth: Option<u64>,
        history: Option<u64>,
        exclusive: bool,
        timestamps: Option<bool>,
        lossless: Option<f64>,
        laggards: &str,
        max_memory: Option<u64>,
        max_len: Option<u64>,
        prefault: bool,
        lock_memory: bool,
        huge_pages: bool,
        alive_every: Option<f64>,
    ) -> PyResult<Self> {
        let policy = match laggards {
            "error" => LaggardPolicy::Error,
            "detach" => LaggardPolicy::Detach,
            "detach_until_read" => LaggardPolicy::DetachUntilRead,
            other => {
                let text = format!("laggards is {other:?}: expected error, detach or detach_until_read");
                return Err(PyValueError::new_err(text));
            }
        };
        let lossless = lossless.map(|time| seconds("lossless", time)).transpose()?;
        let builder = Publisher::builder(topic, &schema.0.layout).domain(&domain::or_default(domain)).name(name);
        let mut builder = builder.prefault(prefault).lock_memory(lock_memory).huge_pages(huge_pages).laggards(policy);
        if let Some(depth) = depth {
            builder = builder.depth(depth);
        }
        if let Some(history) = history {
            builder = builder.history(history);
        }
        if exclusive {
            builder = builder.exclusive();
        }
        if let Some(on) = timestamps {
            builder = builder.timestamps(on);
        }
        if lossless.is_some() {
            builder = builder.lossless(LAST_WAIT);
        }
        if let Some(bytes) = max_memory {
            builder = builder.max_memory(bytes);
        }
        if let Some(elements) = max_len {
            builder = builder.max_len(elements);
        }
        if let Some(time) = alive_every {
            builder = builder.alive_every(seconds("alive_every", time)?);
        }
        let publisher = builder.create().map_err(|error| errors::create(&error))?;
        let publisher = Mutex::new(Some(publisher));
        Ok(Self {
            publisher,
            user: AtomicUsize::new(NOBODY),
            ty: Arc::clone(&schema.0),
            topic: topic.to_owned(),
            lossless,
        })
    }

    /// Publishes a value: a number, a dict of fields, a message.
    fn publish_value(&self, py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<u64> {
        let value = encode::value(value)?;
        self.with(py, |publisher| self.store(py, publisher, |publisher| publisher.publish(&value)))
    }

    /// Publishes the bytes of a message, or those of elements with their header.
    #[pyo3(signature = (payload, header=None))]
    fn publish_bytes(
        &self,
        py: Python<'_>,
        payload: &Bound<'_, PyAny>,
        header: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<u64> {
        let buffer = PyBuffer::<u8>::get(payload)?;
        let header = self.header(header)?;
        let len = buffer.len_bytes();
        if len % self.ty.payload.size != 0 || (!self.ty.is_variable && len != self.ty.payload.size) {
            let text = format!("{len} bytes are not a message: one has {} bytes", self.ty.payload.size);
            return Err(PyValueError::new_err(text));
        }
        self.with(py, |publisher| {
            let elements = (len / self.ty.payload.size) as u64;
            let mut loan = self.lend(publisher, elements, header.as_deref())?;
            buffer.copy_to_slice(py, &mut loan.bytes_mut()[self.ty.payload_at..])?;
            self.store(py, publisher, |publisher| Ok(publisher.send(loan)?))
        })
    }

    /// Lends memory for a message of this many elements.
    #[pyo3(signature = (elements, header=None))]
    fn lend_memory(slf: &Bound<'_, Self>, elements: u64, header: Option<&Bound<'_, PyAny>>) -> PyResult<LoanHandle> {
        let this = slf.get();
        let header = this.header(header)?;
        let loan = this.with(slf.py(), |publisher| this.lend(publisher, elements, header.as_deref()))?;
        Ok(LoanHandle::new(loan, slf.clone().unbind()))
    }

    /// Waits up to `timeout` seconds until at least `count` subscribers live, and returns whether
    /// they do.
    #[pyo3(signature = (count=1, timeout=None))]
    fn wait_for_subscribers(&self, py: Python<'_>, count: usize, timeout: Option<f64>) -> PyResult<bool> {
        let timeout = timeout.map(|time| seconds("timeout", time)).transpose()?;
        self.with(py, |publisher| {
            let wait = |time| match publisher.wait_for_subscribers(count, time) {
                Ok(false) => None,
                Ok(true) => Some(Ok(())),
                Err(error) => Some(Err(error)),
            };
            match interrupt::wait(py, timeout, wait)? {
                None => Ok(false),
                Some(Ok(())) => Ok(true),
                Some(Err(error)) => Err(errors::registry(&error)),
            }
        })
    }

    /// Returns the living subscribers of the topic.
    fn subscribers(&self, py: Python<'_>) -> PyResult<Vec<Peer>> {
        let subscribers = self.with(py, |publisher| publisher.subscribers().map_err(|error| errors::registry(&error)));
        subscribers.map(Peer::all)
    }

    /// Returns the subscribers of this publisher, and how far each is.
    fn readers(&self, py: Python<'_>) -> PyResult<Vec<ReaderState>> {
        let readers = self.with(py, |publisher| publisher.readers().map_err(|error| errors::registry(&error)))?;
        Ok(ReaderState::all(&readers))
    }

    /// Reports subscribers that join, leave and die.
    fn membership(&self, py: Python<'_>) -> PyResult<Membership> {
        self.with(py, |publisher| Membership::new(publisher.membership()))
    }

    /// Shows that this publisher is alive though it publishes nothing: see `alive_every`.
    fn assert_alive(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, |publisher| {
            publisher.assert_alive();
            Ok(())
        })
    }

    /// How many bytes of memory large messages have taken so far.
    #[getter]
    fn pool_memory(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |publisher| Ok(publisher.pool_memory()))
    }

    /// The identity of this publisher, which samples name: 32 hexadecimal digits.
    #[getter]
    fn id(&self, py: Python<'_>) -> PyResult<String> {
        self.with(py, |publisher| Ok(publisher.id().to_string()))
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
    fn closed(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.lock(py)?.publisher.is_none())
    }

    /// Leaves the topic. What subscribers hold stays valid.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.lock(py)?.publisher.take();
        Ok(())
    }

    fn __repr__(&self) -> String {
        format!("<Publisher of \"{}\">", self.topic)
    }
}

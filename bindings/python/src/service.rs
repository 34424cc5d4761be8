//! Calls: requests to servers, and their responses.

use crate::domain::{self, Domain};
use crate::errors::{self, Busy};
use crate::interrupt::{self, seconds};
use crate::sample::Sample;
use crate::schema::{Schema, Type};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use slotcast::dynamic::{self, ClientError, Item, Layout};
use slotcast::{CallError, EventFd};
use std::collections::HashMap;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

/// Python's types of the layouts that requests or items have: one element, or slices.
#[derive(Default)]
pub(crate) struct Types(Mutex<HashMap<slotcast::schema::SchemaHash, Arc<Type>>>);

impl Types {
    fn of(&self, layout: &Layout) -> Arc<Type> {
        let mut types = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(types.entry(layout.hash()).or_insert_with(|| Arc::new(Type::new(layout.clone()))))
    }

    pub(crate) fn object<'py>(&self, py: Python<'py>, item: &Item) -> PyResult<Bound<'py, PyAny>> {
        Sample::object_at(py, item.sample().clone(), item.offset(), &self.of(item.layout()))
    }
}

/// Calls `wait` with short times, until it returns something or `timeout` is over. Without a timeout it
/// takes as long as it takes.
pub(crate) fn wait<T: Send>(
    py: Python<'_>,
    timeout: Option<Duration>,
    mut wait: impl FnMut(Duration) -> Poll<T> + Send,
) -> PyResult<Option<T>> {
    interrupt::wait(py, timeout, |time| match wait(time) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    })
}

fn failed(py: Python<'_>, error: &ClientError) -> PyErr {
    let text = error.to_string();
    match error {
        ClientError::Call(error) => match error {
            CallError::NoServer { .. } => errors::NoServer::new_err(text),
            CallError::Refused(reason) => errors::refused(py, reason, &text),
            CallError::Expired(_) => errors::Expired::new_err(text),
            CallError::ServerDied { .. } => errors::ServerDied::new_err(text),
            CallError::ServerReplaced { .. } => errors::ServerReplaced::new_err(text),
            CallError::Full { .. } => errors::WindowFull::new_err(text),
            CallError::ZeroDeadline { .. } => pyo3::exceptions::PyValueError::new_err(text),
            CallError::Publish(slotcast::PublishError::Forked { .. }) => errors::Forked::new_err(text),
            CallError::Receive(error) => errors::receive(error),
            _ => errors::CallFailed::new_err(text),
        },
        ClientError::Open(error) => errors::open(error),
        ClientError::Request(error) => errors::publish(error),
        ClientError::Invalid { .. } => errors::InvalidMessage::new_err(text),
        _ => errors::CallFailed::new_err(text),
    }
}

fn is_passing(error: &ClientError) -> bool {
    matches!(error, ClientError::Call(CallError::Full { .. } | CallError::NoServer { .. }))
        || matches!(error, ClientError::Call(CallError::Publish(slotcast::PublishError::Full { .. })))
}

/// What `slotcast.Client` is made of. Threads share it.
#[pyclass(frozen, subclass, module = "slotcast._slotcast")]
pub(crate) struct ClientHandle {
    client: Mutex<Option<dynamic::Client>>,
    event_fd: Mutex<Option<EventFd>>,
    types: Arc<Types>,
    /// How long calls may take.
    timeout: Duration,
    service: String,
}

impl ClientHandle {
    fn with<R>(&self, act: impl FnOnce(&dynamic::Client) -> PyResult<R>) -> PyResult<R> {
        let client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        act(client.as_ref().ok_or_else(|| errors::closed(&format!("client of \"{}\"", self.service)))?)
    }

    fn pending(&self, call: dynamic::PendingCall) -> PendingCall {
        let (call, types, service) = (Mutex::new(Some(call)), Arc::clone(&self.types), self.service.clone());
        PendingCall { call, types, service }
    }

    /// Returns a descriptor that is readable when there may be responses.
    pub(crate) fn event_fd(&self) -> PyResult<EventFd> {
        let mut event_fd = self.event_fd.lock().unwrap_or_else(PoisonError::into_inner);
        if event_fd.is_none() {
            let created = self.with(|client| client.event_fd().map_err(|error| errors::registry(&error)))?;
            *event_fd = Some(created);
        }
        Ok(event_fd.clone().expect("it was just set"))
    }
}

#[pymethods]
impl ClientHandle {
    #[new]
    #[pyo3(signature = (service, request=None, response=None, *, domain=None, name="", window=8, timeout=5.0))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
    fn new(
        py: Python<'_>,
        service: &str,
        request: Option<&Schema>,
        response: Option<&Schema>,
        domain: Option<&Domain>,
        name: &str,
        window: u32,
        timeout: f64,
    ) -> PyResult<Self> {
        let builder = dynamic::Client::builder(service).domain(&domain::or_default(domain)).name(name).window(window);
        let builder = match (request, response) {
            (None, None) => builder,
            (Some(request), Some(response)) => builder.types(&request.0.layout, &response.0.layout),
            _ => {
                let text = "give the types of requests and of responses, or neither: then they are the server's";
                return Err(pyo3::exceptions::PyTypeError::new_err(text));
            }
        };
        let client = builder.create().map_err(|error| failed(py, &error))?;
        if client.has_headers() {
            let text = format!("service \"{service}\": slices with a header cannot be requests or items in Python yet");
            return Err(pyo3::exceptions::PyTypeError::new_err(text));
        }
        Ok(Self {
            client: Mutex::new(Some(client)),
            event_fd: Mutex::new(None),
            types: Arc::default(),
            timeout: seconds("timeout", timeout)?,
            service: service.to_owned(),
        })
    }

    /// Sends a request, given as its bytes, to one server. Waits until its deadline while there is no
    /// server, or as many calls are open as the window.
    #[pyo3(signature = (request, timeout=None))]
    fn begin_bytes(&self, py: Python<'_>, request: &Bound<'_, PyAny>, timeout: Option<f64>) -> PyResult<PendingCall> {
        let timeout = timeout.map_or(Ok(self.timeout), |time| seconds("timeout", time))?;
        let bytes = PyBuffer::<u8>::get(request)?.to_vec(py)?;
        let begun = Instant::now();
        let call = loop {
            let left = timeout.saturating_sub(begun.elapsed());
            let called = self.with(|client| Ok(client.try_call_bytes(&bytes, left.max(Duration::from_nanos(1)))))?;
            match called {
                Err(error) if is_passing(&error) && !left.is_zero() => {
                    // What makes it possible may not ring: a call of this client is dropped.
                    let pause = Duration::from_millis(1).min(left);
                    interrupt::wait(py, Some(pause), |time| {
                        std::thread::sleep(time);
                        None::<()>
                    })?;
                }
                Err(_) if timeout.is_zero() => {
                    let zero = CallError::ZeroDeadline { service: self.service.clone() };
                    return Err(failed(py, &zero.into()));
                }
                called => break called.map_err(|error| failed(py, &error))?,
            }
        };
        Ok(self.pending(call))
    }

    /// Sends a request like `begin_bytes`, but does not wait for a server or for the window.
    #[pyo3(signature = (request, timeout=None))]
    fn try_begin_bytes(
        &self,
        py: Python<'_>,
        request: &Bound<'_, PyAny>,
        timeout: Option<f64>,
    ) -> PyResult<PendingCall> {
        let timeout = timeout.map_or(Ok(self.timeout), |time| seconds("timeout", time))?;
        let bytes = PyBuffer::<u8>::get(request)?.to_vec(py)?;
        let call = self.with(|client| client.try_call_bytes(&bytes, timeout).map_err(|error| failed(py, &error)))?;
        Ok(self.pending(call))
    }

    /// Returns the layout of requests: of one element, or of any number.
    fn request_schema(&self, is_slice: bool) -> PyResult<Schema> {
        self.with(|client| Ok(Schema(self.types.of(&client.request_layout(is_slice)))))
    }

    /// Returns how many servers live.
    fn servers(&self, py: Python<'_>) -> PyResult<usize> {
        self.with(|client| client.servers().map_err(|error| failed(py, &error)))
    }

    /// Returns a descriptor that is readable when there may be responses, until `try_next` of each open
    /// call has found nothing. It does not tell of deadlines and of servers that have died.
    fn fileno(&self) -> PyResult<i32> {
        Ok(self.event_fd()?.as_fd().as_raw_fd())
    }

    /// How many messages have come so far: what one call has received may be for another one.
    #[getter]
    fn received(&self) -> PyResult<u64> {
        self.with(|client| Ok(client.received()))
    }

    /// The name of the service.
    #[getter]
    fn service(&self) -> &str {
        &self.service
    }

    /// How many seconds calls may take.
    #[getter]
    fn timeout(&self) -> f64 {
        self.timeout.as_secs_f64()
    }

    /// Makes no further calls. Those that were made go on.
    fn close(&self) {
        *self.client.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn __repr__(&self) -> String {
        format!("<Client of \"{}\">", self.service)
    }
}

/// A call that was made. Iterating waits for the items of its response. One thread at a time uses it.
///
/// Closing it, or dropping it, cancels the call if its response has not ended: the server is told.
#[pyclass(frozen, module = "slotcast")]
pub(crate) struct PendingCall {
    call: Mutex<Option<dynamic::PendingCall>>,
    types: Arc<Types>,
    service: String,
}

type Received = Option<Result<Option<Item>, ClientError>>;

impl PendingCall {
    /// Calls `receive`, if no other thread uses the call; `None` if it was closed.
    fn with<R>(&self, receive: impl FnOnce(&mut dynamic::PendingCall) -> PyResult<R>) -> PyResult<Option<R>> {
        let mut call = match self.call.try_lock() {
            Ok(call) => call,
            Err(std::sync::TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(std::sync::TryLockError::WouldBlock) => {
                let text = format!("a call of \"{}\": another thread waits for its response", self.service);
                return Err(Busy::new_err(text));
            }
        };
        call.as_mut().map(receive).transpose()
    }

    fn item<'py>(&self, py: Python<'py>, received: Received) -> PyResult<Option<Bound<'py, PyAny>>> {
        match received {
            None | Some(Ok(None)) => Ok(None),
            Some(Ok(Some(item))) => self.types.object(py, &item).map(Some),
            Some(Err(error)) => Err(failed(py, &error)),
        }
    }
}

#[pymethods]
impl PendingCall {
    /// Waits for the next item of the response, and returns it; `None` after the last one.
    fn next<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let received = self.with(|call| wait(py, None, |time| call.wait_next(time)))?;
        self.item(py, received.flatten())
    }

    /// Returns whether the next item or the end is there, and that item, or `None`. It never waits.
    fn try_next<'py>(&self, py: Python<'py>) -> PyResult<(bool, Option<Bound<'py, PyAny>>)> {
        match self.with(|call| Ok(call.try_next()))? {
            None => Ok((true, None)),
            Some(Poll::Pending) => Ok((false, None)),
            Some(Poll::Ready(received)) => Ok((true, self.item(py, Some(received))?)),
        }
    }

    /// How many seconds there are until the deadline.
    fn remaining(&self) -> PyResult<f64> {
        let remaining = self.with(|call| Ok(call.remaining()))?;
        Ok(remaining.map_or(0.0, |time| time.as_secs_f64()))
    }

    /// Cancels the call, if its response has not ended. Nothing comes for it any more.
    fn close(&self) -> PyResult<()> {
        match self.call.try_lock() {
            Ok(mut call) => *call = None,
            Err(std::sync::TryLockError::Poisoned(poisoned)) => *poisoned.into_inner() = None,
            Err(std::sync::TryLockError::WouldBlock) => {
                let text = format!("a call of \"{}\": another thread waits for its response", self.service);
                return Err(Busy::new_err(text));
            }
        }
        Ok(())
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.next(py)
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, pyo3::types::PyTuple>) -> PyResult<()> {
        self.close()
    }

    fn __repr__(&self) -> String {
        format!("<PendingCall of \"{}\">", self.service)
    }
}

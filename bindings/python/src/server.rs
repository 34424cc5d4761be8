//! Servers, and the calls that they work on.

use crate::closing::Closing;
use crate::domain::{self, Domain};
use crate::errors::{self, Busy};
use crate::interrupt::{self, seconds};
use crate::one_thread::OneThread;
use crate::schema::{Schema, Type};
use crate::service::{Types, wait};
use crate::value::stand_by;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use slotcast::dynamic::{self, ServerError};
use slotcast::service::Reason;
use slotcast::{EventFd, ServeError};
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, TryLockError};
use std::task::Poll;
use std::time::Duration;

fn failed(error: &ServerError) -> PyErr {
    let text = error.to_string();
    match error {
        ServerError::Serve(error) => match error {
            ServeError::Cancelled => errors::Cancelled::new_err(text),
            ServeError::Expired => errors::Expired::new_err(text),
            ServeError::Receive(error) => errors::receive(error),
            ServeError::Publish(slotcast::PublishError::Forked { .. }) => errors::Forked::new_err(text),
            ServeError::Publish(_) => errors::PublishFailed::new_err(text),
        },
        ServerError::Response(error) => errors::publish(error),
        _ => errors::SlotcastError::new_err(text),
    }
}

/// What `slotcast.Server` is made of. One thread at a time uses it; its calls can be used in others.
#[pyclass(frozen, subclass, module = "slotcast._slotcast")]
pub(crate) struct ServerHandle {
    state: OneThread<State>,
    is_closed: AtomicBool,
    closing: Closing,
    types: Arc<Types>,
    response: Arc<Type>,
    service: String,
}

struct State {
    server: dynamic::Server,
    event_fd: Option<EventFd>,
}

impl ServerHandle {
    /// Returns a descriptor that is readable when there may be calls.
    pub(crate) fn event_fd(&self) -> PyResult<EventFd> {
        self.state.with(|state| {
            if state.event_fd.is_none() {
                state.event_fd = Some(state.server.event_fd().map_err(|error| errors::registry(&error))?);
            }
            Ok(state.event_fd.clone().expect("it was just set"))
        })
    }

    fn call(&self, call: dynamic::ServerCall) -> ServerCall {
        let (types, response, service) = (Arc::clone(&self.types), Arc::clone(&self.response), self.service.clone());
        ServerCall { request: call.request().clone(), call: Mutex::new(Some(call)), types, response, service }
    }
}

#[pymethods]
impl ServerHandle {
    #[new]
    #[pyo3(signature = (service, request, response, *, domain=None, name="", any=false, standby=None))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
    fn new(
        py: Python<'_>,
        service: &str,
        request: &Schema,
        response: &Schema,
        domain: Option<&Domain>,
        name: &str,
        any: bool,
        standby: Option<f64>,
    ) -> PyResult<Self> {
        let domain = domain::or_default(domain);
        let (asked, answered) = (&request.0.layout, &response.0.layout);
        let server = stand_by(py, standby, |standby| {
            let builder = dynamic::Server::builder(service, asked, answered).domain(&domain).name(name);
            let builder = if any { builder.any() } else { builder };
            if let Some(time) = standby { builder.standby(time) } else { builder }.create()
        })?;
        let state = OneThread::new(State { server, event_fd: None }, format!("server of \"{service}\""));
        let (types, response, service) = (Arc::default(), Arc::clone(&response.0), service.to_owned());
        Ok(Self { state, is_closed: AtomicBool::new(false), closing: Closing::default(), types, response, service })
    }

    /// Returns the next call, if there is one. It never waits.
    fn try_recv(&self) -> PyResult<Option<ServerCall>> {
        let call = self.state.with(|state| state.server.try_next().map_err(|error| failed(&error)))?;
        Ok(call.map(|call| self.call(call)))
    }

    /// Returns the next call; waits for it up to `timeout` seconds, or for any time. Returns `None` on
    /// timeout. Other threads run meanwhile.
    #[pyo3(signature = (timeout=None))]
    fn recv(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<ServerCall>> {
        let timeout = timeout.map(|time| seconds("timeout", time)).transpose()?;
        let call = self.state.with(|state| {
            let is_closed = || self.is_closed.load(Ordering::SeqCst);
            let next = |time| match state.server.next_timeout(time) {
                Ok(None) if is_closed() => Some(Ok(None)),
                next => next.transpose().map(|call| call.map(Some)),
            };
            let next = interrupt::wait(py, timeout, next)?;
            next.transpose().map(Option::flatten).map_err(|error| failed(&error))
        })?;
        if call.is_none() && self.is_closed.load(Ordering::SeqCst) {
            self.state.close_when_free();
            return Err(errors::closed(&format!("server of \"{}\"", self.service)));
        }
        Ok(call.map(|call| self.call(call)))
    }

    /// Returns a descriptor that is readable when there may be calls, until `try_recv` has found none.
    fn fileno(&self) -> PyResult<i32> {
        Ok(self.event_fd()?.as_fd().as_raw_fd())
    }

    /// How many messages of clients have come so far: what a call has received may be for the server.
    #[getter]
    fn received(&self) -> PyResult<u64> {
        self.state.with(|state| Ok(state.server.received()))
    }

    /// The name of the service.
    #[getter]
    fn service(&self) -> &str {
        &self.service
    }

    /// Whether it was closed.
    #[getter]
    fn closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    /// Returns a descriptor that becomes readable when this is closed: for event loops.
    fn closing_fileno(&self) -> PyResult<i32> {
        let descriptor = self.closing.descriptor()?;
        if self.closed() {
            self.closing.fire(); // it was closed before there was a descriptor
        }
        Ok(descriptor)
    }

    /// Takes no more calls, and refuses those that were not received. Waits of other threads end with
    /// `Closed`. Calls that were received go on.
    fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        self.closing.fire();
        self.state.close_when_free();
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    /// Waits for the next call; ends when the server is closed.
    fn __next__(&self, py: Python<'_>) -> PyResult<Option<ServerCall>> {
        match self.recv(py, None) {
            Err(error) if self.closed() && error.is_instance_of::<errors::Closed>(py) => Ok(None),
            result => result,
        }
    }

    fn __repr__(&self) -> String {
        format!("<Server of \"{}\">", self.service)
    }
}

/// A call that a server is working on. It can be used in any thread, by one at a time.
///
/// One that is dropped or closed without an end is refused.
#[pyclass(frozen, module = "slotcast")]
pub(crate) struct ServerCall {
    call: Mutex<Option<dynamic::ServerCall>>,
    request: dynamic::Item,
    types: Arc<Types>,
    response: Arc<Type>,
    service: String,
}

impl ServerCall {
    /// Calls `act` with the call, which it can take out. `None` if it has ended.
    fn with_open<R>(&self, act: impl FnOnce(&mut Option<dynamic::ServerCall>) -> PyResult<R>) -> PyResult<R> {
        match self.call.try_lock() {
            Ok(mut call) => act(&mut call),
            Err(TryLockError::Poisoned(poisoned)) => act(&mut poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => {
                let text = format!("a call of \"{}\": another thread responds to it", self.service);
                Err(Busy::new_err(text))
            }
        }
    }

    fn with<R>(&self, act: impl FnOnce(&mut dynamic::ServerCall) -> PyResult<R>) -> PyResult<R> {
        self.with_open(|call| act(call.as_mut().ok_or_else(|| self.ended())?))
    }

    fn ended(&self) -> PyErr {
        errors::Closed::new_err(format!("a call of \"{}\": it has ended", self.service))
    }

    /// Returns the bytes of an item.
    fn encode(
        &self,
        py: Python<'_>,
        value: Option<Bound<'_, PyAny>>,
        fields: Option<Bound<'_, PyDict>>,
    ) -> PyResult<Vec<u8>> {
        let fields = fields.unwrap_or_else(|| PyDict::new(py));
        let encode = py.import("slotcast._payload")?.getattr("encode")?;
        PyBuffer::<u8>::get(&encode.call1((Schema(Arc::clone(&self.response)), value, fields))?)?.to_vec(py)
    }

    fn send_as(&self, py: Python<'_>, item: &[u8], timeout: Option<Duration>, is_last: bool) -> PyResult<bool> {
        let sent = self.with(|call| {
            let send = |time| {
                let sent = if is_last { call.respond_within(item, time) } else { call.send_within(item, time) };
                match sent {
                    Ok(false) => Poll::Pending,
                    done => Poll::Ready(done),
                }
            };
            wait(py, timeout, send)
        })?;
        let sent = sent.transpose().map_err(|error| failed(&error))?.unwrap_or(false);
        if sent && is_last {
            self.with_open(|call| {
                *call = None;
                Ok(())
            })?;
        }
        Ok(sent)
    }
}

#[pymethods]
impl ServerCall {
    /// The request.
    #[getter]
    fn request<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.types.object(py, &self.request)
    }

    /// Which client has called: 32 hexadecimal digits.
    #[getter]
    fn client(&self) -> String {
        self.request.sample().publisher().to_string()
    }

    /// How many seconds there are until the deadline; 0 if it has passed, or the call has ended.
    fn remaining(&self) -> PyResult<f64> {
        self.with_open(|call| Ok(call.as_ref().map_or(0.0, |call| call.remaining().as_secs_f64())))
    }

    /// Returns whether the client wants nothing more of this call, or has ended, or the deadline has
    /// passed.
    fn is_cancelled(&self) -> PyResult<bool> {
        self.with(|call| Ok(call.is_cancelled()))
    }

    /// Sends an item of the response: a value or an array; or the fields by keyword. Waits while the
    /// client has not taken as many as its window.
    #[pyo3(signature = (value=None, /, **fields))]
    fn send(&self, py: Python<'_>, value: Option<Bound<'_, PyAny>>, fields: Option<Bound<'_, PyDict>>) -> PyResult<()> {
        let item = self.encode(py, value, fields)?;
        self.send_as(py, &item, None, false).map(drop)
    }

    /// Sends an item like `send`, but does not wait. Returns whether it was sent.
    #[pyo3(signature = (value=None, /, **fields))]
    fn try_send(
        &self,
        py: Python<'_>,
        value: Option<Bound<'_, PyAny>>,
        fields: Option<Bound<'_, PyDict>>,
    ) -> PyResult<bool> {
        let item = self.encode(py, value, fields)?;
        self.send_as(py, &item, Some(Duration::ZERO), false)
    }

    /// Sends the last item of the response, or the only one.
    #[pyo3(signature = (value=None, /, **fields))]
    fn respond(
        &self,
        py: Python<'_>,
        value: Option<Bound<'_, PyAny>>,
        fields: Option<Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let item = self.encode(py, value, fields)?;
        self.send_as(py, &item, None, true).map(drop)
    }

    /// Ends the response after the items that were sent.
    fn finish(&self) -> PyResult<()> {
        let call = self.with_open(|call| call.take().ok_or_else(|| self.ended()))?;
        call.finish().map_err(|error| failed(&error))
    }

    /// Refuses the request, or ends the response with an error. Of the text 64 bytes are kept.
    fn refuse(&self, code: u32, reason: &str) -> PyResult<()> {
        let call = self.with_open(|call| call.take().ok_or_else(|| self.ended()))?;
        call.refuse(&Reason::new(code, reason)).map_err(|error| failed(&error))
    }

    /// Refuses the call if it has not ended.
    fn close(&self) -> PyResult<()> {
        self.with_open(|call| {
            *call = None;
            Ok(())
        })
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, pyo3::types::PyTuple>) -> PyResult<()> {
        self.close()
    }

    fn __repr__(&self) -> String {
        format!("<ServerCall of \"{}\">", self.service)
    }
}

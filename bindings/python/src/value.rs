//! Latest values: set by one writer, read by anybody.

use crate::closing::Closing;
use crate::domain::{self, Domain};
use crate::errors;
use crate::interrupt::{self, seconds};
use crate::one_thread::OneThread;
use crate::peer::Peer;
use crate::sample::Sample;
use crate::schema::{Schema, Type};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use slotcast::dynamic::{self, SetError};
use slotcast::{Closer, EventFd, RecvError};
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;

/// Which writer has set a value, and how often it had set one then.
#[pyclass(frozen, eq, hash, module = "slotcast")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Version(pub(crate) slotcast::Version);

#[pymethods]
impl Version {
    /// How often this writer had set the value, from 1.
    #[getter]
    fn number(&self) -> u64 {
        self.0.number()
    }

    /// The identity of the writer: another one after a restart or a take-over.
    #[getter]
    fn writer(&self) -> String {
        self.0.writer().to_string()
    }

    fn __repr__(&self) -> String {
        format!("<Version {}>", self.0)
    }
}

/// What `slotcast.ValueWriter` is made of. One thread at a time uses it.
#[pyclass(frozen, subclass, module = "slotcast._slotcast")]
pub(crate) struct ValueWriterHandle {
    writer: OneThread<dynamic::ValueWriter>,
    ty: Arc<Type>,
    topic: String,
}

/// Returns the exception for a value that was not set.
pub(crate) fn not_set(error: &SetError) -> PyErr {
    match error {
        SetError::Write(error) => errors::publish(error),
        error => errors::PublishFailed::new_err(error.to_string()),
    }
}

/// Creates an endpoint that waits up to `standby` while another one lives, without the interpreter's
/// lock. `create` is called with the time that it may wait, `None` if it may not.
pub(crate) fn stand_by<T: Send>(
    py: Python<'_>,
    standby: Option<f64>,
    mut create: impl FnMut(Option<std::time::Duration>) -> Result<T, slotcast::CreateError> + Send,
) -> PyResult<T> {
    let Some(standby) = standby else { return create(None).map_err(|error| errors::create(&error)) };
    let mut failure = None;
    let wait = |time| match create(Some(time)) {
        Err(error @ slotcast::CreateError::Exclusive { .. }) => {
            failure = Some(error);
            None
        }
        created => Some(created),
    };
    // For ever, if that is what is wanted: `inf` is no number of seconds.
    let timeout = if standby == f64::INFINITY { None } else { Some(seconds("standby", standby)?) };
    match interrupt::wait(py, timeout, wait)? {
        Some(created) => created.map_err(|error| errors::create(&error)),
        None => Err(failure.map_or_else(|| errors::closed("standby"), |error| errors::create(&error))),
    }
}

#[pymethods]
impl ValueWriterHandle {
    #[new]
    #[pyo3(signature = (value, schema, *, domain=None, name="", standby=None, survives_writer=false,
                        timestamps=true))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
    fn new(
        py: Python<'_>,
        value: &str,
        schema: &Schema,
        domain: Option<&Domain>,
        name: &str,
        standby: Option<f64>,
        survives_writer: bool,
        timestamps: bool,
    ) -> PyResult<Self> {
        let domain = domain::or_default(domain);
        let writer = stand_by(py, standby, |standby| {
            let builder = dynamic::ValueWriter::builder(value, &schema.0.layout).domain(&domain).name(name);
            let builder = builder.survives_writer(survives_writer).timestamps(timestamps);
            if let Some(time) = standby { builder.standby(time) } else { builder }.create()
        })?;
        let topic = writer.topic().to_string();
        let writer = OneThread::new(writer, format!("writer of \"{topic}\""));
        Ok(Self { writer, ty: Arc::clone(&schema.0), topic })
    }

    /// Sets the value, given as its bytes. It never waits.
    fn set_bytes(&self, py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<Version> {
        let bytes = PyBuffer::<u8>::get(value)?.to_vec(py)?;
        self.writer.with(|writer| {
            writer.set_bytes(&bytes).map_err(|error| not_set(&error))?;
            Ok(Version(writer.version().expect("it was just set")))
        })
    }

    /// The version of the value that was set last; `None` before that.
    #[getter]
    fn version(&self) -> PyResult<Option<Version>> {
        self.writer.with(|writer| Ok(writer.version().map(Version)))
    }

    /// Returns the readers that live.
    fn readers(&self) -> PyResult<Vec<Peer>> {
        let readers = self.writer.with(|writer| writer.readers().map_err(|error| errors::registry(&error)));
        readers.map(Peer::all)
    }

    /// The identity of the writer: 32 hexadecimal digits, by which versions name it.
    #[getter]
    fn id(&self) -> PyResult<String> {
        self.writer.with(|writer| Ok(writer.id().to_string()))
    }

    /// The topic in which writer and readers meet: the name, and the part `~value`.
    #[getter]
    fn topic(&self) -> &str {
        &self.topic
    }

    /// The layout of the value.
    #[getter]
    fn schema(&self) -> Schema {
        Schema(Arc::clone(&self.ty))
    }

    /// Leaves. Readers that have the value keep it.
    fn close(&self) -> PyResult<()> {
        self.writer.close()
    }

    fn __repr__(&self) -> String {
        format!("<ValueWriter of \"{}\">", self.topic)
    }
}

/// What `slotcast.ValueReader` is made of. One thread at a time uses it.
#[pyclass(frozen, subclass, module = "slotcast._slotcast")]
pub(crate) struct ValueReaderHandle {
    state: OneThread<State>,
    closer: Closer,
    closing: Closing,
    ty: Arc<Type>,
    topic: String,
}

struct State {
    reader: dynamic::ValueReader,
    event_fd: Option<EventFd>,
}

impl ValueReaderHandle {
    /// Returns a descriptor that is readable when the value may have changed.
    pub(crate) fn event_fd(&self) -> PyResult<EventFd> {
        self.state.with(|state| {
            if state.event_fd.is_none() {
                state.event_fd = Some(state.reader.event_fd().map_err(|error| errors::registry(&error))?);
            }
            Ok(state.event_fd.clone().expect("it was just set"))
        })
    }

    fn value(slf: &Bound<'_, Self>, found: Option<Found>) -> PyResult<Option<CurrentValue>> {
        let Some((raw, version)) = found else { return Ok(None) };
        let age = raw.age().map(|age| age.as_secs_f64());
        let sample = Sample::object(slf.py(), raw, &slf.get().ty)?.unbind();
        Ok(Some(CurrentValue { sample, version, age, reader: slf.clone().unbind() }))
    }
}

type Found = (dynamic::Sample, slotcast::Version);

fn found(value: &dynamic::CurrentValue<'_>) -> Found {
    ((**value).clone(), value.version())
}

#[pymethods]
impl ValueReaderHandle {
    #[new]
    #[pyo3(signature = (value, schema=None, *, domain=None, name=""))]
    fn new(value: &str, schema: Option<&Schema>, domain: Option<&Domain>, name: &str) -> PyResult<Self> {
        let domain = domain::or_default(domain);
        let mut builder = dynamic::ValueReader::builder(value).domain(&domain).name(name);
        if let Some(schema) = schema {
            builder = builder.layout(&schema.0.layout);
        }
        let reader = builder.create().map_err(|error| errors::open(&error))?;
        let ty = schema.map_or_else(|| Arc::new(Type::new(reader.layout().clone())), |schema| Arc::clone(&schema.0));
        let (closer, topic) = (reader.closer(), reader.topic().to_string());
        let state = OneThread::new(State { reader, event_fd: None }, format!("reader of \"{topic}\""));
        Ok(Self { state, closer, closing: Closing::default(), ty, topic })
    }

    /// Returns the newest value; `None` if none was ever set, or its writer has ended before this
    /// reader found it. It never waits.
    fn get(slf: &Bound<'_, Self>) -> PyResult<Option<CurrentValue>> {
        let value = slf.get().state.with(|state| {
            let value = state.reader.get().map_err(|error| errors::receive(&error))?;
            Ok(value.as_ref().map(found))
        })?;
        Self::value(slf, value)
    }

    /// Returns whether the value is another one than that of `version`. It never waits.
    fn changed_since(&self, version: &Version) -> PyResult<bool> {
        self.state.with(|state| state.reader.changed_since(version.0).map_err(|error| errors::receive(&error)))
    }

    /// Returns the newest value as soon as it is another one than that of `since`: `None` is not to
    /// have seen any. Waits for that up to `timeout` seconds, or for any time; returns `None` on
    /// timeout. Other threads run meanwhile.
    #[pyo3(signature = (since=None, timeout=None))]
    fn wait_for_change(
        slf: &Bound<'_, Self>,
        since: Option<Version>,
        timeout: Option<f64>,
    ) -> PyResult<Option<CurrentValue>> {
        let timeout = timeout.map(|time| seconds("timeout", time)).transpose()?;
        let value = slf.get().state.with(|state| {
            let since = since.map(|version| version.0);
            let wait = |time| match state.reader.wait_for_change(since, time) {
                Ok(None) => None,
                Ok(Some(value)) => Some(Ok(found(&value))),
                Err(error) => Some(Err(error)),
            };
            let found = interrupt::wait(slf.py(), timeout, wait)?;
            found.transpose().map_err(|error: RecvError| errors::receive(&error))
        })?;
        Self::value(slf, value)
    }

    /// Returns the writer that lives, if there is one.
    fn writer(&self) -> PyResult<Option<Peer>> {
        let writer = self.state.with(|state| state.reader.writer().map_err(|error| errors::receive(&error)))?;
        Ok(writer.map(|writer| Peer::of(&writer)))
    }

    /// Returns a descriptor that is readable when the value may have changed, until `get` has found
    /// nothing new.
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

    /// The topic in which writer and readers meet: the name, and the part `~value`.
    #[getter]
    fn topic(&self) -> &str {
        &self.topic
    }

    /// The layout of the value.
    #[getter]
    fn schema(&self) -> Schema {
        Schema(Arc::clone(&self.ty))
    }

    /// Whether it was closed.
    #[getter]
    fn closed(&self) -> bool {
        self.closer.is_closed()
    }

    /// Leaves. Waits of other threads end with `Closed`. Values that were read stay valid.
    fn close(&self) {
        self.closer.close();
        self.closing.fire();
        self.state.close_when_free();
    }

    fn __repr__(&self) -> String {
        format!("<ValueReader of \"{}\">", self.topic)
    }
}

/// A value that was read. It stays what it is, and its fields are attributes, as those of samples are.
#[pyclass(frozen, module = "slotcast")]
pub(crate) struct CurrentValue {
    sample: Py<PyAny>,
    version: slotcast::Version,
    age: Option<f64>,
    reader: Py<ValueReaderHandle>,
}

#[pymethods]
impl CurrentValue {
    /// Which writer has set it, and how often that had set one then.
    #[getter]
    fn version(&self) -> Version {
        Version(self.version)
    }

    /// How old it was when it was read, in seconds; `None` if its writer does not say.
    #[getter]
    fn age(&self) -> Option<f64> {
        self.age
    }

    /// Returns whether its writer has ended, and no other one had set another value when it was read.
    fn is_orphaned(&self, py: Python<'_>) -> PyResult<bool> {
        self.reader.bind(py).get().state.with(|state| Ok(state.reader.has_ended(self.version)))
    }

    /// The value as a sample.
    #[getter]
    fn sample(&self, py: Python<'_>) -> Py<PyAny> {
        self.sample.clone_ref(py)
    }

    /// Returns the value as Python's own types.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.sample.bind(py).call_method0("to_dict")
    }

    #[pyo3(signature = (dtype=None, copy=None))]
    fn __array__<'py>(
        &self,
        py: Python<'py>,
        dtype: Option<Bound<'py, PyAny>>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.sample.bind(py).call_method1("__array__", (dtype, copy))
    }

    fn __getattr__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        self.sample.bind(py).getattr(name)
    }

    fn __getitem__<'py>(&self, py: Python<'py>, key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.sample.bind(py).get_item(key)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let value = self.to_dict(py)?.repr()?.to_string();
        Ok(format!("<CurrentValue {value}, version {}>", self.version.number()))
    }
}

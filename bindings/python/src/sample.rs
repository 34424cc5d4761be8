//! # Safety
//!
//! Messages that were received. The file opts into unsafe code only where Python asks for a buffer
//! of numbers, and upholds what [`Array`] needs: a sample holds its message.
#![allow(unsafe_code, reason = "Python gets pointers to messages")]

use crate::array::Array;
use crate::decode::decode;
use crate::errors::InvalidMessage;
use crate::memory::{Memory, Source};
use crate::node::{Field, Node};
use crate::schema::{Schema, Type, html};
use pyo3::exceptions::{PyAttributeError, PyKeyError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMemoryView, PyString, PyTuple};
use pyo3::{IntoPyObjectExt, ffi};
use slotcast::dynamic;
use std::ffi::c_int;
use std::sync::Arc;

/// A message that was received. It can be kept, and used in any thread.
///
/// A large message is where its publisher has written it; the slot is held as long as the sample or
/// any view of it lives. Fields are attributes, and items of `sample["field"]`.
#[pyclass(frozen, subclass, module = "slotcast")]
pub(crate) struct Sample {
    raw: dynamic::Sample,
    ty: Arc<Type>,
    /// Where the message begins: behind what a service writes before it.
    at: usize,
}

/// A message of numbers: numpy, torch and others see it in place, by the buffer protocol.
#[pyclass(frozen, extends = Sample, module = "slotcast")]
pub(crate) struct ArraySample;

/// A struct in a message, copied: a header, or a field.
#[pyclass(frozen, module = "slotcast")]
pub(crate) struct Record {
    node: Arc<Node>,
    bytes: Box<[u8]>,
}

impl Sample {
    /// Creates the Python object of a message. Types of which some bytes are not a value are
    /// checked: they were copied, so they stay what they are.
    pub(crate) fn object<'py>(py: Python<'py>, raw: dynamic::Sample, ty: &Arc<Type>) -> PyResult<Bound<'py, PyAny>> {
        Self::object_at(py, raw, 0, ty)
    }

    /// Creates the Python object of what follows the first `at` bytes of a message.
    pub(crate) fn object_at<'py>(
        py: Python<'py>,
        raw: dynamic::Sample,
        at: usize,
        ty: &Arc<Type>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if !ty.any_bytes_valid {
            ty.layout.validate(&raw.bytes()[at..]).map_err(|error| InvalidMessage::new_err(error.to_string()))?;
        }
        let is_array = ty.is_tensor || ty.numbers.is_some();
        let sample = Self { raw, ty: Arc::clone(ty), at };
        if !is_array {
            return Ok(Bound::new(py, sample)?.into_any());
        }
        let sample = PyClassInitializer::from(sample).add_subclass(ArraySample);
        Ok(Bound::new(py, sample)?.into_any())
    }

    /// Returns the bytes of the message.
    fn message(&self) -> &[u8] {
        &self.raw.bytes()[self.at..]
    }

    /// Returns a field of the message, or of its header, with its bytes, copied.
    fn field(&self, name: &str) -> Option<(&Field, Box<[u8]>)> {
        let node = self.ty.header.as_ref().unwrap_or(&self.ty.payload);
        let field = node.field(name).filter(|_| self.ty.header.is_some() || !self.ty.is_variable)?;
        Some((field, self.message()[field.offset..field.offset + field.node.size].into()))
    }

    fn elements(&self) -> usize {
        (self.message().len() - self.ty.payload_at) / self.ty.payload.size
    }
}

#[pymethods]
impl Sample {
    /// Its number among the messages of its publisher, from 0.
    #[getter]
    fn sequence(&self) -> u64 {
        self.raw.sequence()
    }

    /// How many messages of this publisher were lost between the last one delivered and this one.
    #[getter]
    fn lost_before(&self) -> u64 {
        self.raw.lost_before()
    }

    /// The identity of its publisher: 32 hexadecimal digits, others after a restart.
    #[getter]
    fn publisher(&self) -> String {
        self.raw.publisher().to_string()
    }

    /// When it was published, in nanoseconds of `CLOCK_MONOTONIC`; `None` if its publisher does not
    /// say.
    #[getter]
    fn timestamp(&self) -> Option<u64> {
        self.raw.timestamp()
    }

    /// How long ago it was published, in seconds; `None` if its publisher does not say when.
    #[getter]
    fn age(&self) -> Option<f64> {
        self.raw.age().map(|age| age.as_secs_f64())
    }

    /// Whether it is where its publisher has written it; otherwise it was copied.
    #[getter]
    fn is_in_place(&self) -> bool {
        self.raw.is_in_place()
    }

    /// The layout of the message.
    #[getter]
    fn schema(&self) -> Schema {
        Schema(Arc::clone(&self.ty))
    }

    /// All bytes of the message, read only and in place.
    #[getter]
    fn bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMemoryView>> {
        let memory = Bound::new(py, Memory(Source::Sample(self.raw.clone(), self.at)))?;
        PyMemoryView::from(memory.as_any())
    }

    /// The header of a message of variable size, copied; `None` if it has none.
    #[getter]
    fn header(&self) -> Option<Record> {
        let node = self.ty.header.as_ref()?;
        Some(Record { node: Arc::clone(node), bytes: self.message()[..node.size].into() })
    }

    /// The message as a numpy array, read only and in place; its elements if its size varies.
    #[getter]
    fn array<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        let numpy = py.import("numpy")?;
        if slf.is_instance_of::<ArraySample>() {
            return numpy.getattr("asarray")?.call1((PyMemoryView::from(slf.as_any())?,));
        }
        let memory = Bound::new(py, Memory(Source::Sample(this.raw.clone(), this.at)))?;
        let shape = if this.ty.is_variable { PyTuple::new(py, [this.elements()])? } else { PyTuple::empty(py) };
        if this.ty.is_variable && this.elements() == 0 {
            return numpy.getattr("empty")?.call1((shape, this.ty.dtype(py)?));
        }
        numpy.getattr("ndarray")?.call1((shape, this.ty.dtype(py)?, memory, this.ty.payload_at))
    }

    #[pyo3(signature = (dtype=None, copy=None))]
    fn __array__<'py>(
        slf: &Bound<'py, Self>,
        dtype: Option<Bound<'py, PyAny>>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let array = Self::array(slf)?;
        let Some(dtype) = dtype else {
            return if copy == Some(true) { array.call_method0("copy") } else { Ok(array) };
        };
        let options = PyDict::new(slf.py());
        options.set_item("copy", copy == Some(true))?;
        let is_same = array.getattr("dtype")?.eq(&dtype)?;
        if copy == Some(false) && !is_same {
            let text = format!("the message is {}, and becomes {dtype} only by a copy", array.getattr("dtype")?);
            return Err(pyo3::exceptions::PyValueError::new_err(text));
        }
        array.call_method("astype", (dtype,), Some(&options))
    }

    /// Returns the message for consumers of `DLPack` 1.0, read only and in place.
    #[pyo3(signature = (**options))]
    fn __dlpack__<'py>(slf: &Bound<'py, Self>, options: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
        Self::array(slf)?.call_method("__dlpack__", (), options)
    }

    fn __dlpack_device__(&self) -> (i32, i32) {
        (1, 0) // CPU
    }

    /// Returns a copy of the message as a numpy array, which can be written.
    fn copy<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::array(slf)?.call_method0("copy")
    }

    /// Returns the message as Python's own types: structs are dicts, arrays of `u8` are `bytes`.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.ty.decode(py, &self.raw.copied()[self.at..])
    }

    fn __getattr__<'py>(slf: &Bound<'py, Self>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let this = slf.get();
        let Some((field, bytes)) = this.field(name) else {
            let schema = this.ty.layout.schema().type_name();
            return Err(PyAttributeError::new_err(format!("a message of {schema} has no field `{name}`")));
        };
        let is_array = field.node.as_numbers().is_some_and(|(_, shape)| !shape.is_empty());
        if is_array && this.ty.header.is_none() {
            return Self::array(slf)?.get_item(name);
        }
        part(slf.py(), field, bytes)
    }

    fn __getitem__<'py>(slf: &Bound<'py, Self>, key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if slf.get().ty.header.is_some() && key.is_instance_of::<PyString>() {
            let name: String = key.extract()?;
            let Some((field, bytes)) = slf.get().field(&name) else { return Err(PyKeyError::new_err(name)) };
            return part(slf.py(), field, bytes);
        }
        let item = Self::array(slf)?.get_item(key)?;
        // A field of one message, which numpy returns as an array of no dimensions.
        let is_scalar = item.getattr("ndim").is_ok_and(|ndim| ndim.eq(0).unwrap_or(false));
        if is_scalar { item.get_item(PyTuple::empty(slf.py())) } else { Ok(item) }
    }

    fn __len__(&self) -> usize {
        if self.ty.is_variable { self.elements() } else { 1 }
    }

    fn __bool__(&self) -> bool {
        true
    }

    fn __repr__(&self) -> String {
        let (schema, bytes) = (self.ty.layout.schema().type_name(), self.message().len());
        format!("<Sample {} of {schema}, {bytes} bytes>", self.raw.sequence())
    }

    fn _repr_html_(&self, py: Python<'_>) -> PyResult<String> {
        let fields = match self.header() {
            Some(header) => header.to_dict(py)?,
            None if self.ty.is_variable => return Ok(html(&self.__repr__())),
            None => self.to_dict(py)?,
        };
        let Ok(fields) = fields.cast_into::<PyDict>() else { return Ok(html(&self.__repr__())) };
        let mut rows = String::new();
        for (name, value) in fields.iter() {
            let (name, value) = (html(&name.to_string()), html(&value.repr()?.to_string()));
            rows += &format!("<tr><th>{name}</th><td>{value}</td></tr>");
        }
        Ok(format!("<table><caption>{}</caption>{rows}</table>", html(&self.__repr__())))
    }
}

#[pymethods]
impl ArraySample {
    /// # Safety
    /// Python calls this with a buffer to be filled.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let sample = slf.as_super().clone();
        let message = sample.get().message();
        let array = Array::of(&sample.get().ty, message)?;
        // SAFETY: it is to be filled, and the object holds the message.
        unsafe { array.fill(message, slf.into_any(), view, flags) }
    }

    /// # Safety
    /// Python calls this with a buffer that was filled, once.
    unsafe fn __releasebuffer__(&self, view: *mut ffi::Py_buffer) {
        // SAFETY: `__getbuffer__` has filled it, and Python does not use it any more.
        unsafe { Array::release(view) };
    }
}

#[pymethods]
impl Record {
    /// Returns the struct as a dict.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        decode(py, &self.node, &self.bytes)
    }

    fn __getattr__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let field = self.node.field(name);
        let field = field.ok_or_else(|| PyAttributeError::new_err(format!("there is no field `{name}`")))?;
        part(py, field, self.bytes[field.offset..field.offset + field.node.size].into())
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        self.__getattr__(py, name).map_err(|_| PyKeyError::new_err(name.to_owned()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.to_dict(py)?.repr()?.to_string())
    }
}

/// Returns a field: structs as records, everything else as Python's own types.
fn part<'py>(py: Python<'py>, field: &Field, bytes: Box<[u8]>) -> PyResult<Bound<'py, PyAny>> {
    match &field.node.shape {
        crate::node::Shape::Struct(_) => Record { node: Arc::clone(&field.node), bytes }.into_bound_py_any(py),
        _ => decode(py, &field.node, &bytes),
    }
}

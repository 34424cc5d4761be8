//! Schemas as Python objects.

use crate::decode::decode;
use crate::domain::{self, Domain};
use crate::encode;
use crate::errors::{self, SchemaInvalid};
use crate::node::{Node, number};
use pyo3::IntoPyObjectExt;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict};
use slotcast::dynamic::Layout;
use slotcast::schema::{Kind, Primitive};
use slotcast::{ShmMessage, Tensor};
use std::sync::Arc;

/// A layout of messages, and what is known of it.
pub(crate) struct Type {
    pub(crate) layout: Layout,
    /// The header of messages of variable size.
    pub(crate) header: Option<Arc<Node>>,
    pub(crate) header_layout: Option<Layout>,
    /// The message; the elements of messages of variable size.
    pub(crate) payload: Arc<Node>,
    /// Where the payload begins.
    pub(crate) payload_at: usize,
    /// The numbers that the payload, or each element of it, consists of.
    pub(crate) numbers: Option<(Primitive, Vec<usize>)>,
    pub(crate) is_variable: bool,
    pub(crate) is_tensor: bool,
    /// Whether bytes need not be checked.
    pub(crate) any_bytes_valid: bool,
    dtype: PyOnceLock<Py<PyAny>>,
}

impl Type {
    pub(crate) fn new(layout: Layout) -> Self {
        let schema = layout.schema();
        let (header, payload) = match &schema.kind {
            Kind::Slice { header, element } => (header.as_ref().map(slotcast::schema::Nested::get), element.get()),
            _ => (None, schema),
        };
        let is_tensor = header.is_some_and(|header| header.same_layout(Tensor::SCHEMA));
        let header_layout = header.map(|header| Layout::new(header.clone()).expect("it is part of a checked schema"));
        let (header, payload) = (header.map(Node::of), Node::of(payload));
        Self {
            numbers: payload.as_numbers(),
            payload_at: number(schema.elements_at()),
            is_variable: layout.is_variable(),
            any_bytes_valid: schema.every_bit_pattern_valid(),
            dtype: PyOnceLock::new(),
            header,
            header_layout,
            payload,
            is_tensor,
            layout,
        }
    }

    /// Returns a message as Python's own types. The bytes are valid, and do not change.
    pub(crate) fn decode<'py>(&self, py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        if !self.is_variable {
            return decode(py, &self.payload, bytes);
        }
        let elements = bytes[self.payload_at..].chunks_exact(self.payload.size);
        let elements: PyResult<Vec<_>> = elements.map(|element| decode(py, &self.payload, element)).collect();
        let Some(header) = &self.header else { return elements?.into_bound_py_any(py) };
        let dict = PyDict::new(py);
        dict.set_item("header", decode(py, header, &bytes[..header.size])?)?;
        dict.set_item("elements", elements?)?;
        Ok(dict.into_any())
    }

    /// Returns the numpy type of the message, or of its elements.
    pub(crate) fn dtype<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyAny>> {
        let dtype = self.dtype.get_or_try_init(py, || {
            let json = json(&self.layout)?;
            py.import("slotcast._dtypes")?.getattr("of_json")?.call1((json,)).map(Bound::unbind)
        })?;
        Ok(dtype.bind(py))
    }
}

fn json(layout: &Layout) -> PyResult<String> {
    serde_json::to_string(layout.schema()).map_err(|error| SchemaInvalid::new_err(error.to_string()))
}

/// The layout of messages: from a topic, from JSON, or from a type in Python.
#[pyclass(frozen, module = "slotcast")]
pub(crate) struct Schema(pub(crate) Arc<Type>);

#[pymethods]
impl Schema {
    /// Returns the schema that a JSON text describes, such as `slotcast schema --format json` prints.
    #[staticmethod]
    fn from_json(text: &str) -> PyResult<Self> {
        let invalid = |error: &dyn std::fmt::Display| SchemaInvalid::new_err(format!("invalid schema: {error}"));
        let schema = serde_json::from_str(text).map_err(|error| invalid(&error))?;
        let layout = Layout::new(schema).map_err(|error| invalid(&error))?;
        Ok(Self(Arc::new(Type::new(layout))))
    }

    /// Returns the schema of what is published on a topic now. No other process notices.
    #[staticmethod]
    #[pyo3(signature = (topic, domain=None))]
    fn of_topic(topic: &str, domain: Option<&Domain>) -> PyResult<Self> {
        let layout = Layout::published(topic, &domain::or_default(domain));
        Ok(Self(Arc::new(Type::new(layout.map_err(|error| errors::open(&error))?))))
    }

    /// Returns the schema as JSON.
    fn to_json(&self) -> PyResult<String> {
        json(&self.0.layout)
    }

    /// Returns the layout as a C header.
    fn to_c(&self) -> String {
        self.0.layout.schema().to_c()
    }

    /// Returns the bytes of a value: a number, a dict of fields, a list, a message.
    fn encode<'py>(&self, py: Python<'py>, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let encoded = self.0.layout.encode(&encode::value(value)?);
        Ok(PyBytes::new(py, &encoded.map_err(|error| PyValueError::new_err(error.to_string()))?))
    }

    /// Returns the value of bytes as Python's own types: structs are dicts, arrays of `u8` are `bytes`.
    fn decode<'py>(&self, py: Python<'py>, bytes: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let bytes = PyBuffer::<u8>::get(bytes)?.to_vec(py)?;
        let valid = self.0.layout.validate(&bytes);
        valid.map_err(|error| PyValueError::new_err(error.to_string()))?;
        self.0.decode(py, &bytes)
    }

    /// The name of the type.
    #[getter]
    fn name(&self) -> String {
        self.0.layout.schema().type_name()
    }

    /// 32 hexadecimal digits that are equal if two layouts are: those of the Rust type.
    #[getter]
    fn hash(&self) -> String {
        self.0.layout.hash().to_string()
    }

    /// The size of a message in bytes; of one without elements, if its size varies.
    #[getter]
    fn size(&self) -> usize {
        self.0.layout.size()
    }

    /// Whether messages have any number of elements.
    #[getter]
    fn is_variable(&self) -> bool {
        self.0.is_variable
    }

    /// Whether each message says its own shape and element type.
    #[getter]
    fn is_tensor(&self) -> bool {
        self.0.is_tensor
    }

    /// Whether messages of variable size have a header.
    #[getter]
    fn has_header(&self) -> bool {
        self.0.header.is_some()
    }

    /// The numpy type of a message, or of its elements if its size varies.
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.0.dtype(py).cloned()
    }

    /// The names of the fields of a message, or of its header.
    #[getter]
    fn field_names(&self) -> Vec<String> {
        let node = if self.0.is_variable { self.0.header.as_ref() } else { Some(&self.0.payload) };
        match node.map(|node| &node.shape) {
            Some(crate::node::Shape::Struct(fields)) => fields.iter().map(|field| field.name.clone()).collect(),
            _ => Vec::new(),
        }
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.0.layout.hash() == other.0.layout.hash()
    }

    fn __hash__(&self) -> u64 {
        let bytes = self.0.layout.hash().0.to_le_bytes();
        u64::from_le_bytes(bytes[..8].try_into().expect("it has 8 bytes"))
    }

    fn __str__(&self) -> String {
        self.0.layout.schema().to_string()
    }

    /// Returns a table of the fields, for notebooks.
    fn _repr_html_(&self) -> String {
        let mut rows = String::new();
        let schema = self.0.layout.schema();
        let parts = match &schema.kind {
            Kind::Slice { header, element } => {
                rows += &row(&[&"elements", &schema.elements_at(), &format!("[{}]", element.get().type_name())]);
                header.as_ref().map(slotcast::schema::Nested::get)
            }
            _ => Some(schema),
        };
        if let Some(Kind::Struct { fields }) = parts.map(|schema| &schema.kind) {
            for field in fields.iter().filter(|field| !field.schema.get().is_padding()) {
                rows += &row(&[&field.name, &field.offset, &field.schema.get().type_name()]);
            }
        }
        let caption = html(&format!("{}, {} bytes, hash {}", self.name(), self.size(), self.hash()));
        let head = "<tr><th>field</th><th>byte</th><th>type</th></tr>";
        format!("<table><caption>{caption}</caption>{head}{rows}</table>")
    }

    fn __repr__(&self) -> String {
        format!("<Schema {} {}>", self.name(), self.hash())
    }
}

fn row(cells: &[&dyn std::fmt::Display]) -> String {
    let cells: String = cells.iter().map(|cell| format!("<td>{}</td>", html(&cell.to_string()))).collect();
    format!("<tr>{cells}</tr>")
}

/// Returns a text for HTML.
pub(crate) fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

//! From bytes to Python objects.

use crate::node::{Enum, Node, Shape};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};
use slotcast::schema::Primitive;

/// The size of the length before a list's elements, in bytes.
const LIST_HEAD: usize = 8;

/// Returns a value. `bytes` has the size of `node`, and does not change.
pub(crate) fn decode<'py>(py: Python<'py>, node: &Node, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    match &node.shape {
        Shape::Primitive(primitive) => self::primitive(py, *primitive, bytes),
        Shape::Enum(of) => variant(py, of, bytes),
        Shape::Struct(fields) => {
            let dict = PyDict::new(py);
            for field in fields {
                let part = &bytes[field.offset..field.offset + field.node.size];
                dict.set_item(&field.name, decode(py, &field.node, part)?)?;
            }
            Ok(dict.into_any())
        }
        Shape::Array { element, len } => all(py, element, &bytes[..len * element.size]),
        Shape::Text => {
            let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
            let valid = text.utf8_chunks().next().map_or("", |chunk| chunk.valid());
            valid.into_bound_py_any(py)
        }
        Shape::List { element, capacity } => {
            let (head, elements) = bytes.split_at(LIST_HEAD);
            let len = u64::from_le_bytes(head.try_into().expect("it has 8 bytes"));
            let len = usize::try_from(len).map_or(*capacity, |len| len.min(*capacity));
            all(py, element, &elements[..len * element.size])
        }
    }
}

fn all<'py>(py: Python<'py>, element: &Node, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    if matches!(element.shape, Shape::Primitive(Primitive::U8)) {
        return Ok(PyBytes::new(py, bytes).into_any());
    }
    let list = PyList::empty(py);
    for part in bytes.chunks_exact(element.size) {
        list.append(decode(py, element, part)?)?;
    }
    Ok(list.into_any())
}

fn primitive<'py>(py: Python<'py>, primitive: Primitive, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    macro_rules! number {
        ($type:ty) => {
            <$type>::from_le_bytes(bytes.try_into().expect("it has the size of the type")).into_bound_py_any(py)
        };
    }
    match primitive {
        Primitive::U8 => number!(u8),
        Primitive::U16 => number!(u16),
        Primitive::U32 => number!(u32),
        Primitive::U64 => number!(u64),
        Primitive::I8 => number!(i8),
        Primitive::I16 => number!(i16),
        Primitive::I32 => number!(i32),
        Primitive::I64 => number!(i64),
        Primitive::F32 => number!(f32),
        Primitive::F64 => number!(f64),
        Primitive::U128 | Primitive::I128 => {
            let is_signed = primitive == Primitive::I128;
            let arguments = (PyBytes::new(py, bytes), "little");
            let options = PyDict::new(py);
            options.set_item("signed", is_signed)?;
            py.get_type::<pyo3::types::PyInt>().call_method("from_bytes", arguments, Some(&options))
        }
        Primitive::Bool => (bytes[0] != 0).into_bound_py_any(py),
        Primitive::Char => {
            let code = u32::from_le_bytes(bytes.try_into().expect("it has 4 bytes"));
            char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER).into_bound_py_any(py)
        }
    }
}

/// Returns a member of the enum's `IntEnum`.
fn variant<'py>(py: Python<'py>, of: &Enum, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let class = of.class.get_or_try_init(py, || {
        let members: Vec<_> = of.variants.iter().map(|(name, value)| (name, *value)).collect();
        let members = members.into_iter().map(|member| member.into_bound_py_any(py));
        let members = PyTuple::new(py, members.collect::<PyResult<Vec<_>>>()?)?;
        py.import("enum")?.getattr("IntEnum")?.call1((&of.name, members)).map(Bound::unbind)
    })?;
    class.bind(py).call1((primitive(py, of.repr, bytes)?,))
}

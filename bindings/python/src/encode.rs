//! From Python objects to values.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyString};
use slotcast::dynamic::Value;
use std::sync::Arc;

/// How deep containers can be nested: deeper than schemas can.
const MAX_DEPTH: u32 = 32;

/// Returns what a Python object means in a message.
///
/// Numpy's arrays and scalars become lists and numbers, a member of an enum its value, and an object
/// with `to_dict`, such as a message or a sample, what that returns.
pub(crate) fn value(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    nested(object, MAX_DEPTH)
}

fn nested(object: &Bound<'_, PyAny>, depth: u32) -> PyResult<Value> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(PyTypeError::new_err(format!("values are nested more than {MAX_DEPTH} levels deep")));
    };
    if object.is_instance_of::<PyBool>() {
        Ok(Value::Bool(object.extract()?))
    } else if object.is_instance_of::<PyFloat>() {
        Ok(Value::F64(object.extract()?))
    } else if object.is_instance_of::<PyInt>() {
        integer(object)
    } else if object.is_instance_of::<PyString>() {
        Ok(Value::Str(object.extract()?))
    } else if object.is_instance_of::<PyBytes>() || object.is_instance_of::<PyByteArray>() {
        Ok(Value::Bytes(object.extract()?))
    } else if let Ok(dict) = object.cast::<PyDict>() {
        let field = |(name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
            Ok((Arc::from(name.extract::<String>()?), nested(&value, depth)?))
        };
        Ok(Value::Struct(dict.iter().map(field).collect::<PyResult<_>>()?))
    } else if let Ok(to_dict) = object.getattr("to_dict") {
        nested(&to_dict.call0()?, depth)
    } else if let Ok(to_list) = object.getattr("tolist") {
        nested(&to_list.call0()?, depth)
    } else if let Ok(items) = object.try_iter() {
        Ok(Value::List(items.map(|item| nested(&item?, depth)).collect::<PyResult<_>>()?))
    } else {
        let kind = object.get_type().fully_qualified_name()?;
        Err(PyTypeError::new_err(format!("a {kind} is not a value of a message")))
    }
}

fn integer(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    match object.extract::<i128>() {
        Ok(value) => Ok(Value::Int(value)),
        Err(_) => Ok(Value::U128(object.extract()?)),
    }
}

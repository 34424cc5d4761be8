//! # Safety
//!
//! Numbers in messages as Python's buffers, with type and shape. The file opts into unsafe code to
//! fill and release the structure that Python gives. It upholds that all pointers in it stay valid
//! until the buffer is released: the message is held by the buffer's object, and shape and strides
//! are in an allocation that belongs to the buffer.
#![allow(unsafe_code, reason = "Python's buffers are filled")]

use crate::node::format;
use crate::schema::Type;
use pyo3::exceptions::{PyBufferError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use slotcast::Tensor;
use slotcast::tensor::{DType, MAX_DIMENSIONS};
use std::ffi::{CStr, c_int};
use std::ops::Range;

/// Where the numbers of a message are.
pub(crate) struct Array {
    bytes: Range<usize>,
    item: usize,
    format: &'static CStr,
    shape: Vec<isize>,
    strides: Vec<isize>,
}

impl Array {
    /// Returns the numbers of a message; those of a tensor as its header says, which is checked.
    pub(crate) fn of(ty: &Type, message: &[u8]) -> PyResult<Self> {
        if ty.is_tensor {
            return Self::of_tensor(ty, message);
        }
        let numbers = ty.numbers.as_ref().and_then(|(primitive, shape)| Some((format(*primitive)?, primitive, shape)));
        let Some((format, primitive, shape)) = numbers else {
            return Err(PyBufferError::new_err("the elements of this message are not numbers"));
        };
        let elements = (message.len() - ty.payload_at) / ty.payload.size;
        let first = ty.is_variable.then_some(elements);
        let shape: Vec<usize> = first.into_iter().chain(shape.iter().copied()).collect();
        let item = crate::node::number(primitive.size());
        let mut strides = vec![item; shape.len()];
        for dimension in (0..shape.len().saturating_sub(1)).rev() {
            strides[dimension] = strides[dimension + 1] * shape[dimension + 1];
        }
        let bytes = ty.payload_at..message.len();
        Ok(Self { bytes, item, format, shape: signed(&shape)?, strides: signed(&strides)? })
    }

    fn of_tensor(ty: &Type, message: &[u8]) -> PyResult<Self> {
        let invalid = |error: &dyn std::fmt::Display| PyValueError::new_err(format!("invalid tensor: {error}"));
        let header: [u8; size_of::<Tensor>()] =
            message.get(..size_of::<Tensor>()).and_then(|header| header.try_into().ok()).expect("it has a header");
        // As the schema of tensors says: the type, the number of dimensions, and from byte 8 on the
        // shape and the strides.
        let (code, ndim) = (header[0], usize::from(header[1]));
        let mut numbers = header[8..].chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().expect("of 8")));
        let shape: Vec<u64> = numbers.by_ref().take(MAX_DIMENSIONS).collect();
        let strides: Vec<u64> = numbers.collect();
        let known = DType::ALL.into_iter().find(|dtype| *dtype as u8 == code);
        let dtype = known.ok_or_else(|| invalid(&format_args!("its element type {code} is unknown")))?;
        let (Some(shape), Some(strides)) = (shape.get(..ndim), strides.get(..ndim)) else {
            return Err(invalid(&format_args!("it has {ndim} dimensions, and {MAX_DIMENSIONS} are the most")));
        };
        let tensor = Tensor::with_strides(dtype, shape, strides).map_err(|error| invalid(&error))?;
        let needed = tensor.byte_len().map_err(|error| invalid(&error))?;
        let actual = message.len() - ty.payload_at;
        let needed = usize::try_from(needed).ok().filter(|needed| *needed <= actual);
        let needed =
            needed.ok_or_else(|| invalid(&format_args!("it is larger than the {actual} bytes of its elements")))?;
        let words = |words: &[u64]| words.iter().map(|word| isize::try_from(*word)).collect::<Result<Vec<_>, _>>();
        let (Ok(shape), Ok(strides)) = (words(shape), words(strides)) else {
            return Err(invalid(&"it is larger than memory can be"));
        };
        let bytes = ty.payload_at..ty.payload_at + needed;
        let item = crate::node::number(dtype.size());
        Ok(Self { bytes, item, format: tensor_format(dtype), shape, strides })
    }

    fn is_contiguous(&self) -> bool {
        let mut expected = self.item.cast_signed();
        self.shape.iter().zip(&self.strides).rev().all(|(len, stride)| {
            let fits = *len <= 1 || *stride == expected;
            expected = expected.saturating_mul((*len).max(1));
            fits
        })
    }

    /// Fills a buffer with the numbers of `message`, read only.
    ///
    /// # Safety
    /// The caller must ensure that `view` is to be filled for `owner`, and that `message` stays as
    /// it is while `owner` is alive.
    pub(crate) unsafe fn fill(
        self,
        message: &[u8],
        owner: Bound<'_, PyAny>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let has = |wanted: c_int| flags & wanted == wanted;
        if has(ffi::PyBUF_WRITABLE) {
            return Err(PyBufferError::new_err("messages that were received are read only: copy it first"));
        }
        let is_strided = has(ffi::PyBUF_STRIDES);
        let asks_for_order =
            has(ffi::PyBUF_C_CONTIGUOUS) || has(ffi::PyBUF_F_CONTIGUOUS) || has(ffi::PyBUF_ANY_CONTIGUOUS);
        if (!is_strided || asks_for_order) && !self.is_contiguous() {
            return Err(PyBufferError::new_err("the elements are not contiguous"));
        }
        let (item, format) = (self.item.cast_signed(), self.format);
        let start = message[self.bytes.clone()].as_ptr();
        let elements: isize = self.shape.iter().product();
        let mut parts = Box::new(self);
        let dimensions = c_int::try_from(parts.shape.len()).expect("few dimensions");
        let shape = if has(ffi::PyBUF_ND) { parts.shape.as_mut_ptr() } else { std::ptr::null_mut() };
        let strides = if is_strided { parts.strides.as_mut_ptr() } else { std::ptr::null_mut() };
        let filled = ffi::Py_buffer {
            buf: start.cast_mut().cast(),
            obj: owner.into_ptr(),
            len: elements * item,
            itemsize: item,
            readonly: 1,
            ndim: if has(ffi::PyBUF_ND) { dimensions } else { 1 },
            format: if has(ffi::PyBUF_FORMAT) { format.as_ptr().cast_mut() } else { std::ptr::null_mut() },
            shape,
            strides,
            suboffsets: std::ptr::null_mut(),
            internal: Box::into_raw(parts).cast(),
        };
        // SAFETY: it is to be filled, as the caller ensures.
        unsafe { view.write(filled) };
        Ok(())
    }

    /// Releases a buffer that [`fill`](Self::fill) has filled.
    ///
    /// # Safety
    /// The caller must ensure that it was, and is not used any more.
    pub(crate) unsafe fn release(view: *mut ffi::Py_buffer) {
        // SAFETY: it was filled, as the caller ensures.
        let internal = unsafe { (*view).internal };
        // SAFETY: it is the allocation that was stored there, and this is its only use.
        drop(unsafe { Box::from_raw(internal.cast::<Self>()) });
    }
}

fn signed(numbers: &[usize]) -> PyResult<Vec<isize>> {
    let numbers: Result<Vec<_>, _> = numbers.iter().map(|number| isize::try_from(*number)).collect();
    numbers.map_err(|_| PyBufferError::new_err("the message is larger than memory can be"))
}

/// Returns the format of a tensor's elements. Those of `bf16` are their bits, which Python's buffers
/// have no format for.
fn tensor_format(dtype: DType) -> &'static CStr {
    match dtype {
        DType::U8 => c"B",
        DType::U16 | DType::Bf16 => c"H",
        DType::U32 => c"I",
        DType::U64 => c"Q",
        DType::I8 => c"b",
        DType::I16 => c"h",
        DType::I32 => c"i",
        DType::I64 => c"q",
        DType::F32 => c"f",
        DType::F64 => c"d",
        DType::F16 => c"e",
        _ => c"B",
    }
}

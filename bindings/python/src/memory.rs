//! # Safety
//!
//! Memory of messages as Python's buffers. The file opts into unsafe code to hand pointers to
//! Python. It upholds that they stay valid as long as the object that a buffer belongs to, which
//! Python keeps alive: a sample holds its message, and a loan is not sent while there are such
//! objects.
#![allow(unsafe_code, reason = "Python gets pointers to messages")]

use crate::loan::Lent;
use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::c_int;
use std::sync::Arc;

/// The bytes of a message. Views of it keep the message: a sample's slot, or a loan.
#[pyclass(frozen, module = "slotcast._slotcast")]
pub(crate) struct Memory(pub(crate) Source);

pub(crate) enum Source {
    /// Read only: what follows this many bytes.
    Sample(slotcast::dynamic::Sample, usize),
    /// Writable.
    Loan(Arc<Lent>),
}

#[pymethods]
impl Memory {
    /// # Safety
    /// Python calls this with a buffer to be filled.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let (start, len, is_read_only) = match &slf.get().0 {
            Source::Sample(sample, at) => {
                let message = &sample.bytes()[*at..];
                (message.as_ptr().cast_mut(), message.len(), 1)
            }
            Source::Loan(lent) => (lent.start(), lent.len(), 0),
        };
        let len = isize::try_from(len).map_err(|_| PyBufferError::new_err("the message is too large"))?;
        // SAFETY: `view` is to be filled, as the caller ensures, and the object is alive. The memory
        // is valid as long as the object is, as the top of this file says, and read only where it
        // must not be written.
        let filled = unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), start.cast(), len, is_read_only, flags) };
        if filled == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
    }
}

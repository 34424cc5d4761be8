//! # Safety
//!
//! Messages that are being written. The file opts into unsafe code because memory that Python writes
//! is used in any thread. It upholds that a message is not sent, and its memory not given back,
//! while a [`Memory`] or a view of one exists, as each holds a count of [`Lent`].
#![allow(unsafe_code, reason = "Python writes the memory")]

use crate::memory::{Memory, Source};
use crate::publisher::PublisherHandle;
use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;
use slotcast::dynamic::Loan;
use std::sync::{Arc, Mutex, PoisonError};

/// Memory that was lent, and where Python writes it.
pub(crate) struct Lent {
    start: *mut u8,
    len: usize,
    loan: Loan,
}

// SAFETY: the pointer is to memory that the loan owns, which can move between threads.
unsafe impl Send for Lent {}
// SAFETY: only the pointer and the length can be read by a reference; who writes where it points is
// up to Python, as for all its buffers.
unsafe impl Sync for Lent {}

impl Lent {
    pub(crate) fn new(mut loan: Loan) -> Self {
        let bytes = loan.bytes_mut();
        Self { start: bytes.as_mut_ptr(), len: bytes.len(), loan }
    }

    pub(crate) fn start(&self) -> *mut u8 {
        self.start
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn into_loan(self) -> Loan {
        self.loan
    }
}

/// What `Publisher.loan` is made of: one message that is being written.
#[pyclass(frozen, module = "slotcast._slotcast")]
pub(crate) struct LoanHandle {
    lent: Mutex<Option<Arc<Lent>>>,
    publisher: Py<PublisherHandle>,
}

impl LoanHandle {
    pub(crate) fn new(loan: Loan, publisher: Py<PublisherHandle>) -> Self {
        Self { lent: Mutex::new(Some(Arc::new(Lent::new(loan)))), publisher }
    }

    fn take(&self) -> PyResult<Arc<Lent>> {
        let lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner).take();
        lent.ok_or_else(|| PyBufferError::new_err("this loan was sent or discarded"))
    }
}

#[pymethods]
impl LoanHandle {
    /// Returns the memory of the message, to be written.
    fn memory(&self) -> PyResult<Memory> {
        let lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let lent = lent.ok_or_else(|| PyBufferError::new_err("this loan was sent or discarded"))?;
        Ok(Memory(Source::Loan(lent)))
    }

    /// Publishes the message, and returns its sequence. Fails with `BufferError` if there is still a
    /// view of its memory: then nothing is sent, and the memory is given back with the last view.
    fn send(&self, py: Python<'_>) -> PyResult<u64> {
        let lent = Arc::into_inner(self.take()?).ok_or_else(|| {
            PyBufferError::new_err("the message is not sent: a view of its memory is alive, and could still write it")
        })?;
        self.publisher.get().send(py, lent.into_loan())
    }

    /// Gives the memory back, once there is no view of it.
    fn discard(&self) {
        drop(self.take());
    }
}

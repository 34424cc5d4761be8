//! Handles that one thread at a time uses.

use crate::errors::{self, Busy};
use pyo3::prelude::*;
use std::sync::{Mutex, MutexGuard, TryLockError};

/// Holds a handle until it is closed.
pub(crate) struct OneThread<T> {
    state: Mutex<Option<T>>,
    /// What it is, and of which topic, for errors.
    what: String,
}

impl<T> OneThread<T> {
    pub(crate) fn new(state: T, what: String) -> Self {
        Self { state: Mutex::new(Some(state)), what }
    }

    /// Calls `act`, if no other thread does and this was not closed.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut T) -> PyResult<R>) -> PyResult<R> {
        let mut state: MutexGuard<'_, Option<T>> = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                let text = "another thread uses it: one thread at a time can, so create one for each";
                return Err(Busy::new_err(format!("{}: {text}", self.what)));
            }
        };
        act(state.as_mut().ok_or_else(|| errors::closed(&self.what))?)
    }

    /// Drops the handle, unless another thread uses it.
    pub(crate) fn close(&self) -> PyResult<()> {
        match self.state.try_lock() {
            Ok(mut state) => *state = None,
            Err(TryLockError::Poisoned(poisoned)) => *poisoned.into_inner() = None,
            Err(TryLockError::WouldBlock) => {
                return Err(Busy::new_err(format!("{}: another thread uses it: end that first", self.what)));
            }
        }
        Ok(())
    }

    /// Drops the handle; if another thread uses it, once that thread is done and this is dropped.
    pub(crate) fn close_when_free(&self) {
        match self.state.try_lock() {
            Ok(mut state) => *state = None,
            Err(TryLockError::Poisoned(poisoned)) => *poisoned.into_inner() = None,
            Err(TryLockError::WouldBlock) => {}
        }
    }

    /// Calls `visit` for Python's collector of cycles, unless another thread uses the handle.
    pub(crate) fn traverse<E>(&self, visit: impl FnOnce(&T) -> Result<(), E>) -> Result<(), E> {
        match self.state.try_lock() {
            Ok(state) => state.as_ref().map_or(Ok(()), visit),
            Err(_) => Ok(()),
        }
    }
}

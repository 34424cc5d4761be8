//! Counters and errors of this process, for tools and monitoring to see.

use crate::domain::{self, Domain};
use crate::errors::{self, Forked, SlotcastError};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use slotcast::CounterError;
use std::sync::{Mutex, PoisonError};

/// A set of counters, and of errors that have happened: others see them without asking this process.
///
/// Threads share it.
#[pyclass(frozen, module = "slotcast")]
pub(crate) struct Counters {
    counters: Mutex<Option<slotcast::Counters>>,
    topic: String,
}

impl Counters {
    fn with<R>(&self, act: impl FnOnce(&slotcast::Counters) -> PyResult<R>) -> PyResult<R> {
        let counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        act(counters.as_ref().ok_or_else(|| errors::closed(&format!("counters \"{}\"", self.topic)))?)
    }
}

#[pymethods]
impl Counters {
    #[new]
    #[pyo3(signature = (counters, *, domain=None, name=""))]
    fn new(counters: &str, domain: Option<&Domain>, name: &str) -> PyResult<Self> {
        let builder = slotcast::Counters::builder(counters).domain(&domain::or_default(domain)).name(name);
        let counters = builder.create().map_err(|error| errors::create(&error))?;
        let topic = counters.topic().to_string();
        Ok(Self { counters: Mutex::new(Some(counters)), topic })
    }

    /// Returns the counter of a label, which is created if it does not exist. `unit` is for people.
    #[pyo3(signature = (label, unit=""))]
    fn counter(&self, label: &str, unit: &str) -> PyResult<Counter> {
        let counter = self.with(|counters| {
            counters.counter(label, unit).map_err(|error| match error {
                CounterError::Text { .. } | CounterError::Unit { .. } => PyValueError::new_err(error.to_string()),
                CounterError::Forked { .. } => Forked::new_err(error.to_string()),
                error => SlotcastError::new_err(error.to_string()),
            })
        })?;
        Ok(Counter { counter, label: label.to_owned(), unit: unit.to_owned() })
    }

    /// Reports an error, or anything else that people should know of: others see its text, how often it
    /// has happened, and when first and last.
    fn report(&self, text: &str) -> PyResult<()> {
        self.with(|counters| {
            counters.report(text);
            Ok(())
        })
    }

    /// The topic in which the set is announced: its name, and the part `~counters`.
    #[getter]
    fn topic(&self) -> &str {
        &self.topic
    }

    /// Leaves. Counters of the set can still be used, and nobody finds them any more.
    fn close(&self) {
        *self.counters.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, pyo3::types::PyTuple>) {
        self.close();
    }

    fn __repr__(&self) -> String {
        format!("<Counters \"{}\">", self.topic)
    }
}

/// A number that others see: how often something has happened, or how much of something there is.
///
/// Threads share it.
#[pyclass(frozen, module = "slotcast")]
pub(crate) struct Counter {
    counter: slotcast::Counter,
    label: String,
    unit: String,
}

#[pymethods]
impl Counter {
    /// Adds a number, which may be negative. It wraps beyond 64 bits.
    #[pyo3(signature = (number=1))]
    fn add(&self, number: i64) {
        self.counter.add(number);
    }

    /// Sets the number: for what is measured, and not counted.
    fn set(&self, number: i64) {
        self.counter.set(number);
    }

    /// The number.
    #[getter]
    fn value(&self) -> i64 {
        self.counter.get()
    }

    /// Its name in the set.
    #[getter]
    fn label(&self) -> &str {
        &self.label
    }

    /// What is counted, for people.
    #[getter]
    fn unit(&self) -> &str {
        &self.unit
    }

    fn __repr__(&self) -> String {
        format!("<Counter {} = {} {}>", self.label, self.counter.get(), self.unit).replace(" >", ">")
    }
}

//! Domains, and the topics in them.

use crate::errors::registry;
use pyo3::prelude::*;
use slotcast::Observer;
use std::path::PathBuf;

/// What keeps programs apart: endpoints of different domains do not see each other.
///
/// `Domain()` is the default domain of this user, `Domain("/dev/shm/…")` the one at a path.
#[pyclass(frozen, subclass, module = "slotcast")]
pub(crate) struct Domain(pub(crate) slotcast::Domain);

#[pymethods]
impl Domain {
    #[new]
    #[pyo3(signature = (path=None))]
    fn new(path: Option<PathBuf>) -> Self {
        Self(path.map_or_else(slotcast::Domain::default, slotcast::Domain::at))
    }

    /// The directory of the domain.
    #[getter]
    fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    fn __repr__(&self) -> String {
        format!("Domain({:?})", self.0.path())
    }
}

/// Returns a domain that was given, or the default.
pub(crate) fn or_default(domain: Option<&Domain>) -> slotcast::Domain {
    domain.map_or_else(slotcast::Domain::default, |domain| domain.0.clone())
}

/// Returns the names of the topics that exist, sorted. No other process notices.
#[pyfunction]
#[pyo3(signature = (domain=None))]
pub(crate) fn topics(domain: Option<&Domain>) -> PyResult<Vec<String>> {
    let names = Observer::new(&or_default(domain)).topics().map_err(|error| registry(&error))?;
    let mut names: Vec<String> = names.iter().map(ToString::to_string).collect();
    names.sort();
    Ok(names)
}

//! Waits that signals end, such as Ctrl-C.

use pyo3::prelude::*;
use std::time::{Duration, Instant};

/// How long one wait may be until signals are looked for.
const SLICE: Duration = Duration::from_millis(50);

/// Calls `wait` without the interpreter's lock, with short times, until it returns something or
/// `timeout` is over. Python's handlers of signals run in between; what they raise ends it.
pub(crate) fn wait<T: Send>(
    py: Python<'_>,
    timeout: Option<Duration>,
    mut wait: impl FnMut(Duration) -> Option<T> + Send,
) -> PyResult<Option<T>> {
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout)); // none beyond all time
    loop {
        let left = deadline.map_or(SLICE, |deadline| deadline.saturating_duration_since(Instant::now()));
        if let Some(result) = py.detach(|| wait(left.min(SLICE))) {
            return Ok(Some(result));
        }
        py.check_signals()?;
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Ok(None);
        }
    }
}

/// Returns a time that was given in seconds.
pub(crate) fn seconds(name: &str, seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        let text = format!("{name} is {seconds}: a number of seconds that is not negative is needed");
        pyo3::exceptions::PyValueError::new_err(text)
    })
}

//! Waits that signals end, such as Ctrl-C.
//!
//! When the interpreter ends, it ends each daemon thread that then asks for its lock, by unwinding
//! that thread. Rust aborts the process when that reaches its frames. So before the interpreter
//! ends, threads that wait here stop for ever, without asking for the lock.

use pyo3::prelude::*;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// How long one wait may be until signals are looked for.
const SLICE: Duration = Duration::from_millis(50);

/// How many threads wait, or are about to ask for the interpreter's lock after that.
static WAITING: AtomicUsize = AtomicUsize::new(0);
/// How many of them have stopped for ever.
static STOPPED: AtomicUsize = AtomicUsize::new(0);
/// The thread that ends the interpreter. It alone may wait after that.
static ENDING: OnceLock<ThreadId> = OnceLock::new();

/// Counts a thread that waits.
struct Waiting;

impl Waiting {
    fn begin() -> Self {
        WAITING.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Never returns in a thread that the interpreter, which is about to end, would unwind.
fn stop_if_ending() {
    if ENDING.get().is_some_and(|ending| *ending != thread::current().id()) {
        STOPPED.fetch_add(1, Ordering::SeqCst);
        loop {
            thread::park();
        }
    }
}

/// Stops the threads that wait. Python calls this before the interpreter ends.
#[pyfunction]
pub(crate) fn before_the_end(py: Python<'_>) {
    let _ = ENDING.set(thread::current().id());
    let all_have_stopped = || STOPPED.load(Ordering::SeqCst) >= WAITING.load(Ordering::SeqCst);
    if all_have_stopped() {
        return; // to ask for the lock again could end this thread, too, where a subinterpreter ends
    }
    py.detach(|| {
        // Each stops after a slice at most.
        while !all_have_stopped() {
            thread::sleep(Duration::from_millis(1));
        }
    });
}

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
        let waiting = Waiting::begin();
        let result = py.detach(|| {
            stop_if_ending();
            let result = wait(left.min(SLICE));
            stop_if_ending();
            result
        });
        drop(waiting);
        if result.is_some() {
            return Ok(result);
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

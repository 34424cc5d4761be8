//! What the threads of a recorder, a black box and a log share.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many problems are kept at most.
const MOST: usize = 100;

/// Locks what is valid at any time, also after a panic.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes a problem, once.
pub(crate) fn note(problems: &mut Vec<String>, problem: String) {
    if problems.len() < MOST && !problems.contains(&problem) {
        problems.push(problem);
    }
}

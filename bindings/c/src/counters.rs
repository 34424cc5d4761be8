//! Counters: numbers and errors of this process, for people and monitoring to see.

use crate::failure::{Code, Failure, guard};
use crate::handles::{free, hand_out, kinds, shared};
use crate::{name, options, place, text};
use slotcast::{Counter, CounterError, Counters};
use std::ffi::c_char;

kinds!(Counters: "set of counters", Counter: "counter");

impl From<CounterError> for Failure {
    fn from(error: CounterError) -> Self {
        match &error {
            CounterError::Text { .. } | CounterError::Unit { .. } => Self::argument(error),
            _ => Self::other(error),
        }
    }
}

/// Creates a set of counters. A null domain is the default one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_counters_create(
    counters: *const c_char,
    domain: *const c_char,
    out: *mut *mut Counters,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a text.
        let counters = unsafe { name(counters) }?;
        // SAFETY: the caller passes null or a text.
        let domain = unsafe { options::domain(domain) }?.unwrap_or_default();
        // SAFETY: the caller passes a place for a pointer.
        let out = unsafe { place(out, "the result") }?;
        *out = hand_out(Counters::builder(counters).domain(&domain).create()?);
        Ok(Code::OK)
    })
}

/// Stores the counter of a label, which is created if it does not exist. The unit is for people; null
/// for none. It may outlive its set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_counters_counter(
    counters: *const Counters,
    label: *const c_char,
    unit: *const c_char,
    out: *mut *mut Counter,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a set of counters.
        let counters = unsafe { shared(counters) }?;
        // SAFETY: the caller passes a text.
        let label = unsafe { text(label, "the label") }?.unwrap_or_default();
        // SAFETY: the caller passes null or a text.
        let unit = unsafe { text(unit, "the unit") }?.unwrap_or_default();
        // SAFETY: the caller passes a place for a pointer.
        let out = unsafe { place(out, "the result") }?;
        *out = hand_out(counters.counter(label, unit)?);
        Ok(Code::OK)
    })
}

/// Reports an error, or anything else that people should know of. Others see its text, how often it has
/// happened, and when first and last. Any thread can do that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_counters_report(counters: *const Counters, error: *const c_char) -> Code {
    guard(|| {
        // SAFETY: the caller passes a set of counters.
        let counters = unsafe { shared(counters) }?;
        // SAFETY: the caller passes a text.
        counters.report(unsafe { text(error, "the error") }?.unwrap_or_default());
        Ok(Code::OK)
    })
}

/// Adds a number to a counter, which may be negative. Any thread can do that, and none waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_counter_add(counter: *const Counter, number: i64) {
    // SAFETY: null, or a counter.
    if let Ok(counter) = unsafe { shared(counter) } {
        counter.add(number);
    }
}

/// Sets a counter: for what is measured, and not counted. Any thread can do that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_counter_set(counter: *const Counter, number: i64) {
    // SAFETY: null, or a counter.
    if let Ok(counter) = unsafe { shared(counter) } {
        counter.set(number);
    }
}

/// Returns the number of a counter; 0 for null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_counter_get(counter: *const Counter) -> i64 {
    // SAFETY: null, or a counter.
    unsafe { shared(counter) }.map_or(0, Counter::get)
}

/// Frees the handle of a counter, which stays in its set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_counter_free(counter: *mut Counter) {
    // SAFETY: the caller passes what `sc_counters_counter` has stored, once.
    unsafe { free(counter) };
}

/// Frees a set of counters. Nobody finds them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_counters_free(counters: *mut Counters) {
    // SAFETY: the caller passes what `sc_counters_create` has stored, once.
    unsafe { free(counters) };
}

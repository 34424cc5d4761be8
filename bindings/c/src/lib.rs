//! The C functions on which `slotcast.hpp` stands. `include/slotcast.h` is generated from them: their
//! documentation is written for programs in C.
//!
//! # Safety
//!
//! C has no references: what is passed are pointers, of which the header says what they must be. A
//! null pointer is reported. Everything else is the caller's promise, which each block names. No
//! panic leaves a function.
#![allow(unsafe_code, reason = "functions for C take pointers")]
#![allow(unreachable_pub, reason = "C calls what no crate does")]
#![allow(clippy::missing_safety_doc, reason = "the header says what each pointer must be")]

mod client;
mod counters;
mod describe;
mod events;
mod failure;
mod handles;
mod membership;
mod messages;
mod observer;
mod options;
mod partial;
mod publisher;
mod schemas;
mod server;
mod status;
mod subscriber;
mod values;
mod wait_set;

use failure::Failure;
pub use schemas::Schema;
use std::ffi::{CStr, c_char, c_void};

/// Returns a place that C has for a result.
///
/// # Safety
/// The caller must ensure that it is null or valid, and not used elsewhere meanwhile.
pub(crate) unsafe fn place<'a, T>(pointer: *mut T, of: &str) -> Result<&'a mut T, Failure> {
    // SAFETY: as the caller ensures.
    unsafe { pointer.as_mut() }.ok_or_else(|| Failure::argument(format_args!("the place for {of} is null")))
}

/// Returns a text; `None` for null.
///
/// # Safety
/// The caller must ensure that it is null or ends with a NUL, and does not change meanwhile.
pub(crate) unsafe fn text<'a>(pointer: *const c_char, what: &str) -> Result<Option<&'a str>, Failure> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: as the caller ensures.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().map(Some).map_err(|_| Failure::argument(format_args!("{what} is not UTF-8: {text:?}")))
}

/// Returns the bytes of a value, a request or an item.
///
/// # Safety
/// The caller must ensure that there are this many, or the pointer is null, and that they do not change
/// meanwhile.
pub(crate) unsafe fn bytes<'a>(data: *const c_void, size: u64, what: &str) -> Result<&'a [u8], Failure> {
    let size = usize::try_from(size).map_err(Failure::argument)?;
    match size {
        0 => Ok(&[]),
        _ if data.is_null() => Err(Failure::argument(format_args!("the {what} is null"))),
        // SAFETY: as the caller ensures.
        _ => Ok(unsafe { std::slice::from_raw_parts(data.cast::<u8>(), size) }),
    }
}

/// Returns a name that must be there.
///
/// # Safety
/// As for [`text`].
pub(crate) unsafe fn name<'a>(pointer: *const c_char) -> Result<&'a str, Failure> {
    // SAFETY: as the caller ensures.
    unsafe { text(pointer, "the name") }?.ok_or_else(|| Failure::argument("the name is null"))
}

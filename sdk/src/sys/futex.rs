//! Sleeping until a shared word changes. The futex is the lower half of a 64-bit word.
//!
//! # Safety
//!
//! The file opts into unsafe code because the call takes an address. The kernel reads the word
//! there atomically and writes nothing.
#![allow(unsafe_code, reason = "a futex is an address")]

use crate::sync::Word;
use std::io;
use std::ptr;
use std::time::Duration;

/// Sleeps until the word is woken, its lower half differs from that of `expected`, or `time` is
/// over. It may also return for no reason, so the caller checks the word again.
pub(crate) fn wait(word: &Word, expected: u64, time: Duration) -> io::Result<()> {
    let time = libc::timespec {
        tv_sec: libc::time_t::try_from(time.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: time.subsec_nanos().into(),
    };
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
    let expected = expected as u32;
    let address = word.lower_half();
    // SAFETY: the address is that of a word that is live and aligned for the call, `time` lives for
    // the call, and both are only read.
    let result = unsafe {
        libc::syscall(libc::SYS_futex, address, libc::FUTEX_WAIT, expected, &raw const time, ptr::null::<u32>(), 0)
    };
    match io::Error::last_os_error() {
        _ if result == 0 => Ok(()),
        error if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EINTR | libc::ETIMEDOUT)) => Ok(()),
        error => Err(error),
    }
}

/// Wakes all sleepers on the word. Takes about 250 ns if there are none.
pub(crate) fn wake_all(word: &Word) {
    let address = word.lower_half();
    // SAFETY: the address is that of a live word; the call does not access it.
    let result = unsafe { libc::syscall(libc::SYS_futex, address, libc::FUTEX_WAKE, i32::MAX) };
    debug_assert!(result >= 0);
}

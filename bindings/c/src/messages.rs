//! Messages and loans that C holds by value.

use slotcast::dynamic::{Loan, Sample};
use std::ffi::c_void;
use std::mem::MaybeUninit;

/// Returns a value of Rust as words that C keeps and moves.
fn keep<T, const WORDS: usize>(value: T) -> [MaybeUninit<u64>; WORDS] {
    const { assert!(size_of::<T>() <= WORDS * 8) };
    let mut words = [MaybeUninit::new(0); WORDS];
    // SAFETY: there is as much memory as a `T` needs, as is asserted.
    unsafe { words.as_mut_ptr().cast::<T>().write_unaligned(value) };
    words
}

/// A message that was received. It is given back by sc_message_release. Where none was received,
/// `data` is null, and giving it back does nothing. Its bytes are a value of its type.
#[repr(C)]
#[derive(Debug)]
pub struct Message {
    data: *const c_void,
    /// In bytes.
    size: u64,
    sequence: u64,
    /// The identity of the publisher, the lower half first.
    publisher: [u64; 2],
    /// Of `CLOCK_MONOTONIC`; 0 without timestamps.
    published_ns: u64,
    /// How many messages of this publisher were lost directly before this one.
    lost_before: u64,
    /// Whether `data` is where the publisher has written the message, and no copy.
    in_place: bool,
    private_: [MaybeUninit<u64>; 10], // a `Sample`
}

// `tests/programs/peer.c` asserts the same of the header.
const _: () = {
    assert!(size_of::<Message>() == 144 && std::mem::offset_of!(Message, in_place) == 56);
    assert!(size_of::<Lent>() == 80 && std::mem::offset_of!(Lent, private_) == 16);
};

/// Returns the two halves of a number, the lower one first.
#[expect(clippy::cast_possible_truncation, reason = "each half is taken")]
pub(crate) fn halves(number: u128) -> [u64; 2] {
    [number as u64, (number >> 64) as u64]
}

impl Message {
    /// Makes a place for a message hold none: releasing it does nothing.
    ///
    /// # Safety
    /// The caller must ensure that it is a place for a message.
    pub(crate) unsafe fn clear(out: *mut Self) {
        // SAFETY: as the caller ensures.
        let data = unsafe { &raw mut (*out).data };
        // SAFETY: as the caller ensures.
        unsafe { data.write(std::ptr::null()) };
    }

    pub(crate) fn new(sample: Sample) -> Self {
        let bytes = sample.bytes();
        Self {
            data: bytes.as_ptr().cast(),
            size: bytes.len() as u64,
            sequence: sample.sequence(),
            publisher: halves(sample.publisher().0),
            published_ns: sample.timestamp().unwrap_or(0),
            lost_before: sample.lost_before(),
            in_place: sample.is_in_place(),
            private_: keep(sample),
        }
    }

    /// Takes the sample out.
    ///
    /// # Safety
    /// The caller must ensure that this came from `new`, and that the sample was not taken before.
    unsafe fn take(&mut self) -> Sample {
        // SAFETY: a sample is there, as the caller ensures.
        unsafe { self.private_.as_ptr().cast::<Sample>().read_unaligned() }
    }
}

/// Gives a message back. Null, or a message that was given back, is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_message_release(message: *mut Message) {
    // SAFETY: null, or a message that the caller holds.
    let Some(message) = (unsafe { message.as_mut() }) else { return };
    if !message.data.is_null() {
        message.data = std::ptr::null();
        // SAFETY: a message with data has its sample, which is not used afterwards.
        drop(unsafe { message.take() });
    }
}

/// Memory for a message. It is sent by sc_loan_send, or given back by sc_loan_release. Without a
/// loan, `data` is null.
#[repr(C)]
#[derive(Debug)]
pub struct Lent {
    pub(crate) data: *mut c_void,
    /// In bytes.
    size: u64,
    private_: [MaybeUninit<u64>; 8], // a `Loan`
}

impl Lent {
    /// Makes a place for a loan hold none: releasing it does nothing.
    ///
    /// # Safety
    /// The caller must ensure that it is a place for a loan.
    pub(crate) unsafe fn clear(out: *mut Self) {
        // SAFETY: as the caller ensures.
        let data = unsafe { &raw mut (*out).data };
        // SAFETY: as the caller ensures.
        unsafe { data.write(std::ptr::null_mut()) };
    }

    pub(crate) fn new(mut loan: Loan) -> Self {
        let bytes = loan.bytes_mut();
        let (data, size) = (bytes.as_mut_ptr().cast(), bytes.len() as u64);
        Self { data, size, private_: keep(loan) }
    }

    /// Takes the loan out.
    ///
    /// # Safety
    /// The caller must ensure that this came from `new`, and that the loan was not taken before.
    pub(crate) unsafe fn take(&mut self) -> Loan {
        // SAFETY: a loan is there, as the caller ensures.
        unsafe { self.private_.as_ptr().cast::<Loan>().read_unaligned() }
    }
}

/// Gives a loan back. Null, or a loan that was sent or given back, is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_loan_release(loan: *mut Lent) {
    // SAFETY: null, or a loan that the caller holds.
    let Some(lent) = (unsafe { loan.as_mut() }) else { return };
    if !lent.data.is_null() {
        lent.data = std::ptr::null_mut();
        // SAFETY: a loan with data is one, which is not used afterwards.
        drop(unsafe { lent.take() });
    }
}

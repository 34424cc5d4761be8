//! Messages and loans that C holds by value.

use slotcast::dynamic::{Loan, Sample};
use std::ffi::c_void;
use std::mem::MaybeUninit;

/// A value of Rust that C keeps and moves as bytes.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Kept<T, const WORDS: usize> {
    words: [MaybeUninit<u64>; WORDS],
    value: std::marker::PhantomData<T>,
}

impl<T, const WORDS: usize> Kept<T, WORDS> {
    const FITS: () = assert!(size_of::<T>() <= WORDS * 8);

    fn new(value: T) -> Self {
        let () = Self::FITS;
        let mut words = [MaybeUninit::new(0); WORDS];
        // SAFETY: there is as much memory as a `T` needs, as `FITS` asserts.
        unsafe { words.as_mut_ptr().cast::<T>().write_unaligned(value) };
        Self { words, value: std::marker::PhantomData }
    }

    /// Takes the value out.
    ///
    /// # Safety
    /// The caller must ensure that this came from `new`, and that the value was not taken before.
    pub(crate) unsafe fn take(&mut self) -> T {
        // SAFETY: a `T` is there, as the caller ensures.
        unsafe { self.words.as_ptr().cast::<T>().read_unaligned() }
    }
}

/// `sc_message`.
#[repr(C)]
#[derive(Debug)]
pub struct Message {
    data: *const c_void,
    size: u64,
    sequence: u64,
    publisher: [u64; 2],
    published_ns: u64,
    lost_before: u64,
    in_place: bool,
    pub(crate) sample: Kept<Sample, 10>,
}

// `tests/programs/peer.c` asserts the same of the header.
const _: () = {
    assert!(size_of::<Message>() == 144 && std::mem::offset_of!(Message, in_place) == 56);
    assert!(size_of::<Lent>() == 80 && std::mem::offset_of!(Lent, loan) == 16);
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
            sample: Kept::new(sample),
        }
    }
}

/// Gives a message back. Null, or one that was given back, is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_message_release(message: *mut Message) {
    // SAFETY: null, or a message that the caller holds.
    let Some(message) = (unsafe { message.as_mut() }) else { return };
    if !message.data.is_null() {
        message.data = std::ptr::null();
        // SAFETY: a message with data has its sample, which is not used afterwards.
        drop(unsafe { message.sample.take() });
    }
}

/// `sc_loan`.
#[repr(C)]
#[derive(Debug)]
pub struct Lent {
    pub(crate) data: *mut c_void,
    size: u64,
    pub(crate) loan: Kept<Loan, 8>,
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
        Self { data, size, loan: Kept::new(loan) }
    }
}

/// Gives a loan back. Null, or one that was sent or given back, is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_loan_release(loan: *mut Lent) {
    // SAFETY: null, or a loan that the caller holds.
    let Some(lent) = (unsafe { loan.as_mut() }) else { return };
    if !lent.data.is_null() {
        lent.data = std::ptr::null_mut();
        // SAFETY: a loan with data is one, which is not used afterwards.
        drop(unsafe { lent.loan.take() });
    }
}

//! Messages and loans that C holds by value.

use crate::failure::Failure;
use slotcast::dynamic::{Layout, Loan, Sample};
use slotcast::schema::Kind;
use std::ffi::c_void;
use std::mem::{MaybeUninit, offset_of};

/// A message that was received. Start with `sc_message_none()`. It is given back by sc_message_release,
/// and may outlive its subscriber. Where none was received, `data` is null, and giving it back does
/// nothing. Its bytes are a value of its type.
#[repr(C)]
#[derive(Debug)]
pub struct Message {
    /// `sizeof(sc_message)`
    struct_size: u64,
    data: *const c_void,
    /// In bytes.
    size: u64,
    /// How many elements it has; 1 if messages are of fixed size.
    elements: u64,
    sequence: u64,
    /// The identity of the publisher, the lower half first.
    publisher: [u64; 2],
    /// Of `CLOCK_MONOTONIC`; 0 without timestamps.
    published_ns: u64,
    /// How many messages of this publisher were lost directly before this one.
    lost_before: u64,
    /// Whether `data` is where the publisher has written the message, and no copy.
    in_place: bool,
    private_: [MaybeUninit<u64>; 4], // a `Sample`
}

/// Memory for a message. Start with `sc_loan_none()`. It is sent by sc_loan_send, or given back by
/// sc_loan_release. Without a loan, `data` is null.
#[repr(C)]
#[derive(Debug)]
pub struct Lent {
    /// `sizeof(sc_loan)`
    struct_size: u64,
    data: *mut c_void,
    /// In bytes.
    size: u64,
    /// How many elements it has; 1 if messages are of fixed size.
    elements: u64,
    private_: [MaybeUninit<u64>; 8], // a `Loan`
}

// `tests/programs/peer.c` asserts the same of the header.
const _: () = {
    assert!(size_of::<Message>() == 112 && offset_of!(Message, in_place) == 72);
    assert!(size_of::<Lent>() == 96 && offset_of!(Lent, private_) == 32);
};

/// A struct that begins with its size, in memory of C.
pub(crate) trait Sized64 {
    const NAME: &'static str;
}

impl Sized64 for Message {
    const NAME: &'static str = "sc_message";
}

impl Sized64 for Lent {
    const NAME: &'static str = "sc_loan";
}

/// Checks a place for a struct, which can be of a newer header. What this library does not know of it
/// is set to zero. Returns its size.
///
/// # Safety
/// The caller must ensure that the place is null or has as many bytes as it says.
#[inline]
pub(crate) unsafe fn check_place<T: Sized64>(out: *mut T) -> Result<usize, Failure> {
    if out.is_null() {
        return Err(Failure::argument(format_args!("the place for the {} is null", T::NAME)));
    }
    // SAFETY: not null, and the size is first.
    let size = unsafe { out.cast::<u64>().read() };
    if size == size_of::<T>() as u64 {
        return Ok(size_of::<T>());
    }
    // SAFETY: as the caller ensures.
    unsafe { check_other(out, size) }
}

/// # Safety
/// As for [`check_place`].
#[cold]
unsafe fn check_other<T: Sized64>(out: *mut T, size: u64) -> Result<usize, Failure> {
    let (name, known) = (T::NAME, size_of::<T>());
    let Some(size) = usize::try_from(size).ok().filter(|size| (known..=4096).contains(size)) else {
        return Err(Failure::argument(format_args!(
            "struct_size of the {name} is {size}, and at least {known}: start with {name}_none()"
        )));
    };
    // SAFETY: what this library knows ends inside, as was checked.
    let rest = unsafe { out.cast::<u8>().add(known) };
    // SAFETY: the place has as many bytes as it says.
    unsafe { rest.write_bytes(0, size - known) };
    Ok(size)
}

/// Returns a value of Rust as words that C keeps and moves.
fn keep<T, const WORDS: usize>(value: T) -> [MaybeUninit<u64>; WORDS] {
    const { assert!(size_of::<T>() <= WORDS * 8) };
    let mut words = [MaybeUninit::uninit(); WORDS];
    // SAFETY: there is as much memory as a `T` needs, as is asserted.
    unsafe { words.as_mut_ptr().cast::<T>().write_unaligned(value) };
    words
}

/// Returns the two halves of a number, the lower one first.
#[expect(clippy::cast_possible_truncation, reason = "each half is taken")]
pub(crate) fn halves(number: u128) -> [u64; 2] {
    [number as u64, (number >> 64) as u64]
}

/// How the elements of messages are counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elements {
    at: u64,
    /// The size of each in bytes; 0 for messages of fixed size.
    size: u64,
}

impl Elements {
    pub(crate) fn of(layout: &Layout) -> Self {
        let schema = layout.schema();
        let size = match &schema.kind {
            Kind::Slice { element, .. } => element.get().size,
            _ => 0,
        };
        Self { at: schema.elements_at(), size }
    }

    /// Returns how many a message of this size has.
    #[inline]
    pub(crate) fn of_bytes(self, bytes: u64) -> u64 {
        bytes.saturating_sub(self.at).checked_div(self.size).unwrap_or(1)
    }
}

impl Message {
    /// Stores a message in a place of C.
    ///
    /// # Safety
    /// The caller must ensure that [`check_place`] has accepted the place, with this size.
    #[inline]
    pub(crate) unsafe fn store(out: *mut Self, struct_size: usize, sample: Sample, elements: Elements) {
        // SAFETY: as the caller ensures.
        unsafe { Self::store_rest(out, struct_size, sample, 0, elements) };
    }

    /// Stores what follows the first `at` bytes of a message.
    ///
    /// # Safety
    /// As for [`store`](Self::store).
    #[inline]
    pub(crate) unsafe fn store_rest(out: *mut Self, struct_size: usize, sample: Sample, at: usize, elements: Elements) {
        let bytes = &sample.bytes()[at..];
        let size = bytes.len() as u64;
        let message = Self {
            struct_size: struct_size as u64,
            data: bytes.as_ptr().cast(),
            size,
            elements: elements.of_bytes(size),
            sequence: sample.sequence(),
            publisher: halves(sample.publisher().0),
            published_ns: sample.timestamp().unwrap_or(0),
            lost_before: sample.lost_before(),
            in_place: sample.is_in_place(),
            private_: keep(sample),
        };
        // SAFETY: the place is large enough, as the caller ensures.
        unsafe { out.write(message) };
    }

    /// Makes a place for a message hold none: releasing it does nothing.
    ///
    /// # Safety
    /// The caller must ensure that [`check_place`] has accepted the place.
    #[inline]
    pub(crate) unsafe fn clear(out: *mut Self) {
        // SAFETY: as the caller ensures.
        let data = unsafe { &raw mut (*out).data };
        // SAFETY: as the caller ensures.
        unsafe { data.write(std::ptr::null()) };
    }

    /// Takes the sample out.
    ///
    /// # Safety
    /// The caller must ensure that this came from `store`, and that the sample was not taken before.
    #[inline]
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

impl Lent {
    /// Stores a loan in a place of C.
    ///
    /// # Safety
    /// The caller must ensure that [`check_place`] has accepted the place, with this size.
    pub(crate) unsafe fn store(out: *mut Self, struct_size: usize, mut loan: Loan, elements: Elements) {
        let bytes = loan.bytes_mut();
        let (data, size) = (bytes.as_mut_ptr().cast(), bytes.len() as u64);
        let (struct_size, elements) = (struct_size as u64, elements.of_bytes(size));
        // SAFETY: the place is large enough, as the caller ensures.
        unsafe { out.write(Self { struct_size, data, size, elements, private_: keep(loan) }) };
    }

    /// Makes a place for a loan hold none: releasing it does nothing.
    ///
    /// # Safety
    /// The caller must ensure that [`check_place`] has accepted the place.
    pub(crate) unsafe fn clear(out: *mut Self) {
        // SAFETY: as the caller ensures.
        let data = unsafe { &raw mut (*out).data };
        // SAFETY: as the caller ensures.
        unsafe { data.write(std::ptr::null_mut()) };
    }

    /// Takes the loan out of a place of C, which has none after that. [`put_back`](Self::put_back) can
    /// follow.
    ///
    /// # Safety
    /// The caller must ensure that the place is null, or was filled by this library.
    pub(crate) unsafe fn take(place: *mut Self) -> Result<Loan, Failure> {
        // SAFETY: as the caller ensures.
        let lent = unsafe { place.as_mut() }.ok_or_else(|| Failure::argument("the loan is null"))?;
        if lent.data.is_null() {
            return Err(Failure::argument("the loan was sent or given back before"));
        }
        lent.data = std::ptr::null_mut();
        // SAFETY: a loan with data is one. Now there is none, until it is put back.
        Ok(unsafe { lent.private_.as_ptr().cast::<Loan>().read_unaligned() })
    }

    /// Puts a loan back that could not be sent.
    ///
    /// # Safety
    /// The caller must ensure that it was taken out of this place.
    #[cold]
    pub(crate) unsafe fn put_back(place: *mut Self, mut loan: Loan) {
        // SAFETY: as the caller ensures.
        let lent = unsafe { &mut *place };
        lent.data = loan.bytes_mut().as_mut_ptr().cast();
        lent.private_ = keep(loan);
    }
}

/// Gives a loan back. Null, or a loan that was sent or given back, is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_loan_release(loan: *mut Lent) {
    // SAFETY: null, or a loan that the caller holds.
    drop(unsafe { Lent::take(loan) });
}

//! Messages that are published and read while they are written.

use crate::failure::{Code, guard};
use crate::handles::{free, hand_out, handle, kinds, shared, take};
use crate::messages::Lent;
use crate::place;
use crate::subscriber::Receiver;
use slotcast::dynamic::{PartialLoan, PartialSample, Publisher};
use slotcast::{BeyondEnd, SendError};
use std::ffi::c_void;

kinds!(PartialLoan: "partial loan", PartialSample: "partial message");

impl From<BeyondEnd> for crate::failure::Failure {
    fn from(error: BeyondEnd) -> Self {
        Self::argument(error)
    }
}

/// Publishes a loan while it is still being written: subscribers that ask for it see its header as it
/// is now, and what sc_partial_loan_advance finishes. The loan is spent. If this fails, it is still
/// yours.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_publish_partial(
    publisher: *mut Publisher,
    loan: *mut Lent,
    out: *mut *mut PartialLoan,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a publisher that no other thread uses.
        let publisher = unsafe { handle(publisher) }?;
        // SAFETY: the caller passes a place for a pointer.
        let out = unsafe { place(out, "the result") }?;
        // SAFETY: the caller passes a loan that it holds.
        let lent = unsafe { Lent::take(loan) }?;
        let partial = publisher.publish_partial(lent).map_err(|SendError { loan: lent, reason }| {
            // SAFETY: it was just taken out of there.
            unsafe { Lent::put_back(loan, lent) };
            reason
        })?;
        *out = hand_out(partial);
        Ok(Code::OK)
    })
}

/// Stores where the rest is that is not finished, to be written, and its size in bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_partial_loan_rest(
    partial: *mut PartialLoan,
    data: *mut *mut c_void,
    size: *mut u64,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a partial loan that no other thread uses.
        let rest = unsafe { handle(partial) }?.rest_mut();
        // SAFETY: the caller passes a place for a number.
        *unsafe { place(size, "the size") }? = rest.len() as u64;
        // SAFETY: the caller passes a place for a pointer.
        *unsafe { place(data, "the rest") }? = rest.as_mut_ptr().cast();
        Ok(Code::OK)
    })
}

/// Finishes the first `more` elements of the rest, or bytes of a message of fixed size. Do not write
/// them any more: subscribers see them from now on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_partial_loan_advance(partial: *mut PartialLoan, more: u64) -> Code {
    guard(|| {
        // SAFETY: the caller passes a partial loan that no other thread uses.
        let partial = unsafe { handle(partial) }?;
        partial.advance(usize::try_from(more).unwrap_or(usize::MAX))?;
        Ok(Code::OK)
    })
}

/// Publishes a partial loan as a whole, and frees it. If that fails, it stays as it was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_partial_loan_finish(
    publisher: *mut Publisher,
    partial: *mut *mut PartialLoan,
    wait: bool,
    sequence: *mut u64,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a publisher that no other thread uses.
        let publisher = unsafe { handle(publisher) }?;
        // SAFETY: the caller passes the place of its handle.
        let partial = unsafe { place(partial, "the partial loan") }?;
        // SAFETY: the caller passes a partial loan that no other thread uses.
        let loan = unsafe { take(*partial) }?;
        *partial = std::ptr::null_mut();
        let sent = if wait { publisher.finish(loan) } else { publisher.try_finish(loan) };
        let sent = sent.map_err(|SendError { loan, reason }| {
            *partial = hand_out(loan);
            reason
        })?;
        // SAFETY: null, or a place for a number.
        if let Some(sequence) = unsafe { sequence.as_mut() } {
            *sequence = sent;
        }
        Ok(Code::OK)
    })
}

/// Abandons and frees a partial loan: subscribers keep what is finished.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_partial_loan_free(partial: *mut PartialLoan) {
    // SAFETY: the caller passes what `sc_publish_partial` has stored, once.
    unsafe { free(partial) };
}

/// What becomes of a partial message.
#[repr(C)]
#[allow(non_camel_case_types, reason = "these are the names in C")]
#[derive(Clone, Copy, Debug)]
pub enum PartialStates {
    /// It is being written, or its publisher was killed meanwhile.
    SC_PARTIAL_GROWS = 1,
    /// All of it is there; it is also received as a message.
    SC_PARTIAL_COMPLETE = 2,
    /// No more of it will follow.
    SC_PARTIAL_ABANDONED = 3,
}

/// What of a partial message is there now. Its bytes stay valid until the partial message is freed.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PartialView {
    /// The header; null without one.
    header: *const c_void,
    /// The elements, or the bytes of a message of fixed size.
    data: *const c_void,
    /// How many bytes of that are there.
    size: u64,
    /// How many elements are there, or bytes of a message of fixed size.
    valid: u64,
    /// How many the whole message has.
    total: u64,
    /// The identity of the publisher, the lower half first.
    publisher: [u64; 2],
    /// One of sc_partial_states.
    state: u32,
    reserved: u32,
}

const _: () = assert!(size_of::<PartialView>() == 64); // `tests/programs/peer.c` asserts the same of the header

/// Receives a partial message: one that its publisher publishes while it writes it. Each is received
/// once. Does not wait, and progress wakes nobody: ask again. SC_EMPTY for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_receive_partial(subscriber: *mut Receiver, out: *mut *mut PartialSample) -> Code {
    guard(|| {
        // SAFETY: the caller passes a subscriber that no other thread uses.
        let receiver = unsafe { handle(subscriber) }?;
        // SAFETY: the caller passes a place for a pointer.
        let out = unsafe { place(out, "the result") }?;
        *out = std::ptr::null_mut();
        let Some(partial) = receiver.subscriber.try_recv_partial()? else { return Ok(Code::EMPTY) };
        *out = hand_out(partial);
        Ok(Code::OK)
    })
}

/// Stores what of a partial message is there now. It grows, and never shrinks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_partial_view(partial: *const PartialSample, out: *mut PartialView) -> Code {
    guard(|| {
        // SAFETY: the caller passes a partial message.
        let partial = unsafe { shared(partial) }?;
        // SAFETY: the caller passes a place for a view.
        let out = unsafe { place(out, "the view") }?;
        // Before the bytes: what is complete now has all of them.
        let state = match (partial.is_complete(), partial.is_abandoned()) {
            (true, _) => PartialStates::SC_PARTIAL_COMPLETE,
            (false, true) => PartialStates::SC_PARTIAL_ABANDONED,
            (false, false) => PartialStates::SC_PARTIAL_GROWS,
        };
        let (header, bytes, total) = (partial.header(), partial.bytes(), partial.total() as u64);
        let unit = partial.unit() as u64;
        *out = PartialView {
            header: if header.is_empty() { std::ptr::null() } else { header.as_ptr().cast() },
            data: bytes.as_ptr().cast(),
            size: bytes.len() as u64,
            valid: bytes.len() as u64 / unit,
            total,
            publisher: crate::messages::halves(partial.publisher().0),
            state: state as u32,
            reserved: 0,
        };
        Ok(Code::OK)
    })
}

/// Frees a partial message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_partial_free(partial: *mut PartialSample) {
    // SAFETY: the caller passes what `sc_receive_partial` has stored, once.
    unsafe { free(partial) };
}

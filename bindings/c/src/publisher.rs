//! Publishing.

use crate::failure::{Code, Failure, guard};
use crate::handles::{free, hand_out, handle, kinds, shared, take};
use crate::messages::{Elements, Lent, check_place, halves};
use crate::options::{self, PublisherOptions, duration};
use crate::{Schema, place, text};
use slotcast::SendError;
use slotcast::dynamic::Publisher;
use std::ffi::{c_char, c_void};
use std::time::Duration;

kinds!(Publisher: "publisher");

/// Creates a publisher of a topic. Null options are the default ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_publisher_create(
    topic: *const c_char,
    schema: *const Schema,
    options: *const PublisherOptions,
    out: *mut *mut Publisher,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a text.
        let topic = unsafe { text(topic, "the topic") }?.ok_or_else(|| Failure::argument("the topic is null"))?;
        // SAFETY: the caller passes a schema.
        let schema = unsafe { shared(schema) }?;
        // SAFETY: the caller passes a place for a pointer.
        let out = unsafe { place(out, "the result") }?;
        let mut builder = Publisher::builder(topic, &schema.0);
        // SAFETY: null, or options of the size that they say.
        let options = unsafe { options::read(options) }?;
        // SAFETY: their texts end with a NUL.
        builder = unsafe { options.apply(builder) }?;
        *out = hand_out(builder.create()?);
        Ok(Code::OK)
    })
}

/// Frees a publisher.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_publisher_free(publisher: *mut Publisher) {
    // SAFETY: the caller passes what `sc_publisher_create` has returned, once.
    unsafe { free(publisher) };
}

/// Closes the publisher once all was read, or after the time. Frees it in any case.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_publisher_close(publisher: *mut Publisher, linger_ns: i64) -> Code {
    guard(|| {
        // SAFETY: the caller passes a publisher that no other thread uses.
        let publisher = unsafe { take(publisher) }?;
        publisher.close(duration(linger_ns))?;
        Ok(Code::OK)
    })
}

/// Publishes a copy of a message of this many bytes, and stores its sequence unless that is null. With
/// `wait`, waits for lossless subscribers; without, returns SC_FULL instead.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_publish(
    publisher: *mut Publisher,
    data: *const c_void,
    size: u64,
    wait: bool,
    sequence: *mut u64,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a publisher that no other thread uses.
        let publisher = unsafe { handle(publisher) }?;
        let size = usize::try_from(size).map_err(Failure::argument)?;
        let bytes = match size {
            0 => &[],
            _ if data.is_null() => return Err(Failure::argument("the message is null")),
            // SAFETY: the caller passes this many bytes.
            _ => unsafe { std::slice::from_raw_parts(data.cast::<u8>(), size) },
        };
        let published = if wait { publisher.publish_bytes(bytes) } else { publisher.try_publish_bytes(bytes) }?;
        // SAFETY: null, or a place for a number.
        if let Some(sequence) = unsafe { sequence.as_mut() } {
            *sequence = published;
        }
        Ok(Code::OK)
    })
}

/// Lends memory for a message of so many elements, and of a header. For messages of a fixed size, the
/// number is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_loan_create(publisher: *mut Publisher, elements: u64, out: *mut Lent) -> Code {
    guard(|| {
        // SAFETY: the caller passes a place for a loan.
        let struct_size = unsafe { check_place(out) }?;
        // SAFETY: it was just checked.
        unsafe { Lent::clear(out) };
        // SAFETY: the caller passes a publisher that no other thread uses.
        let publisher = unsafe { handle(publisher) }?;
        let loan = publisher.loan(elements)?;
        let elements = Elements::of(publisher.layout());
        // SAFETY: it was checked.
        unsafe { Lent::store(out, struct_size, loan, elements) };
        Ok(Code::OK)
    })
}

/// Sends the loan. If that fails, it is still yours: send it again, or release it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_loan_send(
    publisher: *mut Publisher,
    loan: *mut Lent,
    wait: bool,
    sequence: *mut u64,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a publisher that no other thread uses.
        let publisher = unsafe { handle(publisher) }?;
        // SAFETY: the caller passes a loan that it holds.
        let lent = unsafe { Lent::take(loan) }?;
        let sent = if wait { publisher.send(lent) } else { publisher.try_send(lent) };
        let sent = sent.map_err(|SendError { loan: lent, reason }| {
            // SAFETY: it was just taken out of there.
            unsafe { Lent::put_back(loan, lent) };
            reason
        })?;
        // SAFETY: null, or a place for a number.
        if let Some(sequence) = unsafe { sequence.as_mut() } {
            *sequence = sent;
        }
        Ok(Code::OK)
    })
}

/// Waits until there are this many subscribers, up to the time, and stores whether they are there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_publisher_wait_for_subscribers(
    publisher: *mut Publisher,
    count: u64,
    time_ns: i64,
    are_there: *mut bool,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a publisher that no other thread uses.
        let publisher = unsafe { handle(publisher) }?;
        let count = usize::try_from(count).map_err(Failure::argument)?;
        let time: Duration = duration(time_ns);
        let found = publisher.wait_for_subscribers(count, time).map_err(Failure::system)?;
        // SAFETY: the caller passes a place for a truth value.
        *unsafe { place(are_there, "the answer") }? = found;
        Ok(Code::OK)
    })
}

/// Stores how many subscribers there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_publisher_count_subscribers(publisher: *mut Publisher, count: *mut u64) -> Code {
    guard(|| {
        // SAFETY: the caller passes a publisher that no other thread uses.
        let publisher = unsafe { handle(publisher) }?;
        let found = publisher.subscribers().map_err(Failure::system)?.len();
        // SAFETY: the caller passes a place for a number.
        *unsafe { place(count, "the number") }? = found as u64;
        Ok(Code::OK)
    })
}

/// cbindgen:ptrs-as-arrays=[[id; 2]]
///
/// Stores the identity of the publisher, the lower half first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_publisher_id(publisher: *const Publisher, id: *mut u64) {
    // SAFETY: null, or a publisher.
    let publisher = unsafe { shared(publisher) };
    // SAFETY: null, or a place for two numbers.
    if let (Ok(publisher), Some(id)) = (publisher, unsafe { id.cast::<[u64; 2]>().as_mut() }) {
        *id = halves(publisher.id().0);
    }
}

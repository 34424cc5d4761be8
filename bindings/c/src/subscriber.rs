//! Receiving.

use crate::failure::{Code, Failure, guard};
use crate::handles::{free, hand_out, handle, kinds, shared};
use crate::messages::{Elements, Message, check_place};
use crate::options::{self, SubscriberOptions, duration};
use crate::{Schema, place, text};
use slotcast::dynamic::{Sample, Subscriber};
use slotcast::{Closer, EventFd, RecvError};
use std::ffi::{c_char, c_int};
use std::os::fd::{AsFd, AsRawFd};

/// Receives the messages of a topic.
#[derive(Debug)]
pub struct Receiver {
    pub(crate) subscriber: Subscriber,
    event_fd: Option<EventFd>, // once it was requested
    any_bytes_valid: bool,
    elements: Elements,
}

kinds!(Receiver: "subscriber", Closer: "closer");

/// Creates a subscriber of a topic. Null options are the default ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_subscriber_create(
    topic: *const c_char,
    schema: *const Schema,
    options: *const SubscriberOptions,
    out: *mut *mut Receiver,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a text.
        let topic = unsafe { text(topic, "the topic") }?.ok_or_else(|| Failure::argument("the topic is null"))?;
        // SAFETY: the caller passes a schema.
        let schema = unsafe { shared(schema) }?;
        // SAFETY: the caller passes a place for a pointer.
        let out = unsafe { place(out, "the result") }?;
        let mut builder = Subscriber::builder(topic).layout(&schema.0);
        // SAFETY: null, or options of the size that they say.
        let options = unsafe { options::read(options) }?;
        // SAFETY: their texts end with a NUL.
        builder = unsafe { options.apply(builder) }?;
        let any_bytes_valid = schema.0.schema().every_bit_pattern_valid();
        let (subscriber, elements) = (builder.create()?, Elements::of(&schema.0));
        *out = hand_out(Receiver { subscriber, event_fd: None, any_bytes_valid, elements });
        Ok(Code::OK)
    })
}

/// Frees a subscriber. Messages that are held stay valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_subscriber_free(subscriber: *mut Receiver) {
    // SAFETY: the caller passes what `sc_subscriber_create` has returned, once.
    unsafe { free(subscriber) };
}

/// Receives the next message. Waits up to the time; less than 0: as long as it takes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_receive(subscriber: *mut Receiver, time_ns: i64, out: *mut Message) -> Code {
    // SAFETY: as the caller ensures.
    unsafe {
        receive(subscriber, out, Code::EMPTY, |subscriber| match time_ns {
            0 => subscriber.try_recv(),
            ..0 => subscriber.recv().map(Some),
            _ => subscriber.recv_timeout(duration(time_ns)),
        })
    }
}

/// Waits for the next message as long as there are publishers, or the first is still to come.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_receive_to_end(subscriber: *mut Receiver, out: *mut Message) -> Code {
    // SAFETY: as the caller ensures.
    unsafe { receive(subscriber, out, Code::ENDED, Subscriber::recv_to_end) }
}

/// # Safety
/// The caller must ensure that both are null or valid, and that no other thread uses them.
unsafe fn receive(
    subscriber: *mut Receiver,
    out: *mut Message,
    none: Code,
    act: impl FnOnce(&mut Subscriber) -> Result<Option<Sample>, RecvError>,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a place for a message.
        let struct_size = unsafe { check_place(out) }?;
        // SAFETY: it was just checked.
        unsafe { Message::clear(out) };
        // SAFETY: as the caller ensures.
        let receiver = unsafe { handle(subscriber) }?;
        match act(&mut receiver.subscriber)? {
            None => Ok(none),
            Some(sample) => {
                check(receiver, &sample)?;
                // SAFETY: it was checked.
                unsafe { Message::store(out, struct_size, sample, receiver.elements) };
                Ok(Code::OK)
            }
        }
    })
}

/// Checks a message unless all bytes are values of its type. One that is checked is a copy, which
/// does not change any more: its subscriber holds none in place.
#[inline]
fn check(receiver: &Receiver, sample: &Sample) -> Result<(), Failure> {
    if receiver.any_bytes_valid { Ok(()) } else { validate(receiver, sample) }
}

fn validate(receiver: &Receiver, sample: &Sample) -> Result<(), Failure> {
    sample.layout().validate(sample.bytes()).map_err(|invalid| {
        let (topic, sequence) = (receiver.subscriber.topic(), sample.sequence());
        let text = format!("topic \"{topic}\": message {sequence} is not valid: {invalid}; it was discarded");
        Failure::new(Code::INVALID, text)
    })
}

/// Receives up to `most` messages that are present, and stores how many. Does not wait; SC_EMPTY for
/// none. After an error, the messages that were stored are yours.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_receive_many(
    subscriber: *mut Receiver,
    out: *mut Message,
    most: u64,
    count: *mut u64,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a subscriber that no other thread uses.
        let receiver = unsafe { handle(subscriber) }?;
        // SAFETY: the caller passes a place for a number.
        let count = unsafe { place(count, "the number") }?;
        *count = 0;
        let most = usize::try_from(most).map_err(Failure::argument)?;
        if most == 0 {
            return Ok(Code::EMPTY);
        }
        // SAFETY: the caller passes at least one place for a message.
        let struct_size = unsafe { check_place(out) }?;
        for at in 0..most {
            let Some(sample) = receiver.subscriber.try_recv()? else { break };
            check(receiver, &sample)?;
            // SAFETY: the caller has a place for `most` of them, each as large as the first.
            let place = unsafe { out.byte_add(at * struct_size) };
            // SAFETY: as before.
            unsafe { Message::store(place, struct_size, sample, receiver.elements) };
            *count += 1;
        }
        Ok(if *count == 0 { Code::EMPTY } else { Code::OK })
    })
}

/// Waits until there are this many publishers, up to the time, and stores whether they are there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_subscriber_wait_for_publishers(
    subscriber: *mut Receiver,
    count: u64,
    time_ns: i64,
    are_there: *mut bool,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a subscriber that no other thread uses.
        let receiver = unsafe { handle(subscriber) }?;
        let count = usize::try_from(count).map_err(Failure::argument)?;
        let found = receiver.subscriber.wait_for_publishers(count, duration(time_ns))?;
        // SAFETY: the caller passes a place for a truth value.
        *unsafe { place(are_there, "the answer") }? = found;
        Ok(Code::OK)
    })
}

/// Stores how many publishers there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_subscriber_count_publishers(subscriber: *mut Receiver, count: *mut u64) -> Code {
    guard(|| {
        // SAFETY: the caller passes a subscriber that no other thread uses.
        let receiver = unsafe { handle(subscriber) }?;
        let found = receiver.subscriber.publishers()?.len();
        // SAFETY: the caller passes a place for a number.
        *unsafe { place(count, "the number") }? = found as u64;
        Ok(Code::OK)
    })
}

/// Returns how many messages were lost because the subscriber was too slow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_subscriber_lost(subscriber: *const Receiver) -> u64 {
    // SAFETY: null, or a subscriber.
    unsafe { shared(subscriber) }.map_or(0, |receiver| receiver.subscriber.lost())
}

/// Returns how many messages were skipped because of `latest` or the rate limit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_subscriber_skipped(subscriber: *const Receiver) -> u64 {
    // SAFETY: null, or a subscriber.
    unsafe { shared(subscriber) }.map_or(0, |receiver| receiver.subscriber.skipped())
}

/// Stores a descriptor that is readable while there are messages; the subscriber owns it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_subscriber_event_fd(subscriber: *mut Receiver, fd: *mut c_int) -> Code {
    guard(|| {
        // SAFETY: the caller passes a subscriber that no other thread uses.
        let receiver = unsafe { handle(subscriber) }?;
        let event_fd = receiver.subscriber.event_fd().map_err(Failure::system)?;
        // SAFETY: the caller passes a place for a number.
        *unsafe { place(fd, "the descriptor") }? = event_fd.as_fd().as_raw_fd();
        receiver.event_fd = Some(event_fd);
        Ok(Code::OK)
    })
}

/// Returns what ends each wait of the subscriber, from any thread; null for null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_subscriber_closer(subscriber: *const Receiver) -> *mut Closer {
    // SAFETY: null, or a subscriber.
    let receiver = unsafe { shared(subscriber) };
    receiver.map_or(std::ptr::null_mut(), |receiver| hand_out(receiver.subscriber.closer()))
}

/// Closes the subscriber: its waits end with SC_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_closer_close(closer: *const Closer) {
    // SAFETY: null, or a closer.
    if let Ok(closer) = unsafe { shared(closer) } {
        closer.close();
    }
}

/// Frees a closer. The subscriber stays as it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_closer_free(closer: *mut Closer) {
    // SAFETY: the caller passes what `sc_subscriber_closer` has returned, once.
    unsafe { free(closer) };
}

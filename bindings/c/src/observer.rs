//! Inspecting topics unnoticed, and cleaning.

use crate::failure::{Code, Failure, guard};
use crate::handles::{free, hand_out, handle, kinds, shared};
use crate::messages::{Elements, Message, check_place};
use crate::options;
use crate::schemas::{Schema, store_string};
use crate::{place, text};
use slotcast::Observer;
use slotcast::observer::Reader;
use std::ffi::c_char;

/// Reads a topic unnoticed.
#[derive(Debug)]
pub struct Watcher {
    reader: Reader,
    any_bytes_valid: bool,
    elements: Elements,
}

kinds!(Watcher: "observer");

/// Stores the names of the topics that exist now, each followed by a newline, with a NUL, and the
/// length without it. A null domain is the default one. If `room` is too small, nothing but the length
/// is stored, and the code is SC_ERROR_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_topics(domain: *const c_char, text: *mut c_char, room: u64, len: *mut u64) -> Code {
    guard(|| {
        // SAFETY: the caller passes null or a text.
        let domain = unsafe { options::domain(domain) }?.unwrap_or_default();
        let topics = Observer::new(&domain).topics().map_err(Failure::system)?;
        let names: String = topics.iter().map(|name| format!("{name}\n")).collect();
        // SAFETY: the caller has this much room, and a place for a number.
        unsafe { store_string(&names, text, room, len) }
    })
}

/// Creates an observer of a topic, which no publisher notices and which makes none wait. It begins up
/// to `history` messages before the next one. A null domain is the default one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_observer_create(
    topic: *const c_char,
    domain: *const c_char,
    history: u64,
    out: *mut *mut Watcher,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a text.
        let topic = unsafe { text(topic, "the topic") }?.ok_or_else(|| Failure::argument("the topic is null"))?;
        // SAFETY: the caller passes null or a text.
        let domain = unsafe { options::domain(domain) }?.unwrap_or_default();
        // SAFETY: the caller passes a place for a pointer.
        let out = unsafe { place(out, "the result") }?;
        let none = || slotcast::dynamic::Layout::published(topic, &domain).err();
        let Some(observed) = Observer::new(&domain).topic(topic)? else {
            return Err(none().map_or_else(|| Failure::argument("the topic was just created: try again"), Into::into));
        };
        let reader = observed.read(history)?;
        let any_bytes_valid = reader.layout().schema().every_bit_pattern_valid();
        let elements = Elements::of(reader.layout());
        *out = hand_out(Watcher { reader, any_bytes_valid, elements });
        Ok(Code::OK)
    })
}

/// Receives the next message, as a copy. Does not wait: SC_EMPTY for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_observer_receive(observer: *mut Watcher, out: *mut Message) -> Code {
    guard(|| {
        // SAFETY: the caller passes a place for a message.
        let struct_size = unsafe { check_place(out) }?;
        // SAFETY: it was just checked.
        unsafe { Message::clear(out) };
        // SAFETY: the caller passes an observer that no other thread uses.
        let watcher = unsafe { handle(observer) }?;
        let Some(sample) = watcher.reader.try_recv()? else { return Ok(Code::EMPTY) };
        if !watcher.any_bytes_valid {
            sample.layout().validate(sample.bytes()).map_err(|invalid| {
                let text = format!("message {} is not valid: {invalid}; it was discarded", sample.sequence());
                Failure::new(Code::INVALID, text)
            })?;
        }
        // SAFETY: it was checked.
        unsafe { Message::store(out, struct_size, sample, watcher.elements) };
        Ok(Code::OK)
    })
}

/// Stores the schema of the messages, which you free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_observer_schema(observer: *const Watcher, out: *mut *mut Schema) -> Code {
    guard(|| {
        // SAFETY: the caller passes an observer.
        let watcher = unsafe { shared(observer) }?;
        // SAFETY: the caller passes a place for a pointer.
        *unsafe { place(out, "the result") }? = hand_out(Schema(watcher.reader.layout().clone()));
        Ok(Code::OK)
    })
}

/// Returns how many messages were overwritten before they were received; 0 for null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_observer_lost(observer: *const Watcher) -> u64 {
    // SAFETY: null, or an observer.
    unsafe { shared(observer) }.map_or(0, |watcher| watcher.reader.lost())
}

/// Frees an observer. Messages that are held stay valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_observer_free(observer: *mut Watcher) {
    // SAFETY: the caller passes what `sc_observer_create` has stored, once.
    unsafe { free(observer) };
}

/// Removes what dead processes have left in a domain, and nothing of live ones. A null domain is the
/// default one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_clean(domain: *const c_char) -> Code {
    guard(|| {
        // SAFETY: the caller passes null or a text.
        let domain = unsafe { options::domain(domain) }?.unwrap_or_default();
        domain.clean().map_err(Failure::system)?;
        Ok(Code::OK)
    })
}

//! What a schema tells, and reading messages with it.

use crate::failure::{Code, Failure, guard};
use crate::handles::{free, hand_out, kinds, shared};
use crate::{describe, place, text};
use slotcast::Domain;
use slotcast::dynamic::{Layout, Value};
use std::ffi::{c_char, c_void};

/// A layout of messages. It is created once, and used for any number of publishers and subscribers.
#[derive(Debug)]
pub struct Schema(pub(crate) Layout);

kinds!(Schema: "schema");

/// Creates a schema of its canonical bytes, as the book's page "Schemas" describes them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_schema_create(canonical: *const u8, size: usize, out: *mut *mut Schema) -> Code {
    guard(|| {
        if canonical.is_null() || out.is_null() {
            return Err(Failure::argument("a pointer is null"));
        }
        // SAFETY: the caller passes this many bytes.
        let bytes = unsafe { std::slice::from_raw_parts(canonical, size) };
        let schema = slotcast::schema::Schema::from_canonical_bytes(bytes).map_err(Failure::argument)?;
        // SAFETY: the caller passes a place for a pointer.
        unsafe { describe::give(schema, out) }
    })
}

/// Creates the schema of what is published on a topic now. A null domain is the default one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_schema_published(
    topic: *const c_char,
    domain: *const c_char,
    out: *mut *mut Schema,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a text.
        let topic = unsafe { text(topic, "the topic") }?.ok_or_else(|| Failure::argument("the topic is null"))?;
        // SAFETY: the caller passes null or a text.
        let domain = unsafe { text(domain, "the domain") }?.map_or_else(Domain::default, Domain::at);
        // SAFETY: the caller passes a place for a pointer.
        let out = unsafe { place(out, "the result") }?;
        *out = hand_out(Schema(Layout::published(topic, &domain)?));
        Ok(Code::OK)
    })
}

/// cbindgen:ptrs-as-arrays=[[text; 33]]
///
/// Stores the 128 bits by which two sides recognise each other, as text of 32 digits and a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_schema_hash(schema: *const Schema, text: *mut c_char) -> Code {
    guard(|| {
        // SAFETY: the caller passes a schema.
        let layout = unsafe { layout(schema) }?;
        // SAFETY: the caller passes a place for 33 characters.
        let text = unsafe { place(text.cast::<[u8; 33]>(), "the hash") }?;
        text[..32].copy_from_slice(layout.hash().to_string().as_bytes());
        text[32] = 0;
        Ok(Code::OK)
    })
}

/// Returns the size of a message in bytes; of one without elements if there can be any number. 0 for
/// null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_schema_size(schema: *const Schema) -> u64 {
    // SAFETY: null, or a schema.
    unsafe { shared(schema) }.map_or(0, |schema| schema.0.size() as u64)
}

/// Returns how many bytes of a message are before its elements; 0 for messages of fixed size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_schema_elements_at(schema: *const Schema) -> u64 {
    // SAFETY: null, or a schema.
    unsafe { shared(schema) }.map_or(0, |schema| schema.0.schema().elements_at())
}

/// Reads a number by its path, such as `pose.flags[2]`, out of a message of this schema. SC_EMPTY:
/// there is no such element in the message. Allocates; an integer beyond 2^53 is rounded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_schema_read_number(
    schema: *const Schema,
    path: *const c_char,
    data: *const c_void,
    size: u64,
    number: *mut f64,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a schema.
        let layout = unsafe { layout(schema) }?;
        // SAFETY: the caller passes a text.
        let path = unsafe { text(path, "the path") }?.ok_or_else(|| Failure::argument("the path is null"))?;
        // SAFETY: the caller passes this many bytes.
        let message = unsafe { message(data, size) }?;
        // SAFETY: the caller passes a place for a number.
        let number = unsafe { place(number, "the number") }?;
        let field = layout.accessor(path).map_err(Failure::argument)?;
        let Some(value) = field.read(message).map_err(|error| Failure::new(Code::INVALID, error))? else {
            return Ok(Code::EMPTY);
        };
        let none = || Failure::argument(format_args!("\"{path}\" is no number, but {value}"));
        *number = field.read_f64(message).ok_or_else(none)?;
        Ok(Code::OK)
    })
}

/// Stores a message as JSON, with a NUL, and the length without it. If `room` is too small, nothing but
/// the length is stored, and the code is SC_ERROR_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_schema_to_json(
    schema: *const Schema,
    data: *const c_void,
    size: u64,
    text: *mut c_char,
    room: u64,
    len: *mut u64,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a schema.
        let layout = unsafe { layout(schema) }?;
        // SAFETY: the caller passes this many bytes.
        let message = unsafe { message(data, size) }?;
        let value = layout.decode(message).map_err(|error| Failure::new(Code::INVALID, error))?;
        let json = serde_json::to_string(&value).map_err(Failure::argument)?;
        // SAFETY: the caller has this much room, and a place for a number.
        unsafe { store_string(&json, text, room, len) }
    })
}

/// Stores a text with a NUL, and its length without it. If there is too little room, nothing but the
/// length is stored.
///
/// # Safety
/// The caller must ensure that there is this much room, and a place for a number.
pub(crate) unsafe fn store_string(json: &str, text: *mut c_char, room: u64, len: *mut u64) -> Result<Code, Failure> {
    // SAFETY: as the caller ensures.
    *unsafe { place(len, "the length") }? = json.len() as u64;
    let out = text.cast::<u8>();
    if out.is_null() || room <= json.len() as u64 {
        return Err(Failure::argument(format_args!("there is room for {room} of {} bytes", json.len() + 1)));
    }
    // SAFETY: the caller has this much room, and it is no part of the text here.
    unsafe { out.copy_from_nonoverlapping(json.as_ptr(), json.len()) };
    // SAFETY: as before: there is room for one byte more.
    let end = unsafe { out.add(json.len()) };
    // SAFETY: as before.
    unsafe { end.write(0) };
    Ok(Code::OK)
}

/// Reads an integer by its path, like sc_schema_read_number, and exactly. Enums give their number,
/// truth values 0 or 1. SC_ERROR_ARGUMENT for what is no integer of 64 bits with a sign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_schema_read_integer(
    schema: *const Schema,
    path: *const c_char,
    data: *const c_void,
    size: u64,
    number: *mut i64,
) -> Code {
    guard(|| {
        // SAFETY: as the caller ensures.
        let Some(value) = (unsafe { read(schema, path, data, size) })? else { return Ok(Code::EMPTY) };
        let integer = match value {
            Value::Int(value) | Value::Enum { value, .. } => i64::try_from(value).ok(),
            Value::Bool(value) => Some(value.into()),
            Value::Char(value) => Some(u32::from(value).into()),
            _ => None,
        };
        let none = || Failure::argument(format_args!("{value} is no integer of 64 bits with a sign"));
        // SAFETY: the caller passes a place for a number.
        *unsafe { place(number, "the number") }? = integer.ok_or_else(none)?;
        Ok(Code::OK)
    })
}

/// Stores any value by its path as text: a string as it is, the name of an enum's value, everything
/// else as JSON. Stores as sc_schema_to_json does. SC_EMPTY: there is no such element in the message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_schema_read_text(
    schema: *const Schema,
    path: *const c_char,
    data: *const c_void,
    size: u64,
    text: *mut c_char,
    room: u64,
    len: *mut u64,
) -> Code {
    guard(|| {
        // SAFETY: as the caller ensures.
        let Some(value) = (unsafe { read(schema, path, data, size) })? else { return Ok(Code::EMPTY) };
        let found = match &value {
            Value::Str(text) => text.clone(),
            Value::Enum { name, .. } => name.to_string(),
            value => serde_json::to_string(value).map_err(Failure::argument)?,
        };
        // SAFETY: the caller has this much room, and a place for a number.
        unsafe { store_string(&found, text, room, len) }
    })
}

/// Reads a value by its path. Returns `None` for an element that the message does not have.
///
/// # Safety
/// The caller must ensure that each is null or valid, and that the message has this many bytes.
unsafe fn read(
    schema: *const Schema,
    path: *const c_char,
    data: *const c_void,
    size: u64,
) -> Result<Option<Value>, Failure> {
    // SAFETY: as the caller ensures.
    let layout = unsafe { layout(schema) }?;
    // SAFETY: as the caller ensures.
    let path = unsafe { text(path, "the path") }?.ok_or_else(|| Failure::argument("the path is null"))?;
    // SAFETY: as the caller ensures.
    let message = unsafe { message(data, size) }?;
    let field = layout.accessor(path).map_err(Failure::argument)?;
    field.read(message).map_err(|error| Failure::new(Code::INVALID, error))
}

/// Frees a schema. Publishers and subscribers that were created with it stay.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_schema_free(schema: *mut Schema) {
    // SAFETY: the caller passes what `sc_schema_create` has returned, once.
    unsafe { free(schema) };
}

/// # Safety
/// The caller must ensure that it is null or a schema.
unsafe fn layout<'a>(schema: *const Schema) -> Result<&'a Layout, Failure> {
    // SAFETY: as the caller ensures.
    let schema = unsafe { shared(schema) }?;
    Ok(&schema.0)
}

/// # Safety
/// The caller must ensure that it is null or has this many bytes.
unsafe fn message<'a>(data: *const c_void, size: u64) -> Result<&'a [u8], Failure> {
    let size = usize::try_from(size).map_err(Failure::argument)?;
    if data.is_null() {
        return Err(Failure::argument("the message is null"));
    }
    // SAFETY: as the caller ensures.
    Ok(unsafe { std::slice::from_raw_parts(data.cast(), size) })
}

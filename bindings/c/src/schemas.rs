//! What a schema tells, and reading messages with it.

use crate::failure::{Code, Failure, guard};
use crate::{Schema, handle, text};
use slotcast::Domain;
use slotcast::dynamic::Layout;
use std::ffi::{c_char, c_void};

/// Creates the schema of what is published on a topic.
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
        let out = unsafe { handle(out) }?;
        *out = Box::into_raw(Box::new(Schema(Layout::published(topic, &domain)?)));
        Ok(Code::OK)
    })
}

/// Stores the hash.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_schema_hash(schema: *const Schema, out: *mut [u8; 33]) -> Code {
    guard(|| {
        // SAFETY: the caller passes a schema.
        let layout = unsafe { layout(schema) }?;
        // SAFETY: the caller passes a place for 33 characters.
        let out = unsafe { handle(out) }?;
        out[..32].copy_from_slice(layout.hash().to_string().as_bytes());
        out[32] = 0;
        Ok(Code::OK)
    })
}

/// Returns the size of a message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_schema_size(schema: *const Schema) -> u64 {
    // SAFETY: null, or a schema.
    unsafe { schema.as_ref() }.map_or(0, |schema| schema.0.size() as u64)
}

/// Returns where the elements of a message begin.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_schema_elements_at(schema: *const Schema) -> u64 {
    // SAFETY: null, or a schema.
    unsafe { schema.as_ref() }.map_or(0, |schema| schema.0.schema().elements_at())
}

/// Reads a number by its path.
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
        let number = unsafe { handle(number) }?;
        let field = layout.accessor(path).map_err(Failure::argument)?;
        let Some(value) = field.read(message).map_err(|error| Failure::new(Code::INVALID, error))? else {
            return Ok(Code::EMPTY);
        };
        let none = || Failure::argument(format_args!("\"{path}\" is no number, but {value}"));
        *number = field.read_f64(message).ok_or_else(none)?;
        Ok(Code::OK)
    })
}

/// Stores a message as JSON.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_schema_to_json(
    schema: *const Schema,
    data: *const c_void,
    size: u64,
    out: *mut u8,
    room: u64,
    len: *mut u64,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a schema.
        let layout = unsafe { layout(schema) }?;
        // SAFETY: the caller passes this many bytes.
        let message = unsafe { message(data, size) }?;
        // SAFETY: the caller passes a place for a number.
        let len = unsafe { handle(len) }?;
        let value = layout.decode(message).map_err(|error| Failure::new(Code::INVALID, error))?;
        let json = serde_json::to_string(&value).map_err(Failure::argument)?;
        *len = json.len() as u64;
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
    })
}

/// # Safety
/// The caller must ensure that it is null or a schema.
unsafe fn layout<'a>(schema: *const Schema) -> Result<&'a Layout, Failure> {
    // SAFETY: as the caller ensures.
    let schema = unsafe { schema.as_ref() }.ok_or_else(|| Failure::argument("the schema is null"))?;
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

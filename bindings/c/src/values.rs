//! Latest values: set by one writer, read by anybody.

use crate::failure::{Code, Failure, guard};
use crate::handles::{free, hand_out, handle, kinds, shared};
use crate::messages::{Elements, Message, check_place, halves};
use crate::options::{self, duration};
use crate::{Schema, bytes, name, place};
use slotcast::dynamic::{CurrentValue, ValueReader, ValueWriter};
use slotcast::{Closer, EndpointId, EventFd};
use std::ffi::{c_char, c_int, c_void};
use std::os::fd::{AsFd, AsRawFd};

/// Reads a value, and has a descriptor once that was requested.
#[derive(Debug)]
pub struct ValueSource {
    reader: ValueReader,
    event_fd: Option<EventFd>,
    any_bytes_valid: bool,
}

kinds!(ValueWriter: "writer of a value", ValueSource: "reader of a value");

/// Which writer has set a value, and how often it had set one then. Another value has another version.
/// All zero is none.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ValueVersion {
    /// The identity of the writer, the lower half first: another one after a restart or a take-over.
    writer: [u64; 2],
    /// How often this writer had set the value, from 1.
    number: u64,
}

const _: () = assert!(size_of::<ValueVersion>() == 24); // `tests/programs/patterns.c` asserts the same of the header

impl From<slotcast::Version> for ValueVersion {
    fn from(version: slotcast::Version) -> Self {
        Self { writer: halves(version.writer().0), number: version.number() }
    }
}

impl ValueVersion {
    fn known(self) -> Option<slotcast::Version> {
        let [low, high] = self.writer;
        let writer = EndpointId(u128::from(high) << 64 | u128::from(low));
        (self.number > 0).then(|| slotcast::Version::from_parts(writer, self.number))
    }
}

/// Creates the writer of a value. A null domain is the default one. With `survives_writer` the value
/// outlives the writer and its process. While another writer lives, waits up to `standby_ns`; less than
/// 0: as long as it takes; 0: fails with SC_ERROR_EXCLUSIVE at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_value_writer_create(
    value: *const c_char,
    schema: *const Schema,
    domain: *const c_char,
    survives_writer: bool,
    standby_ns: i64,
    out: *mut *mut ValueWriter,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a text.
        let value = unsafe { name(value) }?;
        // SAFETY: the caller passes a schema.
        let schema = unsafe { shared(schema) }?;
        // SAFETY: the caller passes null or a text.
        let domain = unsafe { options::domain(domain) }?.unwrap_or_default();
        // SAFETY: the caller passes a place for a pointer.
        let out = unsafe { place(out, "the result") }?;
        let builder = ValueWriter::builder(value, &schema.0).domain(&domain).survives_writer(survives_writer);
        let builder = if standby_ns == 0 { builder } else { builder.standby(duration(standby_ns)) };
        *out = hand_out(builder.create()?);
        Ok(Code::OK)
    })
}

/// Sets the value to a copy of this many bytes. Never waits. Stores its version unless that is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_value_set(
    writer: *mut ValueWriter,
    data: *const c_void,
    size: u64,
    version: *mut ValueVersion,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a writer that no other thread uses.
        let writer = unsafe { handle(writer) }?;
        // SAFETY: the caller passes this many bytes.
        writer.set_bytes(unsafe { bytes(data, size, "value") }?)?;
        // SAFETY: null, or a place for a version.
        if let (Some(version), Some(set)) = (unsafe { version.as_mut() }, writer.version()) {
            *version = set.into();
        }
        Ok(Code::OK)
    })
}

/// Frees a writer. Readers that have the value keep it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_value_writer_free(writer: *mut ValueWriter) {
    // SAFETY: the caller passes what `sc_value_writer_create` has stored, once.
    unsafe { free(writer) };
}

/// Creates a reader of a value. It needs no writer. A null domain is the default one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_value_reader_create(
    value: *const c_char,
    schema: *const Schema,
    domain: *const c_char,
    out: *mut *mut ValueSource,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a text.
        let value = unsafe { name(value) }?;
        // SAFETY: the caller passes a schema.
        let schema = unsafe { shared(schema) }?;
        // SAFETY: the caller passes null or a text.
        let domain = unsafe { options::domain(domain) }?.unwrap_or_default();
        // SAFETY: the caller passes a place for a pointer.
        let out = unsafe { place(out, "the result") }?;
        let any_bytes_valid = schema.0.schema().every_bit_pattern_valid();
        let reader = ValueReader::builder(value).layout(&schema.0).domain(&domain).create()?;
        *out = hand_out(ValueSource { reader, event_fd: None, any_bytes_valid });
        Ok(Code::OK)
    })
}

/// Stores the newest value, and its version unless that is null. Never waits. SC_EMPTY: none was ever
/// set, or its writer has ended before this reader found it. What was read stays what it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_value_get(reader: *mut ValueSource, out: *mut Message, version: *mut ValueVersion) -> Code {
    guard(|| {
        // SAFETY: the caller passes a place for a message.
        let struct_size = unsafe { check_place(out) }?;
        // SAFETY: it was just checked.
        unsafe { Message::clear(out) };
        // SAFETY: the caller passes a reader that no other thread uses.
        let ValueSource { reader, any_bytes_valid, .. } = unsafe { handle(reader) }?;
        let found = reader.get()?;
        // SAFETY: it was checked, and null or a place for a version.
        unsafe { store(found, *any_bytes_valid, out, struct_size, version) }
    })
}

/// Stores the newest value as soon as it is another one than that of `since`: null, or all zero, is not
/// to have seen any. Waits up to the time; less than 0: as long as it takes. SC_EMPTY: it has not
/// changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_value_wait(
    reader: *mut ValueSource,
    since: *const ValueVersion,
    time_ns: i64,
    out: *mut Message,
    version: *mut ValueVersion,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a place for a message.
        let struct_size = unsafe { check_place(out) }?;
        // SAFETY: it was just checked.
        unsafe { Message::clear(out) };
        // SAFETY: null, or a version.
        let since = unsafe { since.as_ref() }.and_then(|since| since.known());
        // SAFETY: the caller passes a reader that no other thread uses.
        let ValueSource { reader, any_bytes_valid, .. } = unsafe { handle(reader) }?;
        let found = reader.wait_for_change(since, duration(time_ns))?;
        // SAFETY: it was checked, and null or a place for a version.
        unsafe { store(found, *any_bytes_valid, out, struct_size, version) }
    })
}

/// # Safety
/// The caller must ensure that `check_place` has accepted `out`, with this size, and that `version` is
/// null or a place for one.
unsafe fn store(
    found: Option<CurrentValue<'_>>,
    any_bytes_valid: bool,
    out: *mut Message,
    struct_size: usize,
    version: *mut ValueVersion,
) -> Result<Code, Failure> {
    let Some(value) = found else { return Ok(Code::EMPTY) };
    if !any_bytes_valid {
        let invalid = |error| Failure::new(Code::INVALID, format_args!("the value is not valid: {error}"));
        value.layout().validate(value.bytes()).map_err(invalid)?;
    }
    // SAFETY: as the caller ensures.
    if let Some(version) = unsafe { version.as_mut() } {
        *version = value.version().into();
    }
    let elements = Elements::of(value.layout());
    // SAFETY: as the caller ensures.
    unsafe { Message::store(out, struct_size, (*value).clone(), elements) };
    Ok(Code::OK)
}

/// Stores whether the writer that has set a value has ended.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_value_writer_has_ended(
    reader: *mut ValueSource,
    version: *const ValueVersion,
    has_ended: *mut bool,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a reader that no other thread uses.
        let reader = &unsafe { handle(reader) }?.reader;
        // SAFETY: null, or a version.
        let version = unsafe { version.as_ref() }.and_then(|version| version.known());
        let version = version.ok_or_else(|| Failure::argument("the version is null, or all zero: read a value"))?;
        // SAFETY: the caller passes a place for a truth value.
        *unsafe { place(has_ended, "the answer") }? = reader.has_ended(version);
        Ok(Code::OK)
    })
}

/// Stores a descriptor that is readable when the value may have changed, until sc_value_get has found
/// nothing new. The reader owns it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_value_reader_event_fd(reader: *mut ValueSource, fd: *mut c_int) -> Code {
    guard(|| {
        // SAFETY: the caller passes a reader that no other thread uses.
        let source = unsafe { handle(reader) }?;
        let event_fd = source.reader.event_fd().map_err(Failure::system)?;
        // SAFETY: the caller passes a place for a number.
        *unsafe { place(fd, "the descriptor") }? = event_fd.as_fd().as_raw_fd();
        source.event_fd = Some(event_fd);
        Ok(Code::OK)
    })
}

/// Returns what ends each wait of the reader, from any thread; null for null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_value_reader_closer(reader: *const ValueSource) -> *mut Closer {
    // SAFETY: null, or a reader.
    let source = unsafe { shared(reader) };
    source.map_or(std::ptr::null_mut(), |source| hand_out(source.reader.closer()))
}

/// Frees a reader. Values that are held stay valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_value_reader_free(reader: *mut ValueSource) {
    // SAFETY: the caller passes what `sc_value_reader_create` has stored, once.
    unsafe { free(reader) };
}

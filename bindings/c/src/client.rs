//! Calls: requests to servers, and their responses.

use crate::failure::{Code, Failure, guard};
use crate::handles::{free, hand_out, handle, kinds, shared};
use crate::messages::{Elements, Message, check_place};
use crate::options::{self, duration};
use crate::{Schema, bytes, name, place};
use slotcast::dynamic::{Client, ClientError, Item, PendingCall};
use slotcast::{CallError, EventFd};
use std::ffi::{c_char, c_int, c_void};
use std::os::fd::{AsFd, AsRawFd};
use std::task::Poll;

/// Calls the servers of a service.
#[derive(Debug)]
pub struct Caller {
    client: Client,
    event_fd: Option<EventFd>,
}

/// A call that was made.
#[derive(Debug)]
pub struct Made {
    pending: PendingCall,
    /// The code with which its server has refused.
    code: u32,
}

kinds!(Caller: "client", Made: "call");

/// Creates a client of a service. A schema of a slice is for requests, or items, of any number of
/// elements. The window, 1 to 128, says how many calls can be open at once, and how many items of each
/// response the server sends before the first is taken; 0 is the default. A null domain is the default
/// one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_client_create(
    service: *const c_char,
    request: *const Schema,
    response: *const Schema,
    domain: *const c_char,
    window: u32,
    out: *mut *mut Caller,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a text.
        let service = unsafe { name(service) }?;
        // SAFETY: the caller passes a schema.
        let request = unsafe { shared(request) }?;
        // SAFETY: the caller passes a schema.
        let response = unsafe { shared(response) }?;
        // SAFETY: the caller passes null or a text.
        let domain = unsafe { options::domain(domain) }?.unwrap_or_default();
        // SAFETY: the caller passes a place for a pointer.
        let out = unsafe { place(out, "the result") }?;
        let builder = Client::builder(service).types(&request.0, &response.0).domain(&domain);
        let builder = if window == 0 { builder } else { builder.window(window) };
        *out = hand_out(Caller { client: builder.create()?, event_fd: None });
        Ok(Code::OK)
    })
}

/// Sends a request of this many bytes to one server, and stores the call. Its deadline is this time from
/// now; less than 0: never. Until then waits while there is no server, or as many calls are open as the
/// window. Does not wait for the response.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_call(
    client: *mut Caller,
    data: *const c_void,
    size: u64,
    timeout_ns: i64,
    out: *mut *mut Made,
) -> Code {
    // SAFETY: as the caller ensures.
    unsafe { call(client, data, size, out, |client, request| Ok(client.call_bytes(request, duration(timeout_ns))?)) }
}

/// Sends a request like sc_call, but does not wait: SC_FULL, or SC_ERROR_NO_SERVER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_try_call(
    client: *mut Caller,
    data: *const c_void,
    size: u64,
    timeout_ns: i64,
    out: *mut *mut Made,
) -> Code {
    // SAFETY: as the caller ensures.
    unsafe {
        call(client, data, size, out, |client, request| Ok(client.try_call_bytes(request, duration(timeout_ns))?))
    }
}

/// # Safety
/// The caller must ensure that the pointers are null or valid, with this many bytes of data, and that no
/// other thread uses the client.
unsafe fn call(
    client: *mut Caller,
    data: *const c_void,
    size: u64,
    out: *mut *mut Made,
    act: impl FnOnce(&Client, &[u8]) -> Result<PendingCall, Failure>,
) -> Code {
    guard(|| {
        // SAFETY: as the caller ensures.
        let out = unsafe { place(out, "the result") }?;
        *out = std::ptr::null_mut();
        // SAFETY: as the caller ensures.
        let client = &unsafe { handle(client) }?.client;
        // SAFETY: as the caller ensures.
        let request = unsafe { bytes(data, size, "request") }?;
        *out = hand_out(Made { pending: act(client, request)?, code: 0 });
        Ok(Code::OK)
    })
}

/// Stores the next item of the response. Waits up to the time; less than 0: until the deadline. SC_EMPTY:
/// none came in time. SC_ENDED: there are no more. The errors say how the call has ended otherwise.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_call_next(call: *mut Made, time_ns: i64, out: *mut Message) -> Code {
    guard(|| {
        // SAFETY: the caller passes a place for a message.
        let struct_size = unsafe { check_place(out) }?;
        // SAFETY: it was just checked.
        unsafe { Message::clear(out) };
        // SAFETY: the caller passes a call that no other thread uses.
        let Made { pending, code } = unsafe { handle(call) }?;
        match pending.wait_next(duration(time_ns)) {
            Poll::Pending => Ok(Code::EMPTY),
            Poll::Ready(Ok(None)) => Ok(Code::ENDED),
            Poll::Ready(Ok(Some(item))) => {
                // SAFETY: it was checked.
                unsafe { store(&item, out, struct_size) };
                Ok(Code::OK)
            }
            Poll::Ready(Err(error)) => {
                if let ClientError::Call(CallError::Refused(reason)) = &error {
                    *code = reason.code;
                }
                Err(error.into())
            }
        }
    })
}

/// Stores a request or an item.
///
/// # Safety
/// The caller must ensure that `check_place` has accepted the place, with this size.
pub(crate) unsafe fn store(item: &Item, out: *mut Message, struct_size: usize) {
    let elements = Elements::of(item.layout());
    // SAFETY: as the caller ensures.
    unsafe { Message::store_rest(out, struct_size, item.sample().clone(), item.offset(), elements) };
}

/// Returns the code with which the server has refused the call, after SC_ERROR_REFUSED; otherwise 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_call_code(call: *const Made) -> u32 {
    // SAFETY: null, or a call.
    unsafe { shared(call) }.map_or(0, |made| made.code)
}

/// Frees a call. If its response has not ended, it is cancelled: the server is told.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_call_free(call: *mut Made) {
    // SAFETY: the caller passes what `sc_call` has stored, once.
    unsafe { free(call) };
}

/// Stores how many servers the service has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_client_count_servers(client: *mut Caller, count: *mut u64) -> Code {
    guard(|| {
        // SAFETY: the caller passes a client that no other thread uses.
        let client = &unsafe { handle(client) }?.client;
        let servers = client.servers()?;
        // SAFETY: the caller passes a place for a number.
        *unsafe { place(count, "the number") }? = servers as u64;
        Ok(Code::OK)
    })
}

/// Stores a descriptor that is readable until sc_call_next of each open call has found nothing. It does
/// not tell of deadlines and of servers that have died: try again after 100 ms. The client owns it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_client_event_fd(client: *mut Caller, fd: *mut c_int) -> Code {
    guard(|| {
        // SAFETY: the caller passes a client that no other thread uses.
        let caller = unsafe { handle(client) }?;
        let event_fd = caller.client.event_fd().map_err(Failure::system)?;
        // SAFETY: the caller passes a place for a number.
        *unsafe { place(fd, "the descriptor") }? = event_fd.as_fd().as_raw_fd();
        caller.event_fd = Some(event_fd);
        Ok(Code::OK)
    })
}

/// Frees a client. Calls that were made go on until they are freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_client_free(client: *mut Caller) {
    // SAFETY: the caller passes what `sc_client_create` has stored, once.
    unsafe { free(client) };
}

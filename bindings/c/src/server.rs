//! Servers, and the calls that they work on.

use crate::client::store;
use crate::failure::{Code, Failure, guard};
use crate::handles::{free, hand_out, handle, kinds, shared};
use crate::messages::{Message, check_place};
use crate::options::{self, duration};
use crate::{Schema, bytes, name, place, text};
use slotcast::EventFd;
use slotcast::dynamic::{Server, ServerCall};
use slotcast::service::Reason;
use std::ffi::{c_char, c_int, c_void};
use std::os::fd::{AsFd, AsRawFd};

/// Serves the calls of a service.
#[derive(Debug)]
pub struct Service {
    server: Server,
    event_fd: Option<EventFd>,
}

/// A call that a server is working on, until it has ended.
#[derive(Debug)]
pub struct Served(Option<ServerCall>);

kinds!(Service: "server", Served: "call of a client");

impl Served {
    fn open(&mut self) -> Result<&mut ServerCall, Failure> {
        self.0.as_mut().ok_or_else(ended)
    }

    /// Returns the call, which this is of no use for any more.
    fn end(&mut self) -> Result<ServerCall, Failure> {
        self.0.take().ok_or_else(ended)
    }
}

fn ended() -> Failure {
    Failure::argument("the call has ended before: its server has responded, finished or refused")
}

/// Creates a server of a service. A schema of a slice is for requests, or items, of any number of
/// elements. With `any` it is one of any number of servers, and each call goes to one. Otherwise it is the
/// only one. While another one lives, waits up to `standby_ns`; less than 0: as long as it takes; 0: fails
/// with SC_ERROR_EXCLUSIVE at once. A null domain is the default one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_server_create(
    service: *const c_char,
    request: *const Schema,
    response: *const Schema,
    domain: *const c_char,
    any: bool,
    standby_ns: i64,
    out: *mut *mut Service,
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
        let builder = Server::builder(service, &request.0, &response.0).domain(&domain);
        let builder = if any { builder.any() } else { builder };
        let builder = if standby_ns == 0 { builder } else { builder.standby(duration(standby_ns)) };
        *out = hand_out(Service { server: builder.create()?, event_fd: None });
        Ok(Code::OK)
    })
}

/// Stores the next call that has neither expired nor been cancelled. Waits up to the time; less than 0: as
/// long as it takes. SC_EMPTY: there is none. The call can be used in another thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_server_next(server: *mut Service, time_ns: i64, out: *mut *mut Served) -> Code {
    guard(|| {
        // SAFETY: the caller passes a place for a pointer.
        let out = unsafe { place(out, "the result") }?;
        *out = std::ptr::null_mut();
        // SAFETY: the caller passes a server that no other thread uses.
        let server = &mut unsafe { handle(server) }?.server;
        let Some(call) = server.next_timeout(duration(time_ns))? else { return Ok(Code::EMPTY) };
        *out = hand_out(Served(Some(call)));
        Ok(Code::OK)
    })
}

/// Stores a descriptor that is readable when there may be calls, until sc_server_next has found none. The
/// server owns it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_server_event_fd(server: *mut Service, fd: *mut c_int) -> Code {
    guard(|| {
        // SAFETY: the caller passes a server that no other thread uses.
        let service = unsafe { handle(server) }?;
        let event_fd = service.server.event_fd().map_err(Failure::system)?;
        // SAFETY: the caller passes a place for a number.
        *unsafe { place(fd, "the descriptor") }? = event_fd.as_fd().as_raw_fd();
        service.event_fd = Some(event_fd);
        Ok(Code::OK)
    })
}

/// Frees a server. It takes no more calls, and refuses those that were not taken. The others go on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_server_free(server: *mut Service) {
    // SAFETY: the caller passes what `sc_server_create` has stored, once.
    unsafe { free(server) };
}

/// Stores the request of a call. It may outlive the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_server_call_request(call: *mut Served, out: *mut Message) -> Code {
    guard(|| {
        // SAFETY: the caller passes a place for a message.
        let struct_size = unsafe { check_place(out) }?;
        // SAFETY: it was just checked.
        unsafe { Message::clear(out) };
        // SAFETY: the caller passes a call that no other thread uses.
        let call = unsafe { handle(call) }?.open()?;
        // SAFETY: it was checked.
        unsafe { store(call.request(), out, struct_size) };
        Ok(Code::OK)
    })
}

/// Returns how long it is until the deadline: 0 if it has passed or the call has ended, `INT64_MAX` for
/// never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_server_call_remaining(call: *const Served) -> i64 {
    // SAFETY: null, or a call.
    let remaining = unsafe { shared(call) }.ok().and_then(|call| Some(call.0.as_ref()?.remaining()));
    remaining.map_or(0, |time| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX))
}

/// Returns whether the client wants nothing more of the call, or has ended, or the deadline has passed. So
/// it is of a call that has ended.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_server_call_is_cancelled(call: *const Served) -> bool {
    // SAFETY: null, or a call.
    let call = unsafe { shared(call) };
    call.ok().and_then(|call| Some(call.0.as_ref()?.is_cancelled())).unwrap_or(true)
}

/// Sends an item of this many bytes. Waits up to the time while the client has not taken as many as its
/// window; less than 0: until the deadline. SC_FULL: it was not sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_server_call_send(call: *mut Served, data: *const c_void, size: u64, time_ns: i64) -> Code {
    guard(|| {
        // SAFETY: the caller passes a call that no other thread uses.
        let call = unsafe { handle(call) }?.open()?;
        // SAFETY: the caller passes this many bytes.
        let item = unsafe { bytes(data, size, "item") }?;
        Ok(if call.send_within(item, duration(time_ns))? { Code::OK } else { Code::FULL })
    })
}

/// Sends the last item of the response, or the only one, as sc_server_call_send does. Then the call has
/// ended.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_server_call_respond(
    call: *mut Served,
    data: *const c_void,
    size: u64,
    time_ns: i64,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a call that no other thread uses.
        let served = unsafe { handle(call) }?;
        // SAFETY: the caller passes this many bytes.
        let item = unsafe { bytes(data, size, "item") }?;
        if !served.open()?.respond_within(item, duration(time_ns))? {
            return Ok(Code::FULL);
        }
        served.end()?;
        Ok(Code::OK)
    })
}

/// Ends the response after the items that were sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_server_call_finish(call: *mut Served) -> Code {
    guard(|| {
        // SAFETY: the caller passes a call that no other thread uses.
        unsafe { handle(call) }?.end()?.finish()?;
        Ok(Code::OK)
    })
}

/// Refuses the request, or ends the response with an error. Of the text 64 bytes are kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_server_call_refuse(call: *mut Served, code: u32, reason: *const c_char) -> Code {
    guard(|| {
        // SAFETY: the caller passes null or a text.
        let reason = unsafe { text(reason, "the reason") }?.unwrap_or_default();
        // SAFETY: the caller passes a call that no other thread uses.
        unsafe { handle(call) }?.end()?.refuse(&Reason::new(code, reason))?;
        Ok(Code::OK)
    })
}

/// Frees a call. If it has not ended, it is refused, with the code `UINT32_MAX`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_server_call_free(call: *mut Served) {
    // SAFETY: the caller passes what `sc_server_next` has stored, once.
    unsafe { free(call) };
}

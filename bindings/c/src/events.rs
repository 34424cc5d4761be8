//! Events: that something has happened, and how often.

use crate::failure::{Code, Failure, guard};
use crate::handles::{free, hand_out, handle, kinds, shared};
use crate::messages::halves;
use crate::options::{self, duration};
use crate::{place, text};
use slotcast::{EventFd, ListenError, Listener, Notice, Notifier, NotifyError};
use std::ffi::{c_char, c_int};
use std::os::fd::{AsFd, AsRawFd};

/// Hears of events, and has a descriptor once that was requested.
#[derive(Debug)]
pub struct Hearer {
    pub(crate) listener: Listener,
    event_fd: Option<EventFd>,
}

kinds!(Notifier: "notifier", Hearer: "listener");

impl From<NotifyError> for Failure {
    fn from(error: NotifyError) -> Self {
        Self::other(error)
    }
}

impl From<ListenError> for Failure {
    fn from(error: ListenError) -> Self {
        let code = match &error {
            ListenError::Mismatch(_) => Code::MISMATCH,
            ListenError::Attach(_) | ListenError::Corrupt { .. } => Code::CORRUPT,
            ListenError::Closed { .. } => Code::CLOSED,
            _ => return Self::other(error),
        };
        Self::new(code, error)
    }
}

/// Creates a notifier. A null domain is the default one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_notifier_create(
    events: *const c_char,
    domain: *const c_char,
    out: *mut *mut Notifier,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a text.
        let events = unsafe { text(events, "the name") }?.ok_or_else(|| Failure::argument("the name is null"))?;
        // SAFETY: the caller passes null or a text.
        let domain = unsafe { options::domain(domain) }?.unwrap_or_default();
        // SAFETY: the caller passes a place for a pointer.
        let out = unsafe { place(out, "the result") }?;
        *out = hand_out(Notifier::builder(events).domain(&domain).create()?);
        Ok(Code::OK)
    })
}

/// Tells each listener that an event has happened. Never waits; nothing is lost.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_notify(notifier: *mut Notifier, id: u8) -> Code {
    guard(|| {
        // SAFETY: the caller passes a notifier that no other thread uses.
        unsafe { handle(notifier) }?.notify(id)?;
        Ok(Code::OK)
    })
}

/// Waits until there are this many listeners, up to the time, and stores whether they are there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_notifier_wait_for_listeners(
    notifier: *const Notifier,
    count: u64,
    time_ns: i64,
    are_there: *mut bool,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a notifier that no other thread uses.
        let notifier = unsafe { shared(notifier) }?;
        let count = usize::try_from(count).map_err(Failure::argument)?;
        let found = notifier.wait_for_listeners(count, duration(time_ns)).map_err(Failure::system)?;
        // SAFETY: the caller passes a place for a truth value.
        *unsafe { place(are_there, "the answer") }? = found;
        Ok(Code::OK)
    })
}

/// Frees a notifier. What it has told is heard.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_notifier_free(notifier: *mut Notifier) {
    // SAFETY: the caller passes what `sc_notifier_create` has stored, once.
    unsafe { free(notifier) };
}

/// What a listener hears.
#[repr(C)]
#[allow(non_camel_case_types, reason = "these are the names in C")]
#[derive(Clone, Copy, Debug)]
pub enum NoticeKinds {
    /// An event has happened: `id`, `count` times.
    SC_NOTICE_EVENT = 1,
    /// A notifier has joined.
    SC_NOTICE_JOINED = 2,
    /// A notifier was freed.
    SC_NOTICE_LEFT = 3,
    /// The process of a notifier has ended without freeing it.
    SC_NOTICE_DIED = 4,
    /// Something that this header does not know.
    SC_NOTICE_OTHER = 5,
}

/// Something that a listener has heard.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Heard {
    /// One of sc_notice_kinds.
    kind: u32,
    /// Of an event.
    id: u32,
    /// How often an event has happened since the listener last heard of it from this notifier.
    count: u64,
    /// The identity of the notifier, the lower half first.
    notifier: [u64; 2],
    /// The process of the notifier.
    pid: u32,
    reserved: u32,
}

const _: () = assert!(size_of::<Heard>() == 40); // `tests/programs/peer.c` asserts the same of the header

impl From<&Notice> for Heard {
    fn from(notice: &Notice) -> Self {
        let kind = match notice {
            Notice::Event { .. } => NoticeKinds::SC_NOTICE_EVENT,
            Notice::Joined(_) => NoticeKinds::SC_NOTICE_JOINED,
            Notice::Left(_) => NoticeKinds::SC_NOTICE_LEFT,
            Notice::Died(_) => NoticeKinds::SC_NOTICE_DIED,
            _ => NoticeKinds::SC_NOTICE_OTHER,
        };
        let (id, count) = notice.event().unwrap_or_default();
        let peer = notice.notifier();
        Self { kind: kind as u32, id: id.into(), count, notifier: halves(peer.id.0), pid: peer.pid, reserved: 0 }
    }
}

/// Creates a listener. With `from_start` it also hears what notifiers that are present told before. A
/// null domain is the default one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_listener_create(
    events: *const c_char,
    domain: *const c_char,
    from_start: bool,
    out: *mut *mut Hearer,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a text.
        let events = unsafe { text(events, "the name") }?.ok_or_else(|| Failure::argument("the name is null"))?;
        // SAFETY: the caller passes null or a text.
        let domain = unsafe { options::domain(domain) }?.unwrap_or_default();
        // SAFETY: the caller passes a place for a pointer.
        let out = unsafe { place(out, "the result") }?;
        let builder = Listener::builder(events).domain(&domain);
        let builder = if from_start { builder.from_start() } else { builder };
        *out = hand_out(Hearer { listener: builder.create()?, event_fd: None });
        Ok(Code::OK)
    })
}

/// Stores what is heard next. Waits up to the time; less than 0: as long as it takes. SC_EMPTY:
/// nothing was heard.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_listen(listener: *mut Hearer, time_ns: i64, out: *mut Heard) -> Code {
    guard(|| {
        // SAFETY: the caller passes a listener that no other thread uses.
        let listener = &mut unsafe { handle(listener) }?.listener;
        // SAFETY: the caller passes a place for a notice.
        let out = unsafe { place(out, "the notice") }?;
        let notice = match time_ns {
            0 => listener.try_recv()?,
            ..0 => Some(listener.recv()?),
            _ => listener.recv_timeout(duration(time_ns))?,
        };
        let Some(notice) = notice else { return Ok(Code::EMPTY) };
        *out = Heard::from(&notice);
        Ok(Code::OK)
    })
}

/// Stores a descriptor that is readable while there is something to hear. The listener owns it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_listener_event_fd(listener: *mut Hearer, fd: *mut c_int) -> Code {
    guard(|| {
        // SAFETY: the caller passes a listener that no other thread uses.
        let hearer = unsafe { handle(listener) }?;
        let event_fd = hearer.listener.event_fd().map_err(Failure::system)?;
        // SAFETY: the caller passes a place for a number.
        *unsafe { place(fd, "the descriptor") }? = event_fd.as_fd().as_raw_fd();
        hearer.event_fd = Some(event_fd);
        Ok(Code::OK)
    })
}

/// Frees a listener.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_listener_free(listener: *mut Hearer) {
    // SAFETY: the caller passes what `sc_listener_create` has stored, once.
    unsafe { free(listener) };
}

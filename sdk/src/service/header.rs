//! What the service writes before each request and response.

use crate::endpoint::{coarse_now_ns, now_ns};
use crate::registry::EndpointId;
use crate::schema::Str;
use slotcast_macros::ShmMessage;
use std::time::Duration;

/// A deadline that never comes.
pub(crate) const FOR_EVER: u64 = u64::MAX;

/// What a message of a client is.
#[derive(ShmMessage, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum RequestKind {
    /// A request: one element.
    Request,
    /// The client has received the items before `item`.
    Acknowledge,
    /// The client has missed items: those from `item` on are wanted again.
    Repeat,
    /// The client wants nothing more of this call.
    Cancel,
}

/// What stands before each message of a client.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub struct RequestHeader {
    /// The server that is meant: its responses' publisher, the lower half first.
    pub server: [u64; 2],
    /// The number of the call among the client's. A request ends the call of the same client whose
    /// number has the same remainder modulo 128: it was in the same place.
    pub call: u64,
    /// When it expires, in nanoseconds of `CLOCK_MONOTONIC`; the greatest number means never.
    pub deadline_ns: u64,
    /// The item that an acknowledgement or a repetition is about.
    pub item: u64,
    /// How many items the client takes beyond those it has acknowledged.
    pub window: u32,
    /// What the message is.
    pub kind: RequestKind,
}

/// What a message of a server is.
#[derive(ShmMessage, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ResponseKind {
    /// An item of the response: one element.
    Item,
    /// An item after which there are no more.
    Last,
    /// There are no more items.
    End,
    /// The server refuses the request, or ends the response with an error.
    Refused,
    /// The deadline has passed.
    Expired,
}

/// What stands before each message of a server.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub struct ResponseHeader {
    /// The client that is meant: its requests' publisher, the lower half first.
    pub client: [u64; 2],
    /// The number of the call among the client's.
    pub call: u64,
    /// The number of the item in the response, from 0. What ends the response counts, too.
    pub item: u64,
    /// What the message is.
    pub kind: ResponseKind,
    /// For a refusal the code of its reason.
    pub code: u32,
    /// For a refusal the text of its reason.
    pub text: Str<64>,
}

/// Why a server refuses a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What programs distinguish; the service gives it its meaning.
    pub code: u32,
    /// What people read: at most 64 bytes.
    pub text: Str<64>,
}

impl Reason {
    /// The code of a call that the server dropped without an end.
    pub const ABANDONED: u32 = u32::MAX;
    /// The code of a request that is a slice, to a server of requests that are not.
    pub const MALFORMED: u32 = u32::MAX - 1;
    /// The code of a call to a server that was dropped while it still had calls to work on.
    pub const CLOSED: u32 = u32::MAX - 2;
    pub(crate) const NONE: Self = Self { code: 0, text: Str::new() };

    /// Creates a reason. Of a text of more than 64 bytes the beginning is kept.
    pub fn new(code: u32, text: &str) -> Self {
        let end = (0..=text.len().min(64)).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        Self { code, text: Str::try_from(&text[..end]).unwrap_or_default() }
    }
}

/// Returns how long it is until a deadline: zero if it has passed, `Duration::MAX` if it never does.
pub(crate) fn until(deadline_ns: u64) -> Duration {
    match deadline_ns {
        FOR_EVER => Duration::MAX,
        deadline => Duration::from_nanos(deadline.saturating_sub(now_ns())),
    }
}

/// How far the coarse clock can be behind the exact one, with a reserve.
const COARSE_BY: u64 = 20_000_000;

/// Returns whether a deadline has passed. Far from it that is told by the coarse clock, which costs
/// less.
pub(crate) fn is_over(deadline_ns: u64) -> bool {
    is_over_at(coarse_now_ns(), deadline_ns)
}

/// Returns whether a deadline has passed, if the coarse clock has just shown `now_ns`.
pub(crate) fn is_over_at(now_ns: u64, deadline_ns: u64) -> bool {
    now_ns.saturating_add(COARSE_BY) >= deadline_ns && until(deadline_ns).is_zero()
}

/// Returns the deadline that is `time` from now; `Duration::MAX` is never.
pub(crate) fn after(time: Duration) -> u64 {
    if time == Duration::MAX {
        return FOR_EVER;
    }
    now_ns().saturating_add(u64::try_from(time.as_nanos()).unwrap_or(FOR_EVER))
}

/// Returns whether `halves` stand for this endpoint.
pub(crate) fn names(halves: [u64; 2], id: EndpointId) -> bool {
    halves == id.halves()
}

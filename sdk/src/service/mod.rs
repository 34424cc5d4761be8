//! Request and response: clients call servers, each request goes to one server, and its response is
//! a stream of items.
//!
//! A service is two topics. The publishers of `NAME~requests` are clients, those of
//! `NAME~responses` are servers. Everything between the two is a message of one of these topics.

pub(crate) mod agreement;
mod body;
mod client;
mod client_call;
pub(crate) mod client_calls;
mod client_core;
pub(crate) mod client_servers;
mod error;
pub(crate) mod header;
mod loan;
mod outgoing;
mod pending;
mod response;
mod server;
mod server_call;
pub(crate) mod server_calls;
mod server_core;
mod server_send;

pub use body::Body;
pub use client::{Client, ClientBuilder};
pub use client_call::CallOfLoan;
pub(crate) use client_call::is_passing;
pub(crate) use error::End;
pub use error::{CallError, ServeError};
pub use header::{Reason, RequestHeader, RequestKind, ResponseHeader, ResponseKind};
pub(crate) use header::{after, until};
pub use loan::{BodyLoan, RequestLoan, ResponseLoan};
#[cfg(feature = "tokio")]
pub(crate) use outgoing::Outgoing;
pub use pending::PendingCall;
pub use response::Response;
pub use server::{Server, ServerBuilder};
pub use server_call::ServerCall;

use std::time::Duration;

/// The types of a service, of which a builder has none.
type Types<Req, Res> = (fn(&Req), fn(&Res));

/// How long a wait sleeps before it looks again whether the other side lives.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How many responses stay readable: a client that falls further behind asks for them again.
pub(crate) const RESPONSE_DEPTH: u64 = 256;

/// How long a server that reads nothing may hold up the calls to others.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// How many messages a client can be ahead of the server that reads slowest.
pub(crate) const REQUEST_DEPTH: u64 = 256;

/// Messages of up to this many bytes, headers included, are copied: that takes less time than reading
/// them where they are.
pub(crate) const SMALL: usize = 512;

/// The window of a client that sets none.
pub(crate) const WINDOW: u32 = 8;

/// The largest window.
pub(crate) const MAX_WINDOW: u32 = 128;

/// How often a wait polls before it looks at the clock.
const POLLS: u32 = 16;

pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

//! How a call can fail.

use super::header::Reason;
use crate::error_debug::debug_is_display;
use crate::publisher::PublishError;
use crate::registry::{EndpointId, TopicName};
use crate::subscriber::RecvError;
use std::time::Duration;

/// How a call has ended.
#[derive(Clone, Copy)]
pub(crate) enum End {
    Done,
    Refused(Reason),
    Expired,
    Died,
    Replaced,
    /// The server has sent an item of this many elements.
    Malformed(usize),
}

/// Why a call has no response, or its response no further item.
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// use slotcast::{CallError, Client};
///
/// let client = Client::<u64, u64>::builder("squares").domain(&domain).create()?;
/// match client.try_call(&12) {
///     Err(CallError::NoServer { service }) => assert_eq!(service, "squares"),
///     other => unreachable!("there is no server: {other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(thiserror::Error)]
pub enum CallError {
    /// The client has as many calls open as its window. Only from `try_call`.
    #[error("service \"{service}\": {window} calls are open, which is this client's window: finish or drop one")]
    Full {
        /// The service.
        service: String,
        /// The window.
        window: u32,
    },
    /// There is no server. `call` waits for one until its deadline.
    #[error("service \"{service}\" has no server: start one")]
    NoServer {
        /// The service.
        service: String,
    },
    /// The deadline is zero.
    #[error("service \"{service}\": a deadline of zero has passed before the call: give it time")]
    ZeroDeadline {
        /// The service.
        service: String,
    },
    /// The server refuses the request, or ended the response with an error.
    #[error("the server refuses: {} (code {})", .0.text, .0.code)]
    Refused(Reason),
    /// The deadline has passed.
    #[error("the call has expired: there was no end of the response within {0:?}")]
    Expired(Duration),
    /// The server's process has died, or has dropped the server.
    #[error("the server {server} has ended before the response: whether it acted is unknown")]
    ServerDied {
        /// The identity of the server.
        server: EndpointId,
    },
    /// The server has ended, and another one has taken its place, which does not know of the call.
    #[error("the server {server} was replaced before the response: whether it acted is unknown")]
    ServerReplaced {
        /// The identity of the server that was called.
        server: EndpointId,
    },
    /// A message breaks the rules of services.
    #[error("topic \"{topic}\": the server has sent an item of {elements} elements, not one")]
    Malformed {
        /// The topic of the responses.
        topic: TopicName,
        /// How many elements the item has.
        elements: usize,
    },
    /// The request cannot be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The responses cannot be received.
    #[error(transparent)]
    Receive(#[from] RecvError),
}

/// Why a server cannot respond.
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// use slotcast::{Client, ServeError, Server};
///
/// let mut server = Server::<u64, u64>::builder("squares").domain(&domain).create()?;
/// let client = Client::<u64, u64>::builder("squares").domain(&domain).create()?;
/// let pending = client.call(&12)?;
/// let call = server.next()?;
/// drop(pending);
/// assert!(matches!(call.send(&144), Err(ServeError::Cancelled)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(thiserror::Error)]
pub enum ServeError {
    /// The client wants nothing more of this call, or has ended.
    #[error("the client has cancelled the call, or has ended: drop it")]
    Cancelled,
    /// The deadline has passed.
    #[error("the deadline of the call has passed: drop it")]
    Expired,
    /// The response cannot be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// A client's requests cannot be received. Those of others can.
    #[error(transparent)]
    Receive(#[from] RecvError),
}

debug_is_display!(CallError {
    Full { service, window },
    NoServer { service },
    ZeroDeadline { service },
    Refused(reason),
    Expired(time),
    ServerDied { server },
    ServerReplaced { server },
    Malformed { topic, elements },
    Publish(error),
    Receive(error),
});

debug_is_display!(ServeError { Cancelled, Expired, Publish(error), Receive(error) });

//! What peers offer beside messages: events, request and response, and the latest value.

use super::Failure;
use crate::channel::Channel;
use serde::{Deserialize, Serialize};

/// The most kinds of events that are told apart.
pub(crate) const IDS: usize = 8;

/// How often each kind of event has happened.
pub(crate) type Heard = [u64; IDS];

/// A way to tell another process that something has happened.
pub(crate) trait Events {
    type Notifier: Notifier;
    type Listener: Listener;
    /// How many kinds of events it tells apart: at most [`IDS`].
    const IDS: usize;

    /// Creates the end that tells, in its process. Waits for the listener if the peer needs to.
    fn notifier(channel: &Channel) -> Result<Self::Notifier, Failure>;

    /// Creates the end that listens, in its process. Waits for the notifier if the peer needs to.
    /// `idling` is what it does while nothing happens.
    fn listener(channel: &Channel, idling: Idling) -> Result<Self::Listener, Failure>;
}

/// What a process does while it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Idling {
    /// It looks again and again.
    Polls,
    /// It lets the kernel wake it, without polling before.
    Sleeps,
}

/// Tells that something has happened.
pub(crate) trait Notifier {
    fn notify(&mut self, id: usize) -> Result<(), Failure>;
}

/// Hears what has happened.
pub(crate) trait Listener {
    /// Adds what has happened since the last call. Does not wait if the listener polls; otherwise
    /// sleeps until something has happened.
    fn hear(&mut self, heard: &mut Heard) -> Result<(), Failure>;
}

/// The words of a request and of a response: 64 bytes.
pub(crate) type CallWords = [u64; 8];

/// A way to ask another process, which answers.
pub(crate) trait Services {
    type Client: Client;
    type Server: Server;

    /// Creates the end that asks, in its process. Waits for the server if the peer needs to.
    fn client(channel: &Channel, idling: Idling) -> Result<Self::Client, Failure>;

    /// Creates the end that answers, in its process. Waits for the client if the peer needs to.
    fn server(channel: &Channel, idling: Idling) -> Result<Self::Server, Failure>;
}

/// Asks, and waits for the answer.
pub(crate) trait Client {
    /// Sends a request that `write` writes, waits for the response, and passes it to `read`.
    fn call<R>(&mut self, write: impl Fn(&mut CallWords), read: impl Fn(&CallWords) -> R) -> Result<R, Failure>;
}

/// Answers.
pub(crate) trait Server {
    /// Waits for a request, and sends the response that `answer` writes. Returns what that returns.
    fn serve<R>(&mut self, answer: impl Fn(&CallWords, &mut CallWords) -> R) -> Result<R, Failure>;
}

/// The words of a value: 48 bytes.
pub(crate) type ValueWords = [u64; 6];

/// A way to keep the latest value for other processes.
pub(crate) trait Values {
    type Writer: Writer;
    type Reader: Reader;

    /// Creates the end that sets the value, in its process, without waiting for readers. It has set
    /// `first`.
    fn writer(channel: &Channel, first: &ValueWords) -> Result<Self::Writer, Failure>;

    /// Creates an end that reads the value, in its process. Waits for the writer if the peer needs to.
    fn reader(channel: &Channel) -> Result<Self::Reader, Failure>;
}

/// Sets the value.
pub(crate) trait Writer {
    fn set(&mut self, value: &ValueWords) -> Result<(), Failure>;
}

/// Reads the value.
pub(crate) trait Reader {
    /// Passes the latest value to `read`. Returns `None` if the writer was not found yet.
    fn get<R>(&mut self, read: impl Fn(&ValueWords) -> R) -> Result<Option<R>, Failure>;
}

//! The client of a service.

use super::client_core::ClientCore;
use super::error::CallError;
use super::pending::PendingCall;
use super::{LOOK_EVERY, MAX_WINDOW, REQUEST_DEPTH, agreement, header};
use crate::endpoint::CreateError;
use crate::publisher::{PublishError, Publisher};
use crate::registry::{Domain, Part, TopicName};
use crate::schema::ShmMessage;
use crate::subscriber::Subscriber;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Calls the servers of a service: each request goes to one of them, and its response is a stream.
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// use slotcast::{Client, Server};
///
/// let mut server = Server::<u64, u64>::builder("squares").domain(&domain).create()?;
/// let client = Client::<u64, u64>::builder("squares").domain(&domain).create()?;
/// let mut pending = client.call(&12)?;
///
/// let mut call = server.next()?; // in any other process
/// let square = call.request().pow(2);
/// call.send(&square)?;
/// call.finish()?;
///
/// assert_eq!(pending.next()?.as_deref(), Some(&144));
/// assert!(pending.next()?.is_none(), "there was one item");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Client<Req: ShmMessage, Res: ShmMessage> {
    core: Arc<Mutex<ClientCore<Req, Res>>>,
    timeout: Duration,
}

/// Sets up a [`Client`].
#[must_use = "`create` creates the client"]
pub struct ClientBuilder<Req, Res> {
    service: String,
    domain: Domain,
    name: String,
    window: u32,
    timeout: Duration,
    messages: PhantomData<fn(&Req) -> Res>,
}

impl<Req: ShmMessage, Res: ShmMessage> ClientBuilder<Req, Res> {
    /// Sets the domain. By default [`Domain::default`].
    pub fn domain(mut self, domain: &Domain) -> Self {
        self.domain = domain.clone();
        self
    }

    /// Sets a name for people, which peers and errors show. By default empty.
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// Sets how many calls can be open at once, and how many items of each response the server sends
    /// before the first of them is taken: 1 to 128. By default 8.
    pub fn window(mut self, calls: u32) -> Self {
        self.window = calls;
        self
    }

    /// Sets how long calls may take. By default 5 s; zero is refused; `Duration::MAX` is for ever.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Creates the client. It need not have a server yet.
    ///
    /// # Errors
    /// When the name is not valid, a setting is out of its range, the types are not those of the
    /// service's other clients and servers, or there is no memory.
    pub fn create(self) -> Result<Client<Req, Res>, CreateError> {
        let topic = TopicName::new(&self.service)?;
        let problem = if !(1..=MAX_WINDOW).contains(&self.window) {
            Some(format!("a window of {}: it can be 1 to {MAX_WINDOW}", self.window))
        } else if self.timeout.is_zero() {
            Some("a timeout of zero: no call could succeed; `Duration::MAX` is for ever".into())
        } else {
            None
        };
        if let Some(reason) = problem {
            return Err(CreateError::Setting { topic, reason });
        }
        // First what receives: no response to a request can come before.
        let responses = Subscriber::builder(topic.part(Part::Responses)).domain(&self.domain).name(&self.name);
        let responses = responses.create()?;
        let requests = Publisher::builder(topic.part(Part::Requests)).domain(&self.domain).name(&self.name);
        let requests = requests.depth(REQUEST_DEPTH).lossless(LOOK_EVERY).create()?;
        agreement::check(requests.topic(), requests.membership())?;
        let core = ClientCore::new(self.service, self.window, requests, responses);
        Ok(Client { core: Arc::new(Mutex::new(core)), timeout: self.timeout })
    }
}

impl<Req: ShmMessage, Res: ShmMessage> Client<Req, Res> {
    /// Creates a client of a service in the default domain.
    ///
    /// # Errors
    /// As [`ClientBuilder::create`].
    pub fn new(service: &str) -> Result<Self, CreateError> {
        Self::builder(service).create()
    }

    /// Sets up a client of a service.
    pub fn builder(service: &str) -> ClientBuilder<Req, Res> {
        ClientBuilder {
            service: service.into(),
            domain: Domain::default(),
            name: String::new(),
            window: 8,
            timeout: Duration::from_secs(5),
            messages: PhantomData,
        }
    }

    /// Sends a request to one server. Waits until its deadline while there is no server, or as many
    /// calls are open as the window. Does not wait for the response.
    ///
    /// # Errors
    /// What [`try_call`](Self::try_call) reports when the deadline has passed.
    pub fn call(&self, request: &Req) -> Result<PendingCall<Req, Res>, CallError> {
        self.call_within(request, self.timeout)
    }

    /// Sends a request like [`call`](Self::call), with a deadline of its own: `Duration::MAX` is for
    /// ever.
    ///
    /// # Errors
    /// As [`call`](Self::call), and for a deadline of zero.
    pub fn call_within(&self, request: &Req, timeout: Duration) -> Result<PendingCall<Req, Res>, CallError> {
        let deadline_ns = header::after(timeout);
        loop {
            match self.begin(request, timeout, deadline_ns) {
                Err(
                    CallError::Full { .. }
                    | CallError::NoServer { .. }
                    | CallError::Publish(PublishError::LagTimeout(_) | PublishError::Full { .. }),
                ) if !header::until(deadline_ns).is_zero() => {
                    let slice = header::until(deadline_ns).min(Duration::from_millis(1));
                    self.core.lock().unwrap_or_else(PoisonError::into_inner).wait(slice)?;
                }
                done => return done,
            }
        }
    }

    /// Sends a request like [`call`](Self::call), but does not wait for a server or for the window.
    ///
    /// # Errors
    /// [`CallError::Full`], [`CallError::NoServer`], and when the request cannot be published.
    pub fn try_call(&self, request: &Req) -> Result<PendingCall<Req, Res>, CallError> {
        self.begin(request, self.timeout, header::after(self.timeout))
    }

    fn begin(&self, request: &Req, timeout: Duration, deadline_ns: u64) -> Result<PendingCall<Req, Res>, CallError> {
        let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        if timeout.is_zero() {
            return Err(CallError::ZeroDeadline { service: core.service.clone() });
        }
        let call = core.begin(request, deadline_ns)?;
        drop(core);
        Ok(PendingCall { core: self.core.clone(), call, timeout })
    }
}

impl<Req: ShmMessage, Res: ShmMessage> fmt::Debug for Client<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl<Req, Res> fmt::Debug for ClientBuilder<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("service", &self.service).finish_non_exhaustive()
    }
}

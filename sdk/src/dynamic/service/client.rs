//! Clients without a Rust type.

use super::client_core::ClientCore;
use super::error::ClientError;
use super::frame::Frame;
use super::pending::PendingCall;
use crate::dynamic::{Layout, OpenError, PublishError, Publisher, Subscriber, Value};
use crate::endpoint::CreateError;
use crate::publisher::LaggardPolicy;
use crate::registry::{Domain, Entry, Part, RegistryError, Role, TopicName, TopicView};
use crate::schema::ShmMessage;
use crate::service::{
    CallError, MAX_WINDOW, REQUEST_DEPTH, RequestHeader, ResponseHeader, SMALL, WINDOW, after, agreement, is_passing,
    until,
};
use crate::wait::{EventFd, Waitable};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Calls the servers of a service, without a Rust type.
///
/// For other processes it is a client like [`Client<Req, Res>`](crate::Client). Its types are those of
/// the server that is present, or are [set](ClientBuilder::types).
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// use slotcast::dynamic::{Client, Value};
///
/// let mut server = slotcast::Server::<u64, u64>::builder("squares").domain(&domain).create()?;
/// let client = Client::new("squares", &domain)?;
/// let mut pending = client.call(&Value::Int(12), std::time::Duration::from_secs(5))?;
/// let call = server.next()?; // in any other process
/// let square = call.request().pow(2);
/// call.respond(&square)?;
/// assert_eq!(pending.next()?.expect("there is one item").value()?, Value::Int(144));
/// assert!(pending.next()?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Client {
    core: Arc<Mutex<ClientCore>>,
}

/// Sets up a [`Client`]; see [`Client::builder`].
#[must_use = "`create` creates the client"]
pub struct ClientBuilder {
    service: String,
    domain: Domain,
    name: String,
    window: u32,
    types: Option<(Layout, Layout)>,
}

impl Client {
    /// Creates a client of a service that has a server.
    ///
    /// # Errors
    /// When there is no server, its types cannot be used, or the registry cannot be read.
    pub fn new(service: &str, domain: &Domain) -> Result<Self, ClientError> {
        Self::builder(service).domain(domain).create()
    }

    /// Sets up a client of a service.
    pub fn builder(service: &str) -> ClientBuilder {
        let (service, domain, name) = (service.to_owned(), Domain::default(), String::new());
        ClientBuilder { service, domain, name, window: WINDOW, types: None }
    }

    /// Sends a request to one server. Waits until its deadline, which is `timeout` from now, while there
    /// is no server, or as many calls are open as the window. Does not wait for the response.
    ///
    /// If the types were not set, a list is a request of its elements, and anything else one of one
    /// element. A slice with a header is a struct of a `header` and its `elements`.
    ///
    /// # Errors
    /// When the value is not a request, or `timeout` is zero. When the deadline has passed, as
    /// [`Client::try_call`](crate::Client::try_call).
    pub fn call(&self, request: &Value, timeout: Duration) -> Result<PendingCall, ClientError> {
        let encoded = self.core().request.encode(request);
        self.call_bytes(&encoded.map_err(PublishError::from)?, timeout)
    }

    /// The same as [`call`](Self::call), with a request as its bytes: of a slice with a header those of the
    /// header, and then those of the elements.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn call_bytes(&self, request: &[u8], timeout: Duration) -> Result<PendingCall, ClientError> {
        let deadline_ns = after(timeout);
        loop {
            match self.begin(request, timeout, deadline_ns) {
                Err(ClientError::Call(error)) if is_passing(&error) && !until(deadline_ns).is_zero() => {
                    // What makes it possible may not ring: a call of this client is dropped.
                    let slice = until(deadline_ns).min(Duration::from_millis(1));
                    let sleep = self.core().prepare_to_sleep()?;
                    sleep.sleep(slice);
                }
                done => return done,
            }
        }
    }

    /// Sends a request like [`call_bytes`](Self::call_bytes), but does not wait for a server or for the
    /// window. The deadline is `timeout` from now.
    ///
    /// # Errors
    /// [`CallError::Full`], [`CallError::NoServer`], and when the request cannot be published.
    pub fn try_call_bytes(&self, request: &[u8], timeout: Duration) -> Result<PendingCall, ClientError> {
        self.begin(request, timeout, after(timeout))
    }

    fn begin(&self, request: &[u8], timeout: Duration, deadline_ns: u64) -> Result<PendingCall, ClientError> {
        let mut core = self.core();
        if timeout.is_zero() {
            return Err(CallError::ZeroDeadline { service: core.service.clone() }.into());
        }
        // The frame is valid with any number of elements, and a request of a type is one of them.
        core.request.validate(request).map_err(PublishError::from)?;
        let call = core.begin(request, deadline_ns)?;
        drop(core);
        Ok(PendingCall { core: Arc::clone(&self.core), call, timeout })
    }

    /// Returns the layout of requests. If the types were not set, `is_slice` chooses that of a slice, or of
    /// one element.
    pub fn request_layout(&self, is_slice: bool) -> Layout {
        self.core().request.layout(is_slice).clone()
    }

    /// Returns whether requests or items are slices with a header.
    pub fn has_headers(&self) -> bool {
        let core = self.core();
        core.request.header.is_some() || core.response.header.is_some()
    }

    /// Returns how many servers live.
    ///
    /// # Errors
    /// When the registry cannot be read, or a server has other types.
    pub fn servers(&self) -> Result<usize, ClientError> {
        Ok(self.core().servers()?)
    }

    /// Returns a descriptor to wait for. It is readable until [`try_next`](PendingCall::try_next) of each
    /// open call has found nothing.
    ///
    /// It does not tell of deadlines and of servers that have died: try again after 100 ms.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn event_fd(&self) -> Result<EventFd, RegistryError> {
        self.core().event_fd()
    }

    /// Returns how many messages have come so far. What one call has received may be for another one:
    /// those that wait for the descriptor look again when this has changed.
    pub fn received(&self) -> u64 {
        self.core().received
    }

    fn core(&self) -> MutexGuard<'_, ClientCore> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientBuilder {
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

    /// Sets the layouts of requests and of items, so that no server needs to be present yet. One of
    /// variable size is a slice. By default they are those of the server that is present.
    pub fn types(mut self, request: &Layout, response: &Layout) -> Self {
        self.types = Some((request.clone(), response.clone()));
        self
    }

    /// Creates the client.
    ///
    /// # Errors
    /// [`CallError::NoServer`] when there is none, and no types were set. Otherwise as for
    /// [clients with types](crate::service::ClientBuilder).
    pub fn create(self) -> Result<Client, ClientError> {
        let name = TopicName::new(&self.service).map_err(|error| OpenError::from(CreateError::from(error)))?;
        let created = |error: CreateError| ClientError::from(OpenError::from(error));
        if !(1..=MAX_WINDOW).contains(&self.window) {
            let reason = format!("a window of {}: it can be 1 to {MAX_WINDOW}", self.window);
            return Err(created(CreateError::Setting { topic: name, reason }));
        }
        let (requests, responses) = (name.part(Part::Requests), name.part(Part::Responses));
        let (request, response) = match &self.types {
            Some((request, response)) => (
                Frame::of(&requests, RequestHeader::SCHEMA, request).map_err(created)?,
                Frame::of(&responses, ResponseHeader::SCHEMA, response).map_err(created)?,
            ),
            None => self.of_server(&requests, &responses)?,
        };
        // First what receives: no response to a request can come before.
        let builder = Subscriber::builder(responses).domain(&self.domain).name(&self.name).layout(&response.whole);
        let mut responses = builder.create()?;
        responses.core.copy_small(SMALL);
        let builder = Publisher::builder(requests, &request.whole).domain(&self.domain).name(&self.name);
        // A request never waits here: it fails, or leaves behind a server that has not read for long.
        let builder = builder.lossless(Duration::ZERO).laggards(LaggardPolicy::DetachUntilRead);
        let builder = builder.depth(REQUEST_DEPTH).timestamps(false);
        let requests = builder.create().map_err(created)?;
        agreement::check(requests.topic(), requests.membership()).map_err(created)?;
        let core = ClientCore::new(self.service, self.window, (request, requests), (response, responses));
        Ok(Client { core: Arc::new(Mutex::new(core)) })
    }

    /// Returns the types of the server that is present.
    fn of_server(&self, requests: &TopicName, responses: &TopicName) -> Result<(Frame, Frame), ClientError> {
        let no_server = || CallError::NoServer { service: self.service.clone() };
        let failed = |reason| OpenError::from(CreateError::Registry { topic: requests.clone(), reason });
        let request = layout_of(&self.domain, requests, Role::Subscriber).map_err(failed)?.ok_or_else(no_server)?;
        let response = layout_of(&self.domain, responses, Role::Publisher).map_err(failed)?.ok_or_else(no_server)?;
        let no_service = |topic: &TopicName| {
            let reason = "what is there is no service, or one of another version".to_owned();
            ClientError::from(OpenError::from(CreateError::Setting { topic: topic.clone(), reason }))
        };
        Ok((
            Frame::found(request, RequestHeader::SCHEMA).ok_or_else(|| no_service(requests))?,
            Frame::found(response, ResponseHeader::SCHEMA).ok_or_else(|| no_service(responses))?,
        ))
    }
}

/// Returns the layout of a living endpoint, if there is one.
fn layout_of(domain: &Domain, topic: &TopicName, role: Role) -> Result<Option<Layout>, RegistryError> {
    let Some(view) = TopicView::open(domain, topic)? else { return Ok(None) };
    for name in view.names(role)? {
        if let Entry::Live(peer) = view.peer(&name)?
            && let Ok(layout) = Layout::new(peer.schema)
        {
            return Ok(Some(layout));
        }
    }
    Ok(None)
}

impl Waitable for Client {
    fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        Client::event_fd(self)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("service", &self.core().service).finish_non_exhaustive()
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("service", &self.service).finish_non_exhaustive()
    }
}

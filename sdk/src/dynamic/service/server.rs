//! Servers without a Rust type.

use super::error::ServerError;
use super::frame::Frame;
use super::server_call::ServerCall;
use super::server_core::{Queued, ServerCore};
use crate::dynamic::{Layout, OpenError, Publisher, Subscriber};
use crate::endpoint::CreateError;
use crate::publisher::Standby;
use crate::registry::{Domain, Part, RegistryError, TopicName};
use crate::schema::ShmMessage;
use crate::service::{LOOK_EVERY, RESPONSE_DEPTH, RequestHeader, ResponseHeader, SMALL, agreement};
use crate::wait::{EventFd, Waitable};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Serves the calls of a service's clients, without a Rust type.
///
/// For other processes it is a server like [`Server<Req, Res>`](crate::Server). Requests that have expired
/// or were cancelled are skipped.
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// use slotcast::dynamic::{Layout, Server, Value};
///
/// let layout = Layout::of::<u64>()?;
/// let mut server = Server::builder("squares", &layout, &layout).domain(&domain).create()?;
/// let client = slotcast::Client::<u64, u64>::builder("squares").domain(&domain).create()?;
/// let pending = client.call(&12)?; // in any other process
///
/// let call = server.next()?;
/// let number = call.request().value()?.as_int().expect("it is a number");
/// call.respond(&Value::Int(number * number))?;
/// assert_eq!(pending.one()?.as_deref(), Some(&144));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Server {
    core: Arc<Mutex<ServerCore>>,
}

/// Sets up a [`Server`]; see [`Server::builder`].
#[must_use = "`create` creates the server"]
pub struct ServerBuilder {
    service: String,
    request: Layout,
    response: Layout,
    domain: Domain,
    name: String,
    any: bool,
    standby: Option<Duration>,
}

impl ServerBuilder {
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

    /// Makes it one of any number of servers: each call goes to one of them. By default it is the only
    /// one.
    pub fn any(mut self) -> Self {
        self.any = true;
        self
    }

    /// Stands by while another server lives, and takes over when that one leaves or dies. By default
    /// creation fails at once. See [`service::ServerBuilder::standby`](crate::service::ServerBuilder::standby).
    pub fn standby(mut self, timeout: Duration) -> Self {
        self.standby = Some(timeout);
        self
    }

    /// Creates the server.
    ///
    /// # Errors
    /// As for [servers with types](crate::service::ServerBuilder::create).
    pub fn create(self) -> Result<Server, CreateError> {
        let topic = TopicName::new(&self.service)?;
        let (requests, responses) = (topic.part(Part::Requests), topic.part(Part::Responses));
        let request = Frame::of(&requests, RequestHeader::SCHEMA, &self.request)?;
        let response = Frame::of(&responses, ResponseHeader::SCHEMA, &self.response)?;
        let standby = Standby::begin(self.standby);
        loop {
            if !self.any {
                // Before it receives: clients would wait for one that stands by to read.
                standby.wait_in(&self.domain, &responses, response.whole.schema())?;
            }
            match self.create_once((&request, &requests), (&response, &responses)) {
                Err(CreateError::Exclusive { .. }) if standby.is_on() => {} // another one was faster
                created => return created,
            }
        }
    }

    fn create_once(
        &self,
        (request, requests): (&Frame, &TopicName),
        (response, responses): (&Frame, &TopicName),
    ) -> Result<Server, CreateError> {
        // First what receives: clients send as soon as they find who responds.
        let builder = Subscriber::builder(requests).domain(&self.domain).name(&self.name).layout(&request.whole);
        let mut requests = builder.lossless().create().map_err(|error| match error {
            OpenError::Create(error) => error,
            other => CreateError::Setting { topic: requests.clone(), reason: other.to_string() },
        })?;
        requests.core.copy_small(SMALL);
        let builder = Publisher::builder(responses, &response.whole).domain(&self.domain).name(&self.name);
        let builder = builder.depth(RESPONSE_DEPTH).timestamps(false);
        let responses = if self.any { builder } else { builder.exclusive() }.create()?;
        agreement::check(responses.topic(), responses.membership())?;
        let core = ServerCore::new((request.clone(), requests), (response.clone(), responses));
        Ok(Server { core: Arc::new(Mutex::new(core)) })
    }
}

impl Server {
    /// Sets up a server of a service with these layouts of requests and of items. One of variable size is
    /// a slice.
    pub fn builder(service: &str, request: &Layout, response: &Layout) -> ServerBuilder {
        ServerBuilder {
            service: service.into(),
            request: request.clone(),
            response: response.clone(),
            domain: Domain::default(),
            name: String::new(),
            any: false,
            standby: None,
        }
    }

    /// Returns the next call, if there is one. Does not wait.
    ///
    /// # Errors
    /// See [`ServerError`]. The next call goes on.
    pub fn try_next(&mut self) -> Result<Option<ServerCall>, ServerError> {
        let next = self.core().next()?;
        Ok(next.map(|Queued { key, request, deadline_ns }| {
            let core = Arc::clone(&self.core);
            ServerCall { core, key, request, deadline_ns, has_ended: false }
        }))
    }

    /// Returns the next call; waits for it up to `time`. Returns `None` on timeout.
    ///
    /// # Errors
    /// As [`try_next`](Self::try_next).
    pub fn next_timeout(&mut self, time: Duration) -> Result<Option<ServerCall>, ServerError> {
        let end = Instant::now().checked_add(time); // none beyond all time
        loop {
            if let Some(call) = self.try_next()? {
                return Ok(Some(call));
            }
            let left = end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Ok(None);
            }
            let mut core = self.core();
            let sleep = core.prepare_to_sleep();
            if core.has_waiting() {
                continue;
            }
            drop(core); // the server's calls go on meanwhile
            sleep.sleep(left.min(LOOK_EVERY));
        }
    }

    /// Returns the next call; waits for it.
    ///
    /// # Errors
    /// As [`try_next`](Self::try_next).
    #[expect(clippy::should_implement_trait, reason = "it waits, can fail, and has no end")]
    pub fn next(&mut self) -> Result<ServerCall, ServerError> {
        loop {
            if let Some(call) = self.next_timeout(Duration::MAX)? {
                return Ok(call);
            }
        }
    }

    /// Returns a descriptor to wait for. It is readable when there may be calls, or news of calls, until
    /// [`try_next`](Self::try_next) has found nothing.
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

    fn core(&self) -> MutexGuard<'_, ServerCore> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waitable for Server {
    fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        Server::event_fd(self)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.core().close();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder").field("service", &self.service).finish_non_exhaustive()
    }
}

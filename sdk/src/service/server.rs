//! The server of a service.

use super::error::ServeError;
use super::server_call::ServerCall;
use super::server_core::ServerCore;
use super::{LOOK_EVERY, RESPONSE_DEPTH, agreement};
use crate::endpoint::CreateError;
use crate::publisher::Publisher;
use crate::registry::{Domain, Part, TopicName};
use crate::schema::ShmMessage;
use crate::subscriber::Subscriber;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Serves the calls of a service's [`Client`](super::Client)s.
///
/// Requests that have expired or were cancelled are skipped.
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// use slotcast::{CreateError, Server};
///
/// let mut server = Server::<u64, u64>::builder("squares").domain(&domain).create()?;
/// assert!(server.try_next()?.is_none(), "nobody has called yet");
///
/// let second = Server::<u64, u64>::builder("squares").domain(&domain).create();
/// assert!(matches!(second, Err(CreateError::Exclusive { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Server<Req: ShmMessage, Res: ShmMessage + Copy> {
    core: Arc<Mutex<ServerCore<Req, Res>>>,
}

/// Sets up a [`Server`].
#[must_use = "`create` creates the server"]
pub struct ServerBuilder<Req, Res> {
    service: String,
    domain: Domain,
    name: String,
    any: bool,
    messages: PhantomData<fn(&Req) -> Res>,
}

impl<Req: ShmMessage, Res: ShmMessage + Copy> ServerBuilder<Req, Res> {
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

    /// Allows other servers of the service, which do the same: each call goes to one of them, in turn.
    /// By default this is the only one, and creation fails if there is another.
    pub fn any(mut self) -> Self {
        self.any = true;
        self
    }

    /// Creates the server.
    ///
    /// # Errors
    /// When the name is not valid, another server exists and one of the two wants to be the only one,
    /// the types are not those of the service's clients and servers, or there is no memory.
    pub fn create(self) -> Result<Server<Req, Res>, CreateError> {
        let topic = TopicName::new(&self.service)?;
        // First what receives: clients send as soon as they find who responds.
        let requests = Subscriber::builder(topic.part(Part::Requests)).domain(&self.domain).name(&self.name);
        let requests = requests.lossless().create()?;
        let responses = Publisher::builder(topic.part(Part::Responses)).domain(&self.domain).name(&self.name);
        let responses = responses.depth(RESPONSE_DEPTH).history(RESPONSE_DEPTH);
        let responses = if self.any { responses } else { responses.exclusive() }.create()?;
        agreement::check(responses.topic(), responses.membership())?;
        Ok(Server { core: Arc::new(Mutex::new(ServerCore::new(requests, responses))) })
    }
}

impl<Req: ShmMessage, Res: ShmMessage + Copy> Server<Req, Res> {
    /// Creates the only server of a service, in the default domain.
    ///
    /// # Errors
    /// As [`ServerBuilder::create`].
    pub fn new(service: &str) -> Result<Self, CreateError> {
        Self::builder(service).create()
    }

    /// Sets up a server of a service.
    pub fn builder(service: &str) -> ServerBuilder<Req, Res> {
        let (domain, name) = (Domain::default(), String::new());
        ServerBuilder { service: service.into(), domain, name, any: false, messages: PhantomData }
    }

    /// Returns the next call, or `None` if there is none. Does not wait.
    ///
    /// # Errors
    /// When the requests of a client cannot be read: those of others can. See [`ServeError`].
    pub fn try_next(&mut self) -> Result<Option<ServerCall<Req, Res>>, ServeError> {
        let next = self.core.lock().unwrap_or_else(PoisonError::into_inner).next()?;
        Ok(next.map(|(key, request)| ServerCall { core: self.core.clone(), key, request, has_ended: false }))
    }

    /// Waits up to `time` for the next call, and returns it. Returns `None` on timeout.
    ///
    /// # Errors
    /// As [`try_next`](Self::try_next).
    pub fn next_timeout(&mut self, time: Duration) -> Result<Option<ServerCall<Req, Res>>, ServeError> {
        let deadline = Instant::now().checked_add(time); // none if that is beyond all time
        loop {
            if let Some(call) = self.try_next()? {
                return Ok(Some(call));
            }
            let left = deadline.map_or(LOOK_EVERY, |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Ok(None);
            }
            self.core.lock().unwrap_or_else(PoisonError::into_inner).wait(left.min(LOOK_EVERY));
        }
    }

    /// Waits for the next call, and returns it.
    ///
    /// # Errors
    /// As [`try_next`](Self::try_next).
    #[expect(clippy::should_implement_trait, reason = "it waits, can fail, and has no end")]
    pub fn next(&mut self) -> Result<ServerCall<Req, Res>, ServeError> {
        loop {
            if let Some(call) = self.next_timeout(Duration::MAX)? {
                return Ok(call);
            }
        }
    }
}

impl<Req: ShmMessage, Res: ShmMessage + Copy> fmt::Debug for Server<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl<Req, Res> fmt::Debug for ServerBuilder<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder").field("service", &self.service).finish_non_exhaustive()
    }
}

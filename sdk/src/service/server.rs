//! The server of a service.

use super::body::Body;
use super::error::ServeError;
use super::header::ResponseHeader;
use super::server_call::ServerCall;
use super::server_core::ServerCore;
use super::{LOOK_EVERY, POLLS, RESPONSE_DEPTH, SMALL, Types, agreement};
use crate::endpoint::CreateError;
use crate::publisher::{Publisher, Standby};
use crate::record::Message;
use crate::registry::{Domain, Part, RegistryError, TopicName};
#[cfg(feature = "tokio")]
use crate::subscriber::RecvError;
use crate::subscriber::{Subscriber, Wait};
use crate::wait::{EventFd, Waitable};
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
pub struct Server<Req: Body + ?Sized, Res: Body + ?Sized> {
    core: Arc<Mutex<ServerCore<Req, Res>>>,
}

/// Sets up a [`Server`].
#[must_use = "`create` creates the server"]
pub struct ServerBuilder<Req: ?Sized, Res: ?Sized> {
    service: String,
    domain: Domain,
    name: String,
    any: bool,
    wait: Wait,
    standby: Option<Duration>,
    messages: PhantomData<Types<Req, Res>>,
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> ServerBuilder<Req, Res> {
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

    /// Sets how it waits for calls. By default it polls for 20 µs, then it sleeps.
    pub fn wait(mut self, wait: Wait) -> Self {
        self.wait = wait;
        self
    }

    /// Stands by while another server excludes this one: a hot standby, which takes over when that one
    /// leaves or dies. By default creation fails at once, as it does after `timeout`: any time from
    /// zero; `Duration::MAX` is for ever.
    ///
    /// Calls that the other one has received end, as [`CallError`](super::CallError) tells: they are not
    /// repeated to the one that takes over. See [`PublisherBuilder::standby`](crate::PublisherBuilder::standby).
    pub fn standby(mut self, timeout: Duration) -> Self {
        self.standby = Some(timeout);
        self
    }

    /// Creates the server.
    ///
    /// # Errors
    /// When the name is not valid, another server exists and one of the two wants to be the only one,
    /// the types are not those of the service's clients and servers, or there is no memory.
    pub fn create(self) -> Result<Server<Req, Res>, CreateError> {
        let topic = TopicName::new(&self.service)?;
        let standby = Standby::begin(self.standby);
        loop {
            if !self.any {
                // Before it receives: clients would wait for one that stands by to read.
                let schema = Message::<[Res::Part], Res::Before<ResponseHeader>>::SCHEMA;
                standby.wait_in(&self.domain, &topic.part(Part::Responses), schema)?;
            }
            match self.create_once(&topic) {
                Err(CreateError::Exclusive { .. }) if standby.is_on() => {} // another one was faster
                created => return created,
            }
        }
    }

    fn create_once(&self, topic: &TopicName) -> Result<Server<Req, Res>, CreateError> {
        // First what receives: clients send as soon as they find who responds.
        let requests = Subscriber::builder(topic.part(Part::Requests)).domain(&self.domain).name(&self.name);
        let mut requests = requests.lossless().create()?;
        requests.copy_small(SMALL);
        let responses = Publisher::builder(topic.part(Part::Responses)).domain(&self.domain).name(&self.name);
        let responses = responses.depth(RESPONSE_DEPTH).timestamps(false);
        let responses = if self.any { responses } else { responses.exclusive() }.create()?;
        agreement::check(responses.topic(), responses.membership())?;
        Ok(Server { core: Arc::new(Mutex::new(ServerCore::new(self.wait, requests, responses))) })
    }
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> Server<Req, Res> {
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
        ServerBuilder {
            service: service.into(),
            domain,
            name,
            any: false,
            wait: Wait::default(),
            standby: None,
            messages: PhantomData,
        }
    }

    /// Returns the next call, or `None` if there is none. Does not wait.
    ///
    /// # Errors
    /// When the requests of a client cannot be read: those of others can. See [`ServeError`].
    pub fn try_next(&mut self) -> Result<Option<ServerCall<Req, Res>>, ServeError> {
        self.poll().transpose()
    }

    /// Returns the next call or failure, or `None` if there is none.
    pub(crate) fn poll(&self) -> Option<Result<ServerCall<Req, Res>, ServeError>> {
        let next = self.core().next();
        let core = || Arc::clone(&self.core);
        next.map(|next| next.map(|(key, request)| ServerCall { core: core(), key, request, has_ended: false }))
            .transpose()
    }

    /// Waits up to `time` for the next call, and returns it. Returns `None` on timeout.
    ///
    /// # Errors
    /// As [`try_next`](Self::try_next).
    pub fn next_timeout(&mut self, time: Duration) -> Result<Option<ServerCall<Req, Res>>, ServeError> {
        let mut begun = None;
        loop {
            for _ in 0..POLLS {
                if let Some(call) = self.try_next()? {
                    return Ok(Some(call));
                }
            }
            std::hint::spin_loop(); // each pause is a delay, and a poll takes longer than a load
            let now = Instant::now();
            let waited = now.duration_since(*begun.get_or_insert(now));
            let left = time.saturating_sub(waited);
            if left.is_zero() {
                return Ok(None);
            }
            let mut core = self.core();
            if waited < core.wait.polling_time() {
                continue;
            }
            let sleep = core.prepare_to_sleep();
            if core.has_waiting() {
                continue;
            }
            drop(core); // the server's calls go on meanwhile
            sleep.sleep(left.min(LOOK_EVERY));
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

impl<Req: Body + ?Sized, Res: Body + ?Sized> Server<Req, Res> {
    /// Returns a descriptor to wait for, with `poll`, `epoll` or a [`WaitSet`](crate::WaitSet). It
    /// is readable until [`try_next`](Self::try_next) has returned `None`.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn event_fd(&self) -> Result<EventFd, RegistryError> {
        self.core().event_fd()
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn cannot_wait(&self, reason: std::io::Error) -> RecvError {
        self.core().cannot_wait(reason)
    }

    /// Returns how many messages of clients were sorted.
    #[cfg(feature = "tokio")]
    pub(crate) fn sorted(&self) -> u64 {
        self.core().sorted
    }

    pub(super) fn core(&self) -> MutexGuard<'_, ServerCore<Req, Res>> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> Waitable for Server<Req, Res> {
    fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        Server::event_fd(self)
    }
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> Drop for Server<Req, Res> {
    fn drop(&mut self) {
        self.core().close();
    }
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> fmt::Debug for Server<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl<Req: ?Sized, Res: ?Sized> fmt::Debug for ServerBuilder<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder").field("service", &self.service).finish_non_exhaustive()
    }
}

//! The client of a service.

use super::body::Body;
use super::client_core::ClientCore;
use super::{MAX_WINDOW, REQUEST_DEPTH, SMALL, Types, WINDOW, agreement};
use crate::endpoint::CreateError;
use crate::publisher::{LaggardPolicy, Publisher};
use crate::registry::{Domain, Part, RegistryError, TopicName};
#[cfg(feature = "tokio")]
use crate::subscriber::RecvError;
use crate::subscriber::{Subscriber, Wait};
use crate::wait::{EventFd, Waitable};
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
/// let call = server.next()?; // in any other process
/// let square = call.request().pow(2);
/// call.respond(&square)?;
///
/// assert_eq!(pending.next()?.as_deref(), Some(&144));
/// assert!(pending.next()?.is_none(), "there was one item");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Client<Req: Body + ?Sized, Res: Body + ?Sized> {
    pub(super) core: Arc<Mutex<ClientCore<Req, Res>>>,
    timeout: Duration,
}

/// Sets up a [`Client`].
#[must_use = "`create` creates the client"]
pub struct ClientBuilder<Req: ?Sized, Res: ?Sized> {
    service: String,
    domain: Domain,
    name: String,
    window: u32,
    timeout: Duration,
    wait: Wait,
    messages: PhantomData<Types<Req, Res>>,
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> ClientBuilder<Req, Res> {
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

    /// Sets how a call waits for its response. By default it polls for 20 µs, then it sleeps.
    pub fn wait(mut self, wait: Wait) -> Self {
        self.wait = wait;
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
        let mut responses = responses.create()?;
        responses.copy_small(SMALL);
        let requests = Publisher::builder(topic.part(Part::Requests)).domain(&self.domain).name(&self.name);
        let requests = requests.depth(REQUEST_DEPTH).timestamps(false);
        // A request never waits here: it fails, or leaves behind who has not read for long.
        let requests = requests.lossless(Duration::ZERO).laggards(LaggardPolicy::DetachUntilRead).create()?;
        agreement::check(requests.topic(), requests.membership())?;
        let core = ClientCore::new(self.service, self.window, self.wait, requests, responses);
        Ok(Client { core: Arc::new(Mutex::new(core)), timeout: self.timeout })
    }
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> Client<Req, Res> {
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
            window: WINDOW,
            timeout: Duration::from_secs(5),
            wait: Wait::default(),
            messages: PhantomData,
        }
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn cannot_wait(&self, reason: std::io::Error) -> RecvError {
        self.core().responses.cannot_wait(reason)
    }

    /// Returns how many responses were sorted.
    #[cfg(feature = "tokio")]
    pub(crate) fn sorted(&self) -> u64 {
        self.core().sorted
    }

    /// Returns a descriptor to wait for, with `poll`, `epoll` or a [`WaitSet`](crate::WaitSet). It
    /// is readable until [`try_next`](crate::PendingCall::try_next) of each open call has found nothing.
    ///
    /// It does not tell of deadlines and of servers that have died: try again after 100 ms.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn event_fd(&self) -> Result<EventFd, RegistryError> {
        self.core().responses.event_fd()
    }

    pub(super) fn core(&self) -> MutexGuard<'_, ClientCore<Req, Res>> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> Waitable for Client<Req, Res> {
    fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        Client::event_fd(self)
    }
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> fmt::Debug for Client<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl<Req: ?Sized, Res: ?Sized> fmt::Debug for ClientBuilder<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("service", &self.service).finish_non_exhaustive()
    }
}

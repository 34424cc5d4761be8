//! Calls without a Rust type: for tools.

use super::{Accessor, Layout, OpenError, PublishError, Publisher, Subscriber, Value};
use crate::endpoint::CreateError;
use crate::error_debug::debug_is_display;
use crate::registry::{Domain, EndpointId, Entry, Part, RegistryError, Role, TopicName, TopicView};
use crate::schema::{InvalidValue, Kind};
use crate::service::{CallError, LOOK_EVERY, Reason, WINDOW, after, until};
use crate::subscriber::RecvError;
use std::fmt;
use std::time::Duration;

/// A client without a Rust type, which makes one call after the other. The types are those of the
/// service's server.
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// use slotcast::dynamic::{Client, Value};
///
/// let mut server = slotcast::Server::<u64, u64>::builder("squares").domain(&domain).create()?;
/// let mut client = Client::new("squares", &domain)?;
/// client.call(&Value::Int(12), std::time::Duration::from_secs(5))?;
/// let call = server.next()?; // in any other process
/// let square = call.request().pow(2);
/// call.respond(&square)?;
/// assert_eq!(client.next()?, Some(Value::Int(144)));
/// assert_eq!(client.next()?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Client {
    service: String,
    requests: Publisher,
    responses: Subscriber,
    /// Where in a request what the service itself writes is.
    envelope: Accessor,
    calls: i128,
    call: Option<Call>,
}

/// The call that was made last.
struct Call {
    server: EndpointId,
    timeout: Duration,
    deadline_ns: u64,
    /// The number of the next message of the response.
    expected: i128,
    acknowledged: i128,
    lost: u64,
}

/// Why a call without a type cannot be made, or has no further item.
///
/// # Examples
///
/// ```
/// use slotcast::dynamic::{Client, ClientError};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let error = Client::new("squares", &domain).unwrap_err();
/// assert!(matches!(error, ClientError::Call(slotcast::CallError::NoServer { .. })));
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// As for clients with types.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The client cannot be created.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The request is not one of the service's type, or cannot be published.
    #[error(transparent)]
    Request(#[from] PublishError),
    /// An item is not a value of its type.
    #[error("service \"{service}\": an item of the response is not valid: {reason}")]
    Invalid {
        /// The service.
        service: String,
        /// What is not valid.
        reason: InvalidValue,
    },
}

debug_is_display!(ClientError { Call(error), Open(error), Request(error), Invalid { service, reason } });

impl From<RecvError> for ClientError {
    fn from(error: RecvError) -> Self {
        CallError::from(error).into()
    }
}

impl Client {
    /// Creates a client of a service that has a server.
    ///
    /// # Errors
    /// When there is no server, its types cannot be used, or the registry cannot be read.
    pub fn new(service: &str, domain: &Domain) -> Result<Self, ClientError> {
        let name = TopicName::new(service).map_err(|error| OpenError::from(CreateError::from(error)))?;
        let no_server = || CallError::NoServer { service: service.to_owned() };
        let topic = name.part(Part::Requests);
        let failed = |reason| OpenError::from(CreateError::Registry { topic: topic.clone(), reason });
        let layout = of_server(domain, &topic).map_err(failed)?.ok_or_else(no_server)?;
        // First what receives: no response to a request can come before.
        let builder = Subscriber::builder(name.part(Part::Responses)).domain(domain).name("dynamic client");
        let mut responses = builder.create().map_err(|error| match error {
            OpenError::NoPublisher { .. } => ClientError::from(no_server()),
            other => other.into(),
        })?;
        if responses.publishers()?.is_empty() {
            return Err(no_server().into());
        }
        let envelope = layout.accessor(envelope_of(&layout)).map_err(|_| no_server())?;
        let builder = Publisher::builder(&topic, &layout).domain(domain).name("dynamic client");
        let requests = builder.lossless(LOOK_EVERY).create().map_err(OpenError::from)?;
        Ok(Self { service: service.to_owned(), requests, responses, envelope, calls: 0, call: None })
    }

    /// Sends a request to a server, and cancels the call before. A request that is no list is a
    /// message of one element. A slice with a header is a struct of a `header` and its `elements`. Does
    /// not wait for the response.
    ///
    /// # Errors
    /// When the value is not a request, there is no server, or `timeout` is zero.
    pub fn call(&mut self, request: &Value, timeout: Duration) -> Result<(), ClientError> {
        self.cancel();
        if timeout.is_zero() {
            return Err(CallError::ZeroDeadline { service: self.service.clone() }.into());
        }
        let servers = self.responses.publishers()?;
        let Some(server) = servers.first().map(|peer| peer.id) else {
            return Err(CallError::NoServer { service: self.service.clone() }.into());
        };
        let (deadline_ns, lost) = (after(timeout), self.responses.lost());
        let call = Call { server, timeout, deadline_ns, expected: 0, acknowledged: 0, lost };
        self.calls += 1;
        let envelope = self.envelope(&call, "Request", 0);
        let (header, elements) = match request {
            Value::Struct(fields) if self.envelope.path() == HEADED => {
                let (elements, mut header): (Vec<_>, Vec<_>) =
                    fields.iter().cloned().partition(|(name, _)| &**name == "elements");
                header.push(("envelope".into(), envelope));
                (Value::Struct(header), elements.into_iter().next().map_or(Value::List(Vec::new()), |field| field.1))
            }
            list @ (Value::List(_) | Value::Bytes(_)) => (envelope, list.clone()),
            one => (envelope, Value::List(vec![one.clone()])),
        };
        self.requests.publish(&Value::Struct(vec![("header".into(), header), ("elements".into(), elements)]))?;
        self.call = Some(call);
        Ok(())
    }

    /// Waits for the next item of the response, and returns it: a list, unless it has one element. A
    /// slice with a header is a struct of both. Returns `None` after the last one.
    ///
    /// # Errors
    /// See [`ClientError`]. After an error the call is over.
    #[expect(clippy::should_implement_trait, reason = "it waits and can fail")]
    pub fn next(&mut self) -> Result<Option<Value>, ClientError> {
        let next = self.wait_next();
        if !matches!(next, Ok(Some(_))) {
            self.cancel();
        }
        next
    }

    fn wait_next(&mut self) -> Result<Option<Value>, ClientError> {
        loop {
            let Some(Call { server, timeout, deadline_ns, .. }) = self.call else { return Ok(None) };
            let left = until(deadline_ns);
            if left.is_zero() {
                return Err(CallError::Expired(timeout).into());
            }
            let Some(sample) = self.responses.recv_timeout(left.min(LOOK_EVERY))? else {
                self.check_alive(server)?;
                continue;
            };
            let invalid = |reason| ClientError::Invalid { service: self.service.clone(), reason };
            let (from, value) = (sample.publisher(), sample.value().map_err(invalid)?);
            drop(sample);
            self.ask_again()?;
            if from == server
                && let Some(done) = self.sort(&value)
            {
                return done;
            }
        }
    }

    /// Fails if the server has ended.
    fn check_alive(&mut self, server: EndpointId) -> Result<(), ClientError> {
        let servers = self.responses.publishers()?;
        if servers.iter().any(|peer| peer.id == server) {
            return Ok(());
        }
        let is_replaced = !servers.is_empty();
        Err(if is_replaced { CallError::ServerReplaced { server } } else { CallError::ServerDied { server } }.into())
    }

    /// Takes a message of the server. Returns `None` if it is not the next one of this call.
    fn sort(&mut self, message: &Value) -> Option<Result<Option<Value>, ClientError>> {
        let call = self.call.as_mut()?;
        let envelope = message.get(HEADED).or_else(|| message.get("header"))?;
        let number = |path: &str| envelope.get(path).and_then(Value::as_int);
        let halves = self.requests.id().halves().map(i128::from);
        let is_ours = [number("client[0]"), number("client[1]")] == halves.map(Some);
        if !is_ours || number("call") != Some(self.calls) || number("item") != Some(call.expected) {
            return None;
        }
        call.expected += 1;
        let item = || match message.get("elements") {
            elements if message.get(HEADED).is_some() => {
                let (header, elements) = (message.get("header.header"), elements);
                let field = |name: &str, value: Option<&Value>| Some((name.into(), value?.clone()));
                Value::Struct([field("header", header), field("elements", elements)].into_iter().flatten().collect())
            }
            Some(Value::List(list)) if list.len() == 1 => list[0].clone(),
            Some(Value::Bytes(bytes)) if bytes.len() == 1 => Value::Int(bytes[0].into()),
            other => other.cloned().unwrap_or(Value::List(Vec::new())),
        };
        let Some(Value::Enum { name, .. }) = envelope.get("kind") else { return None };
        Some(match &**name {
            "Item" => self.acknowledge().map(|()| Some(item())),
            "Last" => {
                self.cancel();
                Ok(Some(item()))
            }
            "End" => Ok(None),
            "Expired" => Err(CallError::Expired(call.timeout).into()),
            _ => {
                let code = number("code").and_then(|code| u32::try_from(code).ok()).unwrap_or_default();
                let text = envelope.get("text").and_then(Value::as_str).unwrap_or_default();
                Err(CallError::Refused(Reason::new(code, text)).into())
            }
        })
    }

    /// Tells the server what has come, if that is half of the window.
    fn acknowledge(&mut self) -> Result<(), ClientError> {
        let Some(call) = &mut self.call else { return Ok(()) };
        if call.expected - call.acknowledged >= i128::from(WINDOW / 2) {
            call.acknowledged = call.expected;
            self.tell("Acknowledge")?;
        }
        Ok(())
    }

    /// Asks for what was lost, if anything was.
    fn ask_again(&mut self) -> Result<(), ClientError> {
        let lost = self.responses.lost();
        match &mut self.call {
            Some(call) if call.lost != lost => {
                call.lost = lost;
                self.tell("Repeat")
            }
            _ => Ok(()),
        }
    }

    /// Ends the call, if there is one: nothing comes for it any more, and its server is told.
    pub fn cancel(&mut self) {
        // Whoever cannot be told sees the deadline, or that this client ends.
        let _ = self.tell("Cancel");
        self.call = None;
    }

    fn tell(&mut self, kind: &str) -> Result<(), ClientError> {
        let Some(call) = &self.call else { return Ok(()) };
        let envelope = self.envelope(call, kind, call.expected);
        let mut loan =
            self.requests.loan(0).map_err(|error| PublishError::from(crate::publisher::PublishError::from(error)))?;
        loan.bytes_mut().fill(0); // a header of the service's own, too
        self.envelope.write(loan.bytes_mut(), &envelope).map_err(PublishError::from)?;
        self.requests.send(loan).map_err(PublishError::from)?;
        Ok(())
    }

    /// Returns what the service itself writes before a message.
    fn envelope(&self, call: &Call, kind: &str, item: i128) -> Value {
        let server = call.server.halves().map(|half| Value::Int(half.into())).to_vec();
        Value::Struct(vec![
            ("server".into(), Value::List(server)),
            ("call".into(), Value::Int(self.calls)),
            ("deadline_ns".into(), Value::Int(call.deadline_ns.into())),
            ("item".into(), Value::Int(item)),
            ("window".into(), Value::Int(WINDOW.into())),
            ("kind".into(), Value::Str(kind.to_owned())),
        ])
    }
}

/// Where what the service itself writes is in messages that have a header of their own.
const HEADED: &str = "header.envelope";

/// Returns where in messages of this layout what the service itself writes is.
fn envelope_of(layout: &Layout) -> &'static str {
    let Kind::Slice { header: Some(header), .. } = &layout.schema().kind else { return "header" };
    match &header.get().kind {
        Kind::Struct { fields } if fields.iter().any(|field| field.name == "envelope") => HEADED,
        _ => "header",
    }
}

/// Returns the layout of the requests that the server of a service takes, if there is one.
fn of_server(domain: &Domain, topic: &TopicName) -> Result<Option<Layout>, RegistryError> {
    let Some(view) = TopicView::open(domain, topic)? else { return Ok(None) };
    for name in view.names(Role::Subscriber)? {
        if let Entry::Live(peer) = view.peer(&name)?
            && let Ok(layout) = Layout::new(peer.schema)
        {
            return Ok(Some(layout));
        }
    }
    Ok(None)
}

impl Drop for Client {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("service", &self.service).finish_non_exhaustive()
    }
}

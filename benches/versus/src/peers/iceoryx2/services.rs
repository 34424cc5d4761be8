//! iceoryx2's requests and responses. It wakes nobody for them: where both sides are to sleep, there
//! are two services of events beside.

use super::events::{Listener, Notifier};
use super::{Defaults, Fastest, node};
use crate::channel::Channel;
use crate::peers::patterns::{self, CallWords, Idling, Listener as _, Notifier as _, Services};
use crate::peers::{Failure, IDS};
use iceoryx2::node::Node;
use iceoryx2::port::{client, server};
use iceoryx2::prelude::ipc;
use iceoryx2::request_mut_uninit::RequestMutUninit;
use iceoryx2::service::port_factory::request_response::PortFactory;
use std::mem::MaybeUninit;

type Service = PortFactory<ipc::Service, CallWords, (), CallWords, ()>;
type Uninit = RequestMutUninit<ipc::Service, MaybeUninit<CallWords>, (), CallWords, ()>;

pub(crate) struct Client {
    /// The next request, if it is loaned ahead.
    next: Option<Uninit>,
    loans_ahead: bool,
    client: client::Client<ipc::Service, CallWords, (), CallWords, ()>,
    events: Option<(Notifier, Listener)>,
    _service: Service,
    _node: Node<ipc::Service>,
}

pub(crate) struct Server {
    server: server::Server<ipc::Service, CallWords, (), CallWords, ()>,
    events: Option<(Notifier, Listener)>,
    _service: Service,
    _node: Node<ipc::Service>,
}

fn open(channel: &Channel, is_fastest: bool) -> Result<(Service, Node<ipc::Service>), Failure> {
    let node = node(channel)?;
    let mut builder = node.service_builder(&channel.name().try_into()?).request_response::<CallWords, CallWords>();
    if is_fastest {
        builder = builder
            .max_servers(1)
            .max_clients(1)
            .max_nodes(3)
            .max_active_requests_per_client(1)
            .max_loaned_requests(2) // the one that is written, and the next
            .max_response_buffer_size(1)
            .max_borrowed_responses_per_pending_response(1);
    }
    Ok((builder.open_or_create()?, node))
}

/// Opens the events by which a side wakes the other, if both sleep: those that it tells, and those
/// that it hears.
fn events(
    (tells, hears): (&str, &str),
    channel: &Channel,
    idling: Idling,
    is_fastest: bool,
) -> Result<Option<(Notifier, Listener)>, Failure> {
    if idling == Idling::Polls {
        return Ok(None);
    }
    let listener = Listener::create(&channel.part(hears), idling, is_fastest)?;
    Ok(Some((Notifier::create(&channel.part(tells), is_fastest)?, listener)))
}

impl Client {
    fn create(channel: &Channel, idling: Idling, is_fastest: bool) -> Result<Self, Failure> {
        let (service, node) = open(channel, is_fastest)?;
        let client = service.client_builder().create()?;
        let events = events(("requested", "responded"), channel, idling, is_fastest)?;
        let next = if is_fastest { Some(client.loan_uninit()?) } else { None };
        Ok(Self { next, loans_ahead: is_fastest, client, events, _service: service, _node: node })
    }
}

impl Server {
    fn create(channel: &Channel, idling: Idling, is_fastest: bool) -> Result<Self, Failure> {
        let (service, node) = open(channel, is_fastest)?;
        let mut builder = service.server_builder();
        if is_fastest {
            builder = builder.max_loaned_responses_per_request(1);
        }
        let server = builder.create()?;
        let events = events(("responded", "requested"), channel, idling, is_fastest)?;
        Ok(Self { server, events, _service: service, _node: node })
    }
}

impl Services for Fastest {
    type Client = Client;
    type Server = Server;

    fn client(channel: &Channel, idling: Idling) -> Result<Client, Failure> {
        Client::create(channel, idling, true)
    }

    fn server(channel: &Channel, idling: Idling) -> Result<Server, Failure> {
        Server::create(channel, idling, true)
    }
}

impl Services for Defaults {
    type Client = Client;
    type Server = Server;

    fn client(channel: &Channel, idling: Idling) -> Result<Client, Failure> {
        Client::create(channel, idling, false)
    }

    fn server(channel: &Channel, idling: Idling) -> Result<Server, Failure> {
        Server::create(channel, idling, false)
    }
}

/// Wakes the other side, if it sleeps.
#[inline]
fn wake(events: &mut Option<(Notifier, Listener)>) -> Result<(), Failure> {
    events.as_mut().map_or(Ok(()), |(notifier, _)| notifier.notify(0))
}

/// Sleeps until woken, if this side is to sleep.
#[inline]
fn sleep(events: &mut Option<(Notifier, Listener)>) -> Result<(), Failure> {
    events.as_mut().map_or(Ok(()), |(_, listener)| listener.hear(&mut [0; IDS]))
}

impl patterns::Client for Client {
    #[inline]
    fn call<R>(&mut self, write: impl Fn(&mut CallWords), read: impl Fn(&CallWords) -> R) -> Result<R, Failure> {
        let request = match self.next.take() {
            Some(request) => request,
            None => self.client.loan_uninit()?,
        };
        let mut words = CallWords::default();
        write(&mut words);
        let pending = request.write_payload(words).send()?;
        if pending.number_of_server_connections() != 1 {
            return Err("the request went to no server".into());
        }
        wake(&mut self.events)?;
        if self.loans_ahead {
            self.next = Some(self.client.loan_uninit()?);
        }
        loop {
            sleep(&mut self.events)?;
            if let Some(response) = pending.receive()? {
                return Ok(read(response.payload()));
            }
        }
    }
}

impl patterns::Server for Server {
    #[inline]
    fn serve<R>(&mut self, answer: impl Fn(&CallWords, &mut CallWords) -> R) -> Result<R, Failure> {
        let request = loop {
            sleep(&mut self.events)?;
            if let Some(request) = self.server.receive()? {
                break request;
            }
        };
        let response = request.loan_uninit()?;
        let mut words = CallWords::default();
        let result = answer(request.payload(), &mut words);
        response.write_payload(words).send()?;
        wake(&mut self.events)?;
        Ok(result)
    }
}

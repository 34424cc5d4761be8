//! Clients and servers, with their defaults but how they wait.

use super::Slotcast;
use crate::channel::Channel;
use crate::peers::Failure;
use crate::peers::patterns::{self, CallWords, Idling, Services};
use slotcast::Wait;
use slotcast_benches::Place;

pub(crate) struct Client(slotcast::Client<CallWords, CallWords>);

pub(crate) struct Server(slotcast::Server<CallWords, CallWords>);

fn wait(idling: Idling) -> Wait {
    match idling {
        Idling::Polls => Wait::Spin,
        Idling::Sleeps => Wait::Sleep,
    }
}

impl Services for Slotcast {
    type Client = Client;
    type Server = Server;

    fn client(channel: &Channel, idling: Idling) -> Result<Client, Failure> {
        let domain = Place::domain_in(channel.folder());
        Ok(Client(slotcast::Client::builder(channel.name()).domain(&domain).wait(wait(idling)).create()?))
    }

    fn server(channel: &Channel, idling: Idling) -> Result<Server, Failure> {
        let domain = Place::domain_in(channel.folder());
        Ok(Server(slotcast::Server::builder(channel.name()).domain(&domain).wait(wait(idling)).create()?))
    }
}

impl patterns::Client for Client {
    #[inline]
    fn call<R>(&mut self, write: impl Fn(&mut CallWords), read: impl Fn(&CallWords) -> R) -> Result<R, Failure> {
        let mut request = CallWords::default();
        write(&mut request);
        let response = self.0.call(&request)?.one()?.ok_or("the response has no item")?;
        Ok(read(&response))
    }
}

impl patterns::Server for Server {
    #[inline]
    fn serve<R>(&mut self, answer: impl Fn(&CallWords, &mut CallWords) -> R) -> Result<R, Failure> {
        let call = self.0.next()?;
        let mut response = CallWords::default();
        let result = answer(call.request(), &mut response);
        call.respond(&response)?;
        Ok(result)
    }
}

//! Calls by hand: a request goes there in one channel of messages, and the response comes back in
//! another. Both sides poll, or are woken by events.

use super::patterns::{self, CallWords, Events, Idling, Listener, Notifier, Services};
use super::{Failure, IDS, Peer, Receiver, Sender, Unsupported};
use crate::channel::Channel;
use std::marker::PhantomData;

/// Calls by messages of a peer, for which both sides poll.
pub(crate) struct ByMessages<P>(PhantomData<P>);

/// The same, but both sides sleep until an event tells them to look.
pub(crate) struct ByMessagesAndEvents<P, E>(PhantomData<(P, E)>);

/// The words of a message.
const W: usize = size_of::<CallWords>() / 8;

/// Both ends of messages that a process has.
pub(crate) struct Ends<P: Peer> {
    sender: P::Sender<W>,
    receiver: P::Receiver<W>,
}

impl<P: Peer> Ends<P> {
    fn of_client(channel: &Channel) -> Result<Self, Failure> {
        let sender = P::sender(&channel.part("requests"))?;
        Ok(Self { sender, receiver: P::receiver(&channel.part("responses"))? })
    }

    fn of_server(channel: &Channel) -> Result<Self, Failure> {
        let receiver = P::receiver(&channel.part("requests"))?;
        Ok(Self { sender: P::sender(&channel.part("responses"))?, receiver })
    }
}

impl<P: Peer> Services for ByMessages<P> {
    type Client = Ends<P>;
    type Server = Ends<P>;

    fn client(channel: &Channel, idling: Idling) -> Result<Ends<P>, Failure> {
        match idling {
            Idling::Polls => Ends::of_client(channel),
            Idling::Sleeps => Err(Unsupported("nobody is woken".into()).into()),
        }
    }

    fn server(channel: &Channel, idling: Idling) -> Result<Ends<P>, Failure> {
        match idling {
            Idling::Polls => Ends::of_server(channel),
            Idling::Sleeps => Err(Unsupported("nobody is woken".into()).into()),
        }
    }
}

impl<P: Peer> patterns::Client for Ends<P> {
    #[inline]
    fn call<R>(&mut self, write: impl Fn(&mut CallWords), read: impl Fn(&CallWords) -> R) -> Result<R, Failure> {
        self.sender.send(write)?;
        self.receiver.receive(read)
    }
}

impl<P: Peer> patterns::Server for Ends<P> {
    #[inline]
    fn serve<R>(&mut self, answer: impl Fn(&CallWords, &mut CallWords) -> R) -> Result<R, Failure> {
        let (result, response) = self.receiver.receive(|request| answered(request, &answer))?;
        self.sender.send(|words| *words = response)?;
        Ok(result)
    }
}

/// Returns what `answer` returns, and the response that it writes.
#[inline]
fn answered<R>(request: &CallWords, answer: impl Fn(&CallWords, &mut CallWords) -> R) -> (R, CallWords) {
    let mut response = [0; W];
    (answer(request, &mut response), response)
}

/// All ends that a process has which is woken by events.
pub(crate) struct Sleeper<P: Peer, E: Events> {
    ends: Ends<P>,
    notifier: E::Notifier,
    listener: E::Listener,
}

fn refuse_polling(idling: Idling) -> Result<(), Failure> {
    match idling {
        Idling::Polls => Err(Unsupported("it is there to wake those that sleep".into()).into()),
        Idling::Sleeps => Ok(()),
    }
}

impl<P: Peer, E: Events> Services for ByMessagesAndEvents<P, E> {
    type Client = Sleeper<P, E>;
    type Server = Sleeper<P, E>;

    fn client(channel: &Channel, idling: Idling) -> Result<Sleeper<P, E>, Failure> {
        refuse_polling(idling)?;
        let ends = Ends::of_client(channel)?;
        let notifier = E::notifier(&channel.part("requested"))?;
        Ok(Sleeper { ends, notifier, listener: E::listener(&channel.part("responded"), idling)? })
    }

    fn server(channel: &Channel, idling: Idling) -> Result<Sleeper<P, E>, Failure> {
        refuse_polling(idling)?;
        let ends = Ends::of_server(channel)?;
        let listener = E::listener(&channel.part("requested"), idling)?;
        Ok(Sleeper { ends, notifier: E::notifier(&channel.part("responded"))?, listener })
    }
}

impl<P: Peer, E: Events> Sleeper<P, E> {
    #[inline]
    fn send(&mut self, write: impl Fn(&mut CallWords)) -> Result<(), Failure> {
        self.ends.sender.send(write)?;
        self.notifier.notify(0)
    }

    #[inline]
    fn receive<R>(&mut self, read: impl Fn(&CallWords) -> R) -> Result<R, Failure> {
        loop {
            self.listener.hear(&mut [0; IDS])?;
            if let Some(found) = self.ends.receiver.poll(&read)? {
                return Ok(found);
            }
        }
    }
}

impl<P: Peer, E: Events> patterns::Client for Sleeper<P, E> {
    #[inline]
    fn call<R>(&mut self, write: impl Fn(&mut CallWords), read: impl Fn(&CallWords) -> R) -> Result<R, Failure> {
        self.send(write)?;
        self.receive(read)
    }
}

impl<P: Peer, E: Events> patterns::Server for Sleeper<P, E> {
    #[inline]
    fn serve<R>(&mut self, answer: impl Fn(&CallWords, &mut CallWords) -> R) -> Result<R, Failure> {
        let (result, response) = self.receive(|request| answered(request, &answer))?;
        self.send(|words| *words = response)?;
        Ok(result)
    }
}

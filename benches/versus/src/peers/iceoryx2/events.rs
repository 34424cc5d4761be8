//! iceoryx2's events.

use super::{Defaults, Fastest, node};
use crate::channel::Channel;
use crate::peers::patterns::{self, Events, Heard, Idling};
use crate::peers::{Failure, IDS};
use iceoryx2::node::Node;
use iceoryx2::port::{listener, notifier};
use iceoryx2::prelude::{EventId, ipc};
use iceoryx2::service::port_factory::event::PortFactory;

pub(crate) struct Notifier {
    notifier: notifier::Notifier<ipc::Service>,
    _service: PortFactory<ipc::Service>,
    _node: Node<ipc::Service>,
}

pub(crate) struct Listener {
    listener: listener::Listener<ipc::Service>,
    idling: Idling,
    _service: PortFactory<ipc::Service>,
    _node: Node<ipc::Service>,
}

fn open(channel: &Channel, is_fastest: bool) -> Result<(PortFactory<ipc::Service>, Node<ipc::Service>), Failure> {
    let node = node(channel)?;
    let mut builder = node.service_builder(&channel.name().try_into()?).event();
    if is_fastest {
        builder = builder.max_notifiers(1).max_listeners(1).max_nodes(3).event_id_max_value(IDS - 1);
    }
    Ok((builder.open_or_create()?, node))
}

impl Notifier {
    pub(super) fn create(channel: &Channel, is_fastest: bool) -> Result<Self, Failure> {
        let (service, node) = open(channel, is_fastest)?;
        Ok(Self { notifier: service.notifier_builder().create()?, _service: service, _node: node })
    }
}

impl Listener {
    pub(super) fn create(channel: &Channel, idling: Idling, is_fastest: bool) -> Result<Self, Failure> {
        let (service, node) = open(channel, is_fastest)?;
        Ok(Self { listener: service.listener_builder().create()?, idling, _service: service, _node: node })
    }
}

impl Events for Fastest {
    type Notifier = Notifier;
    type Listener = Listener;
    const IDS: usize = IDS;

    fn notifier(channel: &Channel) -> Result<Notifier, Failure> {
        Notifier::create(channel, true)
    }

    fn listener(channel: &Channel, idling: Idling) -> Result<Listener, Failure> {
        Listener::create(channel, idling, true)
    }
}

impl Events for Defaults {
    type Notifier = Notifier;
    type Listener = Listener;
    const IDS: usize = IDS;

    fn notifier(channel: &Channel) -> Result<Notifier, Failure> {
        Notifier::create(channel, false)
    }

    fn listener(channel: &Channel, idling: Idling) -> Result<Listener, Failure> {
        Listener::create(channel, idling, false)
    }
}

impl patterns::Notifier for Notifier {
    #[inline]
    fn notify(&mut self, id: usize) -> Result<(), Failure> {
        match self.notifier.notify_with_custom_event_id(EventId::new(id))? {
            1 => Ok(()),
            count => Err(format!("{count} listeners were told instead of 1").into()),
        }
    }
}

impl patterns::Listener for Listener {
    #[inline]
    fn hear(&mut self, heard: &mut Heard) -> Result<(), Failure> {
        let mut unknown = None;
        let note = |event: iceoryx2::prelude::EventActivation| match heard.get_mut(event.id.as_value()) {
            Some(heard) => *heard += event.count,
            None => unknown = Some(event.id),
        };
        match self.idling {
            Idling::Polls => self.listener.try_wait(note)?,
            Idling::Sleeps => self.listener.blocking_wait(note)?,
        };
        unknown.map_or(Ok(()), |id| Err(format!("event {id:?} was not told").into()))
    }
}

//! Notifiers and listeners, with their defaults but that one that is to sleep does not poll before.

use super::Slotcast;
use crate::channel::Channel;
use crate::peers::patterns::{self, Events, Heard, Idling};
use crate::peers::{Failure, IDS};
use slotcast::{Notice, Wait};
use slotcast_benches::Place;

pub(crate) struct Notifier(slotcast::Notifier);

pub(crate) struct Listener {
    listener: slotcast::Listener,
    idling: Idling,
}

impl Events for Slotcast {
    type Notifier = Notifier;
    type Listener = Listener;
    const IDS: usize = IDS;

    fn notifier(channel: &Channel) -> Result<Notifier, Failure> {
        let domain = Place::domain_in(channel.folder());
        Ok(Notifier(slotcast::Notifier::builder(channel.name()).domain(&domain).create()?))
    }

    fn listener(channel: &Channel, idling: Idling) -> Result<Listener, Failure> {
        let domain = Place::domain_in(channel.folder());
        let listener = slotcast::Listener::builder(channel.name()).domain(&domain).wait(Wait::Sleep).create()?;
        Ok(Listener { listener, idling })
    }
}

impl patterns::Notifier for Notifier {
    #[inline]
    fn notify(&mut self, id: usize) -> Result<(), Failure> {
        Ok(self.0.notify(u8::try_from(id)?)?)
    }
}

impl patterns::Listener for Listener {
    #[inline]
    fn hear(&mut self, heard: &mut Heard) -> Result<(), Failure> {
        if self.idling == Idling::Polls {
            while let Some(notice) = self.listener.try_recv()? {
                note(&notice, heard)?;
            }
            return Ok(());
        }
        while !note(&self.listener.recv()?, heard)? {}
        Ok(())
    }
}

/// Adds what is heard. Returns whether that is an event.
#[inline]
fn note(notice: &Notice, heard: &mut Heard) -> Result<bool, Failure> {
    match notice {
        Notice::Event { id, count, .. } => {
            *heard.get_mut(usize::from(*id)).ok_or_else(|| format!("event {id} was not told"))? += count;
            Ok(true)
        }
        Notice::Joined(_) => Ok(false),
        notice => Err(notice.to_string().into()),
    }
}

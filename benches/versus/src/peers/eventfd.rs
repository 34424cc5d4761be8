//! An eventfd: a counter in the kernel, which wakes a process that reads it. The least with which
//! the kernel tells another process that something has happened.
//!
//! The listener creates it, and sends it to the notifier through a Unix socket.

use super::patterns::{self, Events, Heard, Idling};
use super::{Failure, socket};
use crate::channel::Channel;
use rustix::event::{EventfdFlags, eventfd};
use rustix::io::{Errno, read, write};
use std::os::fd::OwnedFd;

pub(crate) struct Eventfd;

pub(crate) struct Notifier(OwnedFd);

pub(crate) struct Listener(OwnedFd);

impl Events for Eventfd {
    type Notifier = Notifier;
    type Listener = Listener;
    const IDS: usize = 1;

    fn notifier(channel: &Channel) -> Result<Notifier, Failure> {
        Ok(Notifier(socket::receive_descriptor(channel)?))
    }

    fn listener(channel: &Channel, idling: Idling) -> Result<Listener, Failure> {
        let flags = match idling {
            Idling::Polls => EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK,
            Idling::Sleeps => EventfdFlags::CLOEXEC,
        };
        let eventfd = eventfd(0, flags)?;
        socket::send_descriptor(channel, &eventfd)?;
        Ok(Listener(eventfd))
    }
}

impl patterns::Notifier for Notifier {
    #[inline]
    fn notify(&mut self, _: usize) -> Result<(), Failure> {
        write(&self.0, &1_u64.to_ne_bytes())?;
        Ok(())
    }
}

impl patterns::Listener for Listener {
    #[inline]
    fn hear(&mut self, heard: &mut Heard) -> Result<(), Failure> {
        let mut count = [0; 8];
        loop {
            match read(&self.0, &mut count) {
                Ok(_) => heard[0] += u64::from_ne_bytes(count),
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => {}
                Err(error) => return Err(error.into()),
            }
            return Ok(());
        }
    }
}

//! This project, as it is delivered: no setting but what a channel promises.
//!
//! Messages of up to 1024 bytes are published as a copy; larger ones are written in place. That is
//! what the documentation recommends, and where the SDK itself changes from ring to pool.

mod events;
mod services;
mod values;

use super::{Failure, Peer};
use crate::channel::{Channel, Flow};
use slotcast::{Publisher, Subscriber};
use slotcast_benches::Place;
use std::time::Duration;

/// The largest message that is published as a copy, in bytes.
const COPIED: usize = 1024;

pub(crate) struct Slotcast;

/// The same without the time at which something was sent: for values, where setting it is most of
/// what there is to do.
pub(crate) struct Untimed;

pub(crate) struct Sender<const W: usize>(Publisher<[u64; W]>);

pub(crate) struct Receiver<const W: usize> {
    subscriber: Subscriber<[u64; W]>,
    may_lose: bool,
}

impl Peer for Slotcast {
    type Sender<const W: usize> = Sender<W>;
    type Receiver<const W: usize> = Receiver<W>;

    fn sender<const W: usize>(channel: &Channel) -> Result<Self::Sender<W>, Failure> {
        let domain = Place::domain_in(channel.folder());
        let mut builder = Publisher::builder(channel.name()).domain(&domain);
        if channel.flow == Flow::Lossless {
            builder = builder.lossless(Duration::MAX);
        }
        Ok(Sender(builder.create()?))
    }

    fn receiver<const W: usize>(channel: &Channel) -> Result<Self::Receiver<W>, Failure> {
        let domain = Place::domain_in(channel.folder());
        let mut builder = Subscriber::builder(channel.name()).domain(&domain);
        match channel.flow {
            Flow::Lossless => builder = builder.lossless(),
            Flow::First => builder = builder.history(1),
            Flow::Paced { .. } | Flow::Lossy => {}
        }
        Ok(Receiver { subscriber: builder.create()?, may_lose: channel.flow == Flow::Lossy })
    }
}

impl<const W: usize> Sender<W> {
    #[inline]
    fn copy(&mut self, write: impl Fn(&mut [u64; W])) -> Result<(), Failure> {
        let mut words = [0; W];
        write(&mut words);
        self.0.publish(&words)?;
        Ok(())
    }

    #[inline]
    fn in_place(&mut self, write: impl Fn(&mut [u64; W])) -> Result<(), Failure> {
        let mut loan = self.0.loan_uninit()?.assume_filled();
        write(&mut loan);
        self.0.send(loan).map_err(|error| error.to_string())?;
        Ok(())
    }
}

impl<const W: usize> super::Sender<W> for Sender<W> {
    #[inline]
    fn send(&mut self, write: impl Fn(&mut [u64; W])) -> Result<(), Failure> {
        if 8 * W <= COPIED { self.copy(write) } else { self.in_place(write) }
    }
}

impl<const W: usize> super::Receiver<W> for Receiver<W> {
    #[inline]
    fn poll<R>(&mut self, read: impl FnOnce(&[u64; W]) -> R) -> Result<Option<R>, Failure> {
        let Some(sample) = self.subscriber.try_recv()? else {
            return Ok(None);
        };
        if sample.lost_before() > 0 && !self.may_lose {
            return Err(format!("{} messages were lost", sample.lost_before()).into());
        }
        Ok(Some(read(&sample)))
    }
}

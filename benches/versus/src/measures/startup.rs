//! From the first line of the receiver's `main` to its first message. The sender is there before.

use super::Measure;
use crate::channel::{Channel, Flow};
use crate::message::{self, Use};
use crate::pair::{ANNOUNCED, Answer, Link, Round, Side};
use crate::peers::{Failure, Peer, Receiver, Sender};
use std::marker::PhantomData;
use std::time::Duration;

/// The number of the message.
const NUMBER: u64 = 7;

fn channel(link: &Link) -> Channel {
    link.channel(ANNOUNCED, Flow::First, 1)
}

/// The sender. Where one need not wait for a receiver, it has sent before one comes.
pub(super) struct Leader<P: Peer, const W: usize>(PhantomData<P>);

impl<P: Peer, const W: usize> Side for Leader<P, W> {
    fn open(link: &Link, _: &Measure) -> Result<Self, Failure> {
        let channel = channel(link);
        let mut sender: P::Sender<W> = P::sender(&channel)?;
        sender.send(|words| message::write(words, NUMBER, Use::Full))?;
        link.announce()?;
        while link.control.seen.get() == 0 {
            sender.tend()?;
        }
        Ok(Self(PhantomData))
    }

    fn round(&mut self, _: &Link, _: Round) -> Result<Answer, Failure> {
        Ok(Answer { messages: 1, ..Answer::default() })
    }
}

pub(super) struct Follower<P: Peer, const W: usize> {
    _receiver: P::Receiver<W>,
    took: Duration,
}

impl<P: Peer, const W: usize> Side for Follower<P, W> {
    fn open(link: &Link, _: &Measure) -> Result<Self, Failure> {
        let mut receiver: P::Receiver<W> = P::receiver(&channel(link))?;
        let is_right = receiver.receive(|words| message::is(words, NUMBER, Use::Full))?;
        let took = link.begin.elapsed();
        if !is_right {
            return Err("another message arrived".into());
        }
        link.control.seen.set(1);
        Ok(Self { _receiver: receiver, took })
    }

    fn round(&mut self, _: &Link, _: Round) -> Result<Answer, Failure> {
        Ok(Answer { value: Some(self.took.as_nanos() as f64), messages: 1, ..Answer::default() })
    }
}

//! One-way latency: a message goes there and another one back, and half of that is one way.

use super::Measure;
use super::trips::Trips;
use crate::channel::Flow;
use crate::message::{self, LAST, Use};
use crate::pair::{Answer, Link, Round, Side};
use crate::peers::{Failure, Peer, Receiver, Sender};

const FLOW: Flow = Flow::Paced { most: 1 };

fn how(measure: &Measure) -> Use {
    match *measure {
        Measure::Latency { how, .. } => how,
        _ => Use::Full,
    }
}

/// The two channels of one side.
struct Ends<S, R> {
    sender: S,
    receiver: R,
    how: Use,
    /// The number of the next message.
    next: u64,
}

impl<S, R> Ends<S, R> {
    #[inline]
    fn send<const W: usize>(&mut self, mark: u64) -> Result<(), Failure>
    where
        S: Sender<W>,
    {
        let (number, how) = (self.next | mark, self.how);
        self.sender.send(|words| message::write(words, number, how))
    }

    /// Receives the next message, and returns its mark.
    #[inline]
    fn receive<const W: usize>(&mut self) -> Result<u64, Failure>
    where
        R: Receiver<W>,
    {
        let (next, how) = (self.next, self.how);
        let (first, is_right) = self.receiver.receive(|words| {
            let number = next | (words[0] & LAST);
            (words[0], message::is(words, number, how))
        })?;
        if !is_right {
            return Err(format!("message {next} arrived wrong: its first word is {first:#x}").into());
        }
        self.next += 1;
        Ok(first & LAST)
    }
}

pub(super) struct Leader<P: Peer, const W: usize>(Ends<P::Sender<W>, P::Receiver<W>>);

impl<P: Peer, const W: usize> Leader<P, W> {
    #[inline]
    fn trip(&mut self, mark: u64) -> Result<(), Failure> {
        self.0.send(mark)?;
        self.0.receive()?;
        Ok(())
    }
}

impl<P: Peer, const W: usize> Side for Leader<P, W> {
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure> {
        let sender = P::sender(&link.channel("there", FLOW, 1))?;
        let receiver = P::receiver(&link.channel("back", FLOW, 1))?;
        Ok(Self(Ends { sender, receiver, how: how(measure), next: 0 }))
    }

    fn round(&mut self, _: &Link, round: Round) -> Result<Answer, Failure> {
        let trips = Trips::make(round, || self.trip(0))?.halved();
        self.trip(LAST)?;
        Ok(Answer { value: Some(trips.mean), each: trips.each, messages: trips.made + 1, ..Answer::default() })
    }
}

pub(super) struct Follower<P: Peer, const W: usize>(Ends<P::Sender<W>, P::Receiver<W>>);

impl<P: Peer, const W: usize> Side for Follower<P, W> {
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure> {
        let receiver = P::receiver(&link.channel("there", FLOW, 1))?;
        let sender = P::sender(&link.channel("back", FLOW, 1))?;
        Ok(Self(Ends { sender, receiver, how: how(measure), next: 0 }))
    }

    fn round(&mut self, _: &Link, _: Round) -> Result<Answer, Failure> {
        let first = self.0.next;
        loop {
            let mark = self.0.receive()?;
            // The answer has the number of the message that it answers.
            self.0.next -= 1;
            self.0.send(mark)?;
            self.0.next += 1;
            if mark == LAST {
                return Ok(Answer { messages: self.0.next - first, ..Answer::default() });
            }
        }
    }
}

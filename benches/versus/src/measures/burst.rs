//! What sending a few messages costs that the receivers then receive: so each time the sender finds
//! its memory in the caches of the other processor.

use super::Measure;
use crate::channel::{Channel, Flow};
use crate::message::{self, Use};
use crate::pair::{Answer, Link, Round, Side};
use crate::peers::{Failure, Peer, Receiver, Sender};
use std::time::Instant;

/// Messages of a burst.
pub(super) const LENGTH: usize = 8;

fn channel(link: &Link, measure: &Measure) -> Channel {
    let receivers = match *measure {
        Measure::Burst { receivers } => receivers,
        _ => 1,
    };
    link.channel("burst", Flow::Paced { most: LENGTH }, receivers)
}

pub(super) struct Leader<P: Peer, const W: usize> {
    sender: P::Sender<W>,
    next: u64,
    rounds: u64,
    /// What reading the clock costs, in nanoseconds.
    clock: f64,
}

impl<P: Peer, const W: usize> Side for Leader<P, W> {
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure> {
        let sender = P::sender(&channel(link, measure))?;
        Ok(Self { sender, next: 0, rounds: 0, clock: super::clock() })
    }

    fn round(&mut self, link: &Link, round: Round) -> Result<Answer, Failure> {
        let first = self.next;
        let mut each = Vec::new();
        let begin = Instant::now();
        while begin.elapsed() < round.time() {
            let burst = Instant::now();
            for _ in 0..LENGTH {
                let number = self.next;
                self.sender.send(|words| message::write(words, number, Use::Full))?;
                self.next += 1;
            }
            each.push((burst.elapsed().as_nanos() as f64 - self.clock) / LENGTH as f64);
            link.control.sent.set(self.next);
            link.control.seen.wait_for(self.next);
        }
        self.rounds += 1;
        link.control.rounds.set(self.rounds);
        let value = super::median(&each);
        Ok(Answer { value, each, messages: self.next - first, ..Answer::default() })
    }
}

pub(super) struct Follower<P: Peer, const W: usize> {
    receivers: Vec<P::Receiver<W>>,
    next: u64,
    rounds: u64,
}

impl<P: Peer, const W: usize> Side for Follower<P, W> {
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure> {
        let channel = channel(link, measure);
        let receivers = (0..channel.receivers).map(|index| P::receiver(&channel.at(index)));
        Ok(Self { receivers: receivers.collect::<Result<_, _>>()?, next: 0, rounds: 0 })
    }

    fn prepare(&mut self) -> Result<(), Failure> {
        self.receivers.iter_mut().try_for_each(Receiver::tend)
    }

    fn round(&mut self, link: &Link, _: Round) -> Result<Answer, Failure> {
        let first = self.next;
        self.rounds += 1;
        loop {
            let sent = link.control.sent.get();
            if sent > self.next {
                for receiver in &mut self.receivers {
                    drain(receiver, self.next, sent)?;
                }
                self.next = sent;
                link.control.seen.set(sent);
            } else if link.control.rounds.get() == self.rounds {
                let messages = (self.next - first) * self.receivers.len() as u64;
                return Ok(Answer { messages, ..Answer::default() });
            }
        }
    }
}

/// Receives and checks some messages, all of which must arrive.
fn drain<const W: usize>(receiver: &mut impl Receiver<W>, first: u64, end: u64) -> Result<(), Failure> {
    for number in first..end {
        let (found, is_right) = receiver.receive(|words| (words[0], message::is(words, number, Use::Full)))?;
        if !is_right {
            return Err(format!("message {number} arrived wrong: its first word is {found:#x}").into());
        }
    }
    Ok(())
}

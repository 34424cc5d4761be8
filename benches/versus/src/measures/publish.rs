//! What sending costs while the receivers do nothing: then messages are overwritten or dropped.
//! Afterwards the receivers check what they have.

use super::Measure;
use crate::channel::{Channel, Flow};
use crate::message::{self, Use};
use crate::pair::{Answer, Link, Round, Side};
use crate::peers::{Failure, Peer, Receiver, Sender};
use std::time::{Duration, Instant};

/// The sender reads the clock once for so many messages.
const CHUNK: u64 = 64;
/// A receiver has all that it will get when nothing has arrived for so long.
const SILENCE: Duration = Duration::from_millis(20);

fn channel(link: &Link, measure: &Measure) -> Channel {
    let receivers = match *measure {
        Measure::Publish { receivers } => receivers,
        _ => 1,
    };
    link.channel("publish", Flow::Lossy, receivers)
}

pub(super) struct Leader<P: Peer, const W: usize> {
    sender: P::Sender<W>,
    next: u64,
}

impl<P: Peer, const W: usize> Side for Leader<P, W> {
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure> {
        Ok(Self { sender: P::sender(&channel(link, measure))?, next: 0 })
    }

    fn round(&mut self, link: &Link, round: Round) -> Result<Answer, Failure> {
        let first = self.next;
        let begin = Instant::now();
        let mut elapsed = Duration::ZERO;
        while elapsed < round.time() / 4 {
            for _ in 0..CHUNK {
                let number = self.next;
                self.sender.send(|words| message::write(words, number, Use::Full))?;
                self.next += 1;
            }
            elapsed = begin.elapsed();
        }
        let messages = self.next - first;
        link.control.sent.set(self.next);
        link.control.seen.wait_for(self.next);
        Ok(Answer { value: Some(elapsed.as_nanos() as f64 / messages as f64), messages, ..Answer::default() })
    }
}

pub(super) struct Follower<P: Peer, const W: usize> {
    receivers: Vec<P::Receiver<W>>,
    sent: u64,
}

impl<P: Peer, const W: usize> Side for Follower<P, W> {
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure> {
        let channel = channel(link, measure);
        let receivers = (0..channel.receivers).map(|index| P::receiver(&channel.at(index)));
        Ok(Self { receivers: receivers.collect::<Result<_, _>>()?, sent: 0 })
    }

    fn prepare(&mut self) -> Result<(), Failure> {
        self.receivers.iter_mut().try_for_each(Receiver::tend)
    }

    fn round(&mut self, link: &Link, _: Round) -> Result<Answer, Failure> {
        let first = self.sent;
        link.control.sent.wait_for(first + 1);
        self.sent = link.control.sent.get();
        let mut messages = 0;
        for receiver in &mut self.receivers {
            let found = drain(receiver, self.sent)?;
            if found == 0 {
                return Err("a receiver has received nothing".into());
            }
            messages += found;
        }
        link.control.seen.set(self.sent);
        let lost = (self.sent - first) * self.receivers.len() as u64 - messages;
        Ok(Answer { messages, lost, ..Answer::default() })
    }
}

/// Receives and checks up to the last message, or as long as any arrives, and returns the number.
fn drain<const W: usize>(receiver: &mut impl Receiver<W>, sent: u64) -> Result<u64, Failure> {
    let mut messages = 0;
    let mut since = Instant::now();
    let mut last = None;
    while last != Some(sent - 1) {
        let found = receiver.poll(|words| (words[0], message::is(words, words[0], Use::Full)))?;
        match found {
            Some((number, true)) if last.is_none_or(|last| number > last) && number < sent => {
                last = Some(number);
                messages += 1;
                since = Instant::now();
            }
            Some((number, _)) => return Err(format!("message {number} arrived torn or after {last:?}").into()),
            None if since.elapsed() > SILENCE => break,
            None => {}
        }
    }
    Ok(messages)
}

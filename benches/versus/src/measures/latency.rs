//! One-way latency: a message goes there and another one back, and half of that is one way.

use super::Measure;
use crate::channel::Flow;
use crate::message::{self, LAST, Use};
use crate::pair::{Answer, Link, Round, Side};
use crate::peers::{Failure, Peer, Receiver, Sender};
use std::time::{Duration, Instant};

/// The most round trips of a round that are timed together, and as many that are timed one by one.
const MOST: u64 = 1000;
/// The least.
const LEAST: u64 = 2;
/// The most round trips before, which warm the caches and tell how many are to follow. At least 2.
const WARM_UP: u64 = 8;

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
        let begin = Instant::now();
        self.trip(0)?;
        let mut trip = Duration::MAX;
        let mut warm_up = 1;
        while warm_up < 2 || (warm_up < WARM_UP && begin.elapsed() < round.time() / 4) {
            let begin = Instant::now();
            self.trip(0)?;
            trip = trip.min(begin.elapsed());
            warm_up += 1;
        }
        let trips = number_of_trips(round.time(), trip);
        let begin = Instant::now();
        for _ in 0..trips {
            self.trip(0)?;
        }
        let together = begin.elapsed();
        let mut each = Vec::with_capacity(usize::try_from(trips)?);
        let mut before = Instant::now();
        for _ in 0..trips {
            self.trip(0)?;
            let now = Instant::now();
            each.push((now - before).as_nanos() as f64 / 2.0);
            before = now;
        }
        self.trip(LAST)?;
        let value = together.as_nanos() as f64 / trips as f64 / 2.0;
        Ok(Answer { value: Some(value), each, messages: 2 * trips + warm_up + 1, ..Answer::default() })
    }
}

/// Returns how many trips fill half of the time.
fn number_of_trips(time: Duration, trip: Duration) -> u64 {
    let trips = time.as_nanos() / 2 / trip.as_nanos().max(1);
    u64::try_from(trips).unwrap_or(MOST).clamp(LEAST, MOST)
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

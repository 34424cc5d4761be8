//! As many messages as possible from one process to the other.

use super::Measure;
use crate::channel::Flow;
use crate::message::{self, Use};
use crate::pair::{Answer, Link, Round, Side};
use crate::peers::{Failure, Peer, Receiver, Sender};
use std::time::{Duration, Instant};

/// The sender reads the clock once for so many messages.
const CHUNK: u64 = 64;
/// If some may be lost, the last ones count as lost when nothing has arrived for so long.
const SILENCE: Duration = Duration::from_millis(20);

fn flow(measure: &Measure) -> Flow {
    match *measure {
        Measure::Stream { flow, .. } => flow,
        _ => Flow::Lossless,
    }
}

pub(super) struct Leader<P: Peer, const W: usize> {
    sender: P::Sender<W>,
    /// The number of the next message.
    next: u64,
}

impl<P: Peer, const W: usize> Side for Leader<P, W> {
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure> {
        Ok(Self { sender: P::sender(&link.channel("stream", flow(measure), 1))?, next: 0 })
    }

    fn round(&mut self, link: &Link, round: Round) -> Result<Answer, Failure> {
        let first = self.next;
        let begin = Instant::now();
        while begin.elapsed() < round.time() {
            for _ in 0..CHUNK {
                let number = self.next;
                self.sender.send(|words| message::write(words, number, Use::Full))?;
                self.next += 1;
            }
        }
        link.control.sent.set(self.next);
        Ok(Answer { messages: self.next - first, ..Answer::default() })
    }
}

pub(super) struct Follower<P: Peer, const W: usize> {
    receiver: P::Receiver<W>,
    flow: Flow,
    next: u64,
}

impl<P: Peer, const W: usize> Follower<P, W> {
    /// Takes the next message if there is one, and returns its number.
    #[inline]
    fn take(&mut self) -> Result<Option<u64>, Failure> {
        let found = self.receiver.poll(|words| (words[0], message::is(words, words[0], Use::Full)))?;
        let Some((number, is_whole)) = found else { return Ok(None) };
        if !is_whole {
            return Err(format!("message {number} arrived torn").into());
        }
        if self.flow == Flow::Lossless && number != self.next {
            return Err(format!("message {number} arrived instead of {}", self.next).into());
        }
        Ok(Some(number))
    }
}

impl<P: Peer, const W: usize> Side for Follower<P, W> {
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure> {
        let flow = flow(measure);
        Ok(Self { receiver: P::receiver(&link.channel("stream", flow, 1))?, flow, next: 0 })
    }

    fn prepare(&mut self) -> Result<(), Failure> {
        self.receiver.tend()
    }

    fn round(&mut self, link: &Link, _: Round) -> Result<Answer, Failure> {
        let first = self.next;
        let mut received = 0_u64;
        let begin = Instant::now();
        let mut silent_since: Option<Instant> = None;
        let (sent, end) = loop {
            if let Some(number) = self.take()? {
                if number < first {
                    continue; // late, of the last round: it was counted as lost
                }
                if number < self.next {
                    return Err(format!("message {number} arrived after {}", self.next - 1).into());
                }
                received += 1;
                self.next = number + 1;
                silent_since = None;
                continue;
            }
            let sent = link.control.sent.get();
            if sent == first {
                continue; // the sender goes on
            }
            let since = *silent_since.get_or_insert_with(Instant::now);
            if self.next == sent || (self.flow == Flow::Lossy && since.elapsed() > SILENCE) {
                break (sent, since);
            }
        };
        self.next = sent;
        if received == 0 {
            return Err("no message has arrived".into());
        }
        let value = (end - begin).as_nanos() as f64 / received as f64;
        Ok(Answer { value: Some(value), messages: received, lost: sent - first - received, ..Answer::default() })
    }
}

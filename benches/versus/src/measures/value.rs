//! Setting a value, or getting it, while the other process does the opposite or nothing.

use super::Measure;
use crate::channel::{Channel, Flow};
use crate::message::{self, Use};
use crate::pair::{Answer, Link, Round, Side};
use crate::peers::{Failure, Reader, ValueWords, Values, Writer};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// The leader reads the clock once for this many calls.
const CHUNK: u64 = 64;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Access {
    Set,
    Get,
}

fn channel(link: &Link) -> Channel {
    link.channel("value", Flow::Paced { most: 1 }, 1)
}

/// Returns the value of a number.
#[inline]
pub(super) fn of(number: u64) -> ValueWords {
    let mut words = ValueWords::default();
    message::write(&mut words, number, Use::Full);
    words
}

/// Returns the number of a value, and whether it is whole.
#[inline]
pub(super) fn look(words: &ValueWords) -> (u64, bool) {
    (words[0], message::is(words, words[0], Use::Full))
}

/// One end, with what it has set or got.
enum End<V: Values> {
    Writer { writer: V::Writer, last: u64 },
    Reader { reader: V::Reader, last: u64 },
}

impl<V: Values> End<V> {
    fn open(link: &Link, access: Access) -> Result<Self, Failure> {
        let channel = channel(link);
        Ok(match access {
            Access::Set => Self::Writer { writer: V::writer(&channel, &of(0))?, last: 0 },
            Access::Get => Self::Reader { reader: V::reader(&channel)?, last: 0 },
        })
    }

    /// Sets the next value, or gets one that is whole and not older than the last one.
    #[inline]
    fn access(&mut self) -> Result<(), Failure> {
        match self {
            Self::Writer { writer, last } => {
                *last += 1;
                writer.set(&of(*last))
            }
            Self::Reader { reader, last } => {
                match reader.get(look)? {
                    Some((number, true)) if number >= *last => *last = number,
                    Some((number, _)) => return Err(format!("value {number} was got torn or after {last}").into()),
                    None if *last == 0 => {}
                    None => return Err(format!("there is no value after {last}").into()),
                }
                Ok(())
            }
        }
    }

    /// Tells the other process what was set last, or checks that this is what is got.
    fn finish(&mut self, link: &Link, rounds: u64) -> Result<(), Failure> {
        if let Self::Writer { last, .. } = self {
            link.control.sent.set(*last);
            link.control.seen.set(rounds);
            return Ok(());
        }
        link.control.seen.wait_for(rounds);
        self.access()?;
        let (set, got) = (link.control.sent.get(), self.last());
        if got == set { Ok(()) } else { Err(format!("value {got} was got after {set} was set").into()) }
    }

    fn last(&self) -> u64 {
        match *self {
            Self::Writer { last, .. } | Self::Reader { last, .. } => last,
        }
    }
}

pub(super) struct Leader<V: Values> {
    end: End<V>,
    rounds: u64,
}

impl<V: Values> Side for Leader<V> {
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure> {
        let access =
            if matches!(*measure, Measure::Value { access: Access::Get, .. }) { Access::Get } else { Access::Set };
        Ok(Self { end: End::open(link, access)?, rounds: 0 })
    }

    fn round(&mut self, link: &Link, round: Round) -> Result<Answer, Failure> {
        let (mut messages, mut elapsed) = (0, Duration::ZERO);
        let begin = Instant::now();
        while elapsed < round.time() / 4 {
            for _ in 0..CHUNK {
                self.end.access()?;
            }
            messages += CHUNK;
            elapsed = begin.elapsed();
        }
        self.rounds += 1;
        link.control.rounds.set(self.rounds);
        self.end.finish(link, self.rounds)?;
        Ok(Answer { value: Some(elapsed.as_nanos() as f64 / messages as f64), messages, ..Answer::default() })
    }
}

pub(super) struct Follower<V: Values> {
    end: End<V>,
    /// Whether it does the opposite of the leader all the time.
    is_busy: bool,
    rounds: u64,
}

impl<V: Values> Side for Follower<V> {
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure> {
        let (access, is_busy) = match *measure {
            Measure::Value { access: Access::Get, is_shared } => (Access::Set, is_shared),
            Measure::Value { is_shared, .. } => (Access::Get, is_shared),
            _ => (Access::Get, true),
        };
        Ok(Self { end: End::open(link, access)?, is_busy, rounds: 0 })
    }

    fn round(&mut self, link: &Link, _: Round) -> Result<Answer, Failure> {
        let mut messages = 0;
        self.rounds += 1;
        while link.control.rounds.get() < self.rounds {
            if self.is_busy {
                self.end.access()?;
                messages += 1;
            }
        }
        self.end.finish(link, self.rounds)?;
        Ok(Answer { messages, ..Answer::default() })
    }
}

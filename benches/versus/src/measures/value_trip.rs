//! A value is set here and got there, then another one is set there and got here; half of that is
//! one way.

use super::trips::Trips;
use super::{Measure, value};
use crate::channel::Flow;
use crate::pair::{Answer, Link, Round, Side};
use crate::peers::{Failure, Reader, Values, Writer};

const FLOW: Flow = Flow::Paced { most: 1 };

/// The two values of one side.
struct Ends<V: Values> {
    writer: V::Writer,
    reader: V::Reader,
    /// The number of the value that was set last, by either side.
    last: u64,
}

impl<V: Values> Ends<V> {
    /// Both sides create the writer first: a reader may have to wait for it.
    fn open(link: &Link, sets: &str, gets: &str) -> Result<Self, Failure> {
        let writer = V::writer(&link.channel(sets, FLOW, 1), &value::of(0))?;
        Ok(Self { writer, reader: V::reader(&link.channel(gets, FLOW, 1))?, last: 0 })
    }

    #[inline]
    fn set(&mut self) -> Result<(), Failure> {
        self.writer.set(&value::of(self.last))
    }

    /// Gets the value until it has this number. Until then it must be the one before.
    #[inline]
    fn get(&mut self, number: u64) -> Result<(), Failure> {
        loop {
            match self.reader.get(value::look)? {
                Some((found, true)) if found == number => return Ok(()),
                Some((found, true)) if found + 1 == number => {}
                Some((found, _)) => return Err(format!("value {found} was got torn or instead of {number}").into()),
                None if number == 1 => {}
                None => return Err(format!("there is no value before {number}").into()),
            }
        }
    }
}

pub(super) struct Leader<V: Values> {
    ends: Ends<V>,
    rounds: u64,
}

impl<V: Values> Leader<V> {
    #[inline]
    fn trip(&mut self) -> Result<(), Failure> {
        self.ends.last += 1;
        self.ends.set()?;
        self.ends.get(self.ends.last)
    }
}

impl<V: Values> Side for Leader<V> {
    fn open(link: &Link, _: &Measure) -> Result<Self, Failure> {
        Ok(Self { ends: Ends::open(link, "there", "back")?, rounds: 0 })
    }

    fn round(&mut self, link: &Link, round: Round) -> Result<Answer, Failure> {
        let trips = Trips::make(round, || self.trip())?.halved();
        self.rounds += 1;
        // The value of the last trip tells the follower to look at this.
        link.control.rounds.set(self.rounds);
        self.trip()?;
        Ok(Answer { value: Some(trips.mean), each: trips.each, messages: trips.made + 1, ..Answer::default() })
    }
}

pub(super) struct Follower<V: Values> {
    ends: Ends<V>,
    rounds: u64,
}

impl<V: Values> Side for Follower<V> {
    fn open(link: &Link, _: &Measure) -> Result<Self, Failure> {
        Ok(Self { ends: Ends::open(link, "back", "there")?, rounds: 0 })
    }

    fn round(&mut self, link: &Link, _: Round) -> Result<Answer, Failure> {
        let first = self.ends.last;
        self.rounds += 1;
        loop {
            self.ends.get(self.ends.last + 1)?;
            self.ends.last += 1;
            let is_last = link.control.rounds.get() == self.rounds;
            self.ends.set()?;
            if is_last {
                return Ok(Answer { messages: self.ends.last - first, ..Answer::default() });
            }
        }
    }
}

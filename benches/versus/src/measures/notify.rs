//! What one call costs that tells of an event, while the listener does not sleep.

use super::Measure;
use crate::channel::{Channel, Flow};
use crate::pair::{Answer, Link, Round, Side};
use crate::peers::{Events, Failure, Heard, IDS, Idling, Listener, Notifier};
use std::time::{Duration, Instant};

/// The notifier reads the clock once for this many calls, if the listener does nothing.
const CHUNK: u64 = 64;

fn channel(link: &Link) -> Channel {
    link.channel("events", Flow::Paced { most: 1 }, 1)
}

fn listens(measure: &Measure) -> bool {
    matches!(*measure, Measure::Notify { listens: true })
}

pub(super) struct Leader<E: Events> {
    notifier: E::Notifier,
    listens: bool,
    next: u64,
    rounds: u64,
    /// What reading the clock costs, in nanoseconds.
    clock: f64,
}

impl<E: Events> Leader<E> {
    #[inline]
    fn notify(&mut self) -> Result<(), Failure> {
        self.notifier.notify(id_of::<E>(self.next))?;
        self.next += 1;
        Ok(())
    }

    /// Tells of an event each time when the listener has heard of the last one. Returns the times.
    fn one_by_one(&mut self, link: &Link, time: Duration) -> Result<Vec<f64>, Failure> {
        let mut each = Vec::new();
        let begin = Instant::now();
        while begin.elapsed() < time {
            let call = Instant::now();
            self.notify()?;
            each.push(call.elapsed().as_nanos() as f64 - self.clock);
            link.control.sent.set(self.next);
            link.control.seen.wait_for(self.next);
        }
        Ok(each)
    }

    /// Tells of many events, and lets the listener look afterwards. Returns the time of one.
    fn together(&mut self, link: &Link, time: Duration) -> Result<f64, Failure> {
        let first = self.next;
        let begin = Instant::now();
        let mut elapsed = Duration::ZERO;
        while elapsed < time {
            for _ in 0..CHUNK {
                self.notify()?;
            }
            elapsed = begin.elapsed();
        }
        link.control.sent.set(self.next);
        link.control.seen.wait_for(self.next);
        Ok(elapsed.as_nanos() as f64 / (self.next - first) as f64)
    }
}

impl<E: Events> Side for Leader<E> {
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure> {
        let notifier = E::notifier(&channel(link))?;
        Ok(Self { notifier, listens: listens(measure), next: 0, rounds: 0, clock: super::clock() })
    }

    fn round(&mut self, link: &Link, round: Round) -> Result<Answer, Failure> {
        let first = self.next;
        let (value, each) = if self.listens {
            let each = self.one_by_one(link, round.time())?;
            (super::median(&each), each)
        } else {
            (Some(self.together(link, round.time() / 4)?), Vec::new())
        };
        self.rounds += 1;
        link.control.rounds.set(self.rounds);
        Ok(Answer { value, each, messages: self.next - first, ..Answer::default() })
    }
}

pub(super) struct Follower<E: Events> {
    listener: E::Listener,
    listens: bool,
    /// How many events were told.
    told: u64,
    /// How often which one was heard.
    heard: Heard,
    rounds: u64,
}

impl<E: Events> Follower<E> {
    /// Hears the events up to this number. All must have been told.
    fn hear(&mut self, end: u64) -> Result<(), Failure> {
        self.listener.hear(&mut self.heard)?;
        self.told = end;
        let expected = counts::<E>(end);
        if self.heard == expected {
            return Ok(());
        }
        Err(format!("events were heard {:?} times instead of {expected:?}", self.heard).into())
    }
}

impl<E: Events> Side for Follower<E> {
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure> {
        let listener = E::listener(&channel(link), Idling::Polls)?;
        Ok(Self { listener, listens: listens(measure), told: 0, heard: [0; IDS], rounds: 0 })
    }

    fn round(&mut self, link: &Link, _: Round) -> Result<Answer, Failure> {
        let first = self.told;
        self.rounds += 1;
        loop {
            let sent = link.control.sent.get();
            if sent > self.told {
                self.hear(sent)?;
                link.control.seen.set(sent);
            } else if link.control.rounds.get() == self.rounds {
                return Ok(Answer { messages: self.told - first, ..Answer::default() });
            } else if self.listens {
                // As a program does that has nothing else to do. What is heard here counts, too.
                self.listener.hear(&mut self.heard)?;
            }
        }
    }
}

/// Returns which event is told with a number.
#[inline]
fn id_of<E: Events>(number: u64) -> usize {
    usize::try_from(number % E::IDS as u64).expect("it is a remainder")
}

/// Returns how often each event was told, if `told` events were told in all.
fn counts<E: Events>(told: u64) -> Heard {
    let ids = E::IDS as u64;
    std::array::from_fn(|id| if id < E::IDS { (told + ids - 1 - id as u64) / ids } else { 0 })
}

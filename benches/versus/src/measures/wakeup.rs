//! An event there and one back, while both sides sleep: up to two wake-ups.

use super::Measure;
use super::pause::{Pause, Sleeps};
use super::trips::Trips;
use crate::channel::Flow;
use crate::pair::{Answer, Link, Round, Side};
use crate::peers::{Events, Failure, Heard, IDS, Idling, Listener, Notifier};

const FLOW: Flow = Flow::Paced { most: 1 };

fn pause(measure: &Measure) -> Pause {
    match *measure {
        Measure::WakeUp { pause } => pause,
        _ => Pause::None,
    }
}

/// The two channels of one side.
struct Ends<E: Events> {
    notifier: E::Notifier,
    listener: E::Listener,
    /// The number of the next event.
    next: u64,
}

impl<E: Events> Ends<E> {
    /// Returns which event is the next one.
    fn id(&self) -> Result<usize, Failure> {
        Ok(usize::try_from(self.next % E::IDS as u64)?)
    }

    #[inline]
    fn notify(&mut self) -> Result<(), Failure> {
        self.notifier.notify(self.id()?)
    }

    /// Sleeps until the next event, which must be the only one.
    #[inline]
    fn sleep(&mut self) -> Result<(), Failure> {
        let mut heard: Heard = [0; IDS];
        self.listener.hear(&mut heard)?;
        let mut expected: Heard = [0; IDS];
        expected[self.id()?] = 1;
        if heard != expected {
            return Err(format!("events were heard {heard:?} times instead of {expected:?}").into());
        }
        Ok(())
    }
}

pub(super) struct Leader<E: Events> {
    ends: Ends<E>,
    pause: Pause,
    rounds: u64,
}

impl<E: Events> Leader<E> {
    #[inline]
    fn trip(&mut self) -> Result<(), Failure> {
        self.ends.notify()?;
        self.ends.sleep()?;
        self.ends.next += 1;
        Ok(())
    }
}

impl<E: Events> Side for Leader<E> {
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure> {
        let notifier = E::notifier(&link.channel("there", FLOW, 1))?;
        let listener = E::listener(&link.channel("back", FLOW, 1), Idling::Sleeps)?;
        Ok(Self { ends: Ends { notifier, listener, next: 0 }, pause: pause(measure), rounds: 0 })
    }

    fn round(&mut self, link: &Link, round: Round) -> Result<Answer, Failure> {
        let sleeps = Sleeps::now()?;
        let trips = Trips::make_asleep(round, self.pause, || self.trip())?;
        sleeps.check(self.pause, trips.made)?;
        self.rounds += 1;
        // The event of the last trip tells the follower to look at this.
        link.control.rounds.set(self.rounds);
        self.trip()?;
        Ok(Answer { value: Some(trips.mean), each: trips.each, messages: trips.made + 1, ..Answer::default() })
    }
}

pub(super) struct Follower<E: Events> {
    ends: Ends<E>,
    pause: Pause,
    rounds: u64,
}

impl<E: Events> Side for Follower<E> {
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure> {
        let listener = E::listener(&link.channel("there", FLOW, 1), Idling::Sleeps)?;
        let notifier = E::notifier(&link.channel("back", FLOW, 1))?;
        Ok(Self { ends: Ends { notifier, listener, next: 0 }, pause: pause(measure), rounds: 0 })
    }

    fn round(&mut self, link: &Link, _: Round) -> Result<Answer, Failure> {
        let (first, sleeps) = (self.ends.next, Sleeps::now()?);
        self.rounds += 1;
        loop {
            self.ends.sleep()?;
            let is_last = link.control.rounds.get() == self.rounds;
            self.pause.take();
            self.ends.notify()?;
            self.ends.next += 1;
            if is_last {
                sleeps.check(self.pause, self.ends.next - first)?;
                return Ok(Answer { messages: self.ends.next - first, ..Answer::default() });
            }
        }
    }
}

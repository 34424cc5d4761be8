//! A request there and its response back.

use super::Measure;
use super::pause::{Pause, Sleeps};
use super::trips::Trips;
use crate::channel::{Channel, Flow};
use crate::message::{self, LAST, Use};
use crate::pair::{Answer, Link, Round, Side};
use crate::peers::{Client, Failure, Idling, Server, Services};

/// The response has the number of its request with this bit: another message, which nobody can
/// confuse with the request.
const RESPONSE: u64 = 1 << 62;

fn channel(link: &Link) -> Channel {
    link.channel("service", Flow::Paced { most: 1 }, 1)
}

fn waits(measure: &Measure) -> (Idling, Pause) {
    match *measure {
        Measure::Call { idling, pause } => (idling, pause),
        _ => (Idling::Polls, Pause::None),
    }
}

pub(super) struct Leader<S: Services> {
    client: S::Client,
    pause: Pause,
    /// The number of the next request.
    next: u64,
}

impl<S: Services> Leader<S> {
    #[inline]
    fn call(&mut self, mark: u64) -> Result<(), Failure> {
        let number = self.next | mark;
        let expected = number | RESPONSE;
        let (found, is_right) = self.client.call(
            |request| message::write(request, number, Use::Full),
            |response| (response[0], message::is(response, expected, Use::Full)),
        )?;
        if !is_right {
            return Err(format!("the response to {number:#x} is wrong: its first word is {found:#x}").into());
        }
        self.next += 1;
        Ok(())
    }
}

impl<S: Services> Side for Leader<S> {
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure> {
        let (idling, pause) = waits(measure);
        Ok(Self { client: S::client(&channel(link), idling)?, pause, next: 0 })
    }

    fn round(&mut self, _: &Link, round: Round) -> Result<Answer, Failure> {
        let sleeps = Sleeps::now()?;
        let trips = Trips::make_asleep(round, self.pause, || self.call(0))?;
        sleeps.check(self.pause, trips.made)?;
        self.call(LAST)?;
        Ok(Answer { value: Some(trips.mean), each: trips.each, messages: trips.made + 1, ..Answer::default() })
    }
}

pub(super) struct Follower<S: Services> {
    server: S::Server,
    pause: Pause,
    next: u64,
}

impl<S: Services> Side for Follower<S> {
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure> {
        let (idling, pause) = waits(measure);
        Ok(Self { server: S::server(&channel(link), idling)?, pause, next: 0 })
    }

    fn round(&mut self, _: &Link, _: Round) -> Result<Answer, Failure> {
        let (first, sleeps) = (self.next, Sleeps::now()?);
        loop {
            let (next, pause) = (self.next, self.pause);
            let (found, is_right) = self.server.serve(|request, response| {
                let number = next | (request[0] & LAST);
                pause.take();
                message::write(response, request[0] | RESPONSE, Use::Full);
                (request[0], message::is(request, number, Use::Full))
            })?;
            if !is_right {
                return Err(format!("request {next} arrived wrong: its first word is {found:#x}").into());
            }
            self.next += 1;
            if found & LAST != 0 {
                sleeps.check(self.pause, self.next - first)?;
                return Ok(Answer { messages: self.next - first, ..Answer::default() });
            }
        }
    }
}

//! A request there and its response back.

use super::Measure;
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

fn idling(measure: &Measure) -> Idling {
    match *measure {
        Measure::Call { sleeps: true } => Idling::Sleeps,
        _ => Idling::Polls,
    }
}

pub(super) struct Leader<S: Services> {
    client: S::Client,
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
        Ok(Self { client: S::client(&channel(link), idling(measure))?, next: 0 })
    }

    fn round(&mut self, _: &Link, round: Round) -> Result<Answer, Failure> {
        let trips = Trips::make(round, || self.call(0))?;
        self.call(LAST)?;
        Ok(Answer { value: Some(trips.mean), each: trips.each, messages: trips.made + 1, ..Answer::default() })
    }
}

pub(super) struct Follower<S: Services> {
    server: S::Server,
    next: u64,
}

impl<S: Services> Side for Follower<S> {
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure> {
        Ok(Self { server: S::server(&channel(link), idling(measure))?, next: 0 })
    }

    fn round(&mut self, _: &Link, _: Round) -> Result<Answer, Failure> {
        let first = self.next;
        loop {
            let next = self.next;
            let (found, is_right) = self.server.serve(|request, response| {
                let number = next | (request[0] & LAST);
                message::write(response, request[0] | RESPONSE, Use::Full);
                (request[0], message::is(request, number, Use::Full))
            })?;
            if !is_right {
                return Err(format!("request {next} arrived wrong: its first word is {found:#x}").into());
            }
            self.next += 1;
            if found & LAST != 0 {
                return Ok(Answer { messages: self.next - first, ..Answer::default() });
            }
        }
    }
}

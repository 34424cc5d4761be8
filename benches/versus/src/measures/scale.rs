//! What Slotcast costs when there is more of something: topics in a process, publishers or
//! subscribers of a topic. Each publisher publishes a message, and then all of them are received.

use super::Measure;
use crate::message::{self, Use};
use crate::pair::{Answer, Link, Round, Side};
use crate::peers::Failure;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};
use slotcast::{Publisher, Subscriber};
use slotcast_benches::Place;
use std::time::Instant;

/// Messages of 64 bytes.
type Message = [u64; 8];

/// Passes before a round, in which publishers and subscribers find each other.
const WARM_UP: usize = 3;

/// What there is more of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Axis {
    Topics,
    Publishers,
    Subscribers,
}

impl Axis {
    /// Returns how many publishers and subscribers there are.
    pub(crate) fn endpoints(self, count: usize) -> (usize, usize) {
        match self {
            Self::Topics => (count, count),
            Self::Publishers => (count, 1),
            Self::Subscribers => (1, count),
        }
    }
}

/// The endpoints of both processes.
struct Extent {
    publishers: Vec<String>,
    subscribers: Vec<String>,
    /// How many messages each subscriber receives in a pass.
    each: usize,
}

impl Extent {
    fn of(measure: &Measure) -> Self {
        let Measure::Scale { axis, count } = *measure else {
            return Self { publishers: Vec::new(), subscribers: Vec::new(), each: 0 };
        };
        let one = vec!["topic".to_owned()];
        let many = vec!["topic".to_owned(); count];
        let topics: Vec<String> = (0..count).map(|number| format!("topic-{number}")).collect();
        match axis {
            Axis::Topics => Self { publishers: topics.clone(), subscribers: topics, each: 1 },
            Axis::Publishers => Self { publishers: many, subscribers: one, each: count },
            Axis::Subscribers => Self { publishers: one, subscribers: many, each: 1 },
        }
    }
}

pub(crate) struct Leader {
    publishers: Vec<Publisher<Message>>,
    passes: u64,
    rounds: u64,
}

impl Leader {
    /// Publishes a message with each publisher, and returns how long that took, in nanoseconds.
    fn pass(&mut self, link: &Link) -> Result<f64, Failure> {
        let number = self.passes;
        let mut words = [0; 8];
        message::write(&mut words, number, Use::Full);
        let begin = Instant::now();
        for publisher in &mut self.publishers {
            publisher.publish(&words)?;
        }
        let took = begin.elapsed();
        self.passes += 1;
        link.control.sent.set(self.passes);
        link.control.seen.wait_for(self.passes);
        Ok(took.as_nanos() as f64)
    }
}

impl Side for Leader {
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure> {
        raise_limit()?;
        let domain = Place::domain_in(link.folder());
        let create = |topic: &String| Publisher::builder(topic.as_str()).domain(&domain).create();
        let publishers = Extent::of(measure).publishers.iter().map(create).collect::<Result<_, _>>()?;
        Ok(Self { publishers, passes: 0, rounds: 0 })
    }

    fn round(&mut self, link: &Link, round: Round) -> Result<Answer, Failure> {
        for _ in 0..WARM_UP {
            self.pass(link)?;
        }
        let (begin, mut times) = (Instant::now(), Vec::new());
        while times.is_empty() || begin.elapsed() < round.time() {
            times.push(self.pass(link)? / self.publishers.len() as f64);
        }
        self.rounds += 1;
        link.control.rounds.set(self.rounds);
        let messages = times.len() as u64 * self.publishers.len() as u64;
        Ok(Answer { value: super::median(&times), messages, ..Answer::default() })
    }
}

pub(crate) struct Follower {
    subscribers: Vec<Subscriber<Message>>,
    each: usize,
    passes: u64,
    rounds: u64,
}

impl Follower {
    /// Receives and checks all messages of a pass, and returns how long that took, in nanoseconds.
    fn pass(&mut self) -> Result<f64, Failure> {
        let begin = Instant::now();
        for subscriber in &mut self.subscribers {
            for _ in 0..self.each {
                let sample = subscriber.try_recv()?.ok_or("a message has not arrived")?;
                if !message::is(&sample, self.passes, Use::Full) {
                    return Err(format!("message {} arrived wrong: {:?}", self.passes, *sample).into());
                }
            }
        }
        self.passes += 1;
        Ok(begin.elapsed().as_nanos() as f64)
    }
}

impl Side for Follower {
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure> {
        raise_limit()?;
        let domain = Place::domain_in(link.folder());
        let create = |topic: &String| Subscriber::builder(topic.as_str()).domain(&domain).create();
        let Extent { subscribers, each, .. } = Extent::of(measure);
        let subscribers = subscribers.iter().map(create).collect::<Result<_, _>>()?;
        Ok(Self { subscribers, each, passes: 0, rounds: 0 })
    }

    fn round(&mut self, link: &Link, _: Round) -> Result<Answer, Failure> {
        let (mut times, count) = (Vec::new(), self.subscribers.len() * self.each);
        self.rounds += 1;
        loop {
            if link.control.sent.get() > self.passes {
                times.push(self.pass()? / count as f64);
                link.control.seen.set(self.passes);
            } else if link.control.rounds.get() == self.rounds {
                let messages = times.len() as u64 * count as u64;
                return Ok(Answer { value: super::median(&times), messages, ..Answer::default() });
            }
        }
    }
}

/// Some thousand descriptors are needed, and a shell often sets the limit to a thousand.
fn raise_limit() -> Result<(), Failure> {
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?)
}

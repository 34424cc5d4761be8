//! `wait`: until a topic has endpoints, or a message comes.

use crate::context::Context;
use crate::exit::Outcome;
use crate::one_topic::OneTopic;
use crate::output::Format;
use crate::signals::Signals;
use crate::why::{self, Reason};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use slotcast::EndpointId;
use slotcast::observer::ObservedPublisher;
use slotcast::registry::{Peer, Role};
use std::collections::HashMap;
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// How often it looks.
const STEP: Duration = Duration::from_millis(20);

/// Wait until a topic has publishers or subscribers, or a message comes
///
/// Without options it waits for a publisher. If the time of `--timeout` runs out first, the exit
/// code is 1, and the reasons are printed.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    slotcast wait robot/imu\n  \
    slotcast wait robot/imu --message --timeout 5 && echo it publishes\n  \
    slotcast wait robot/imu --publishers 2 --subscribers 1")]
pub(crate) struct Wait {
    /// The topic
    #[arg(value_name = "TOPIC")]
    topic: OneTopic,
    /// Until it has at least this many publishers
    #[arg(long, value_name = "N")]
    publishers: Option<usize>,
    /// Until it has at least this many subscribers
    #[arg(long, value_name = "N")]
    subscribers: Option<usize>,
    /// Until a message is published, from now on
    #[arg(long)]
    message: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What the wait has seen.
#[derive(Default, Serialize)]
struct Seen {
    publishers: usize,
    subscribers: usize,
    messages: u64,
}

#[derive(Serialize)]
struct Waited<'a> {
    topic: &'a str,
    /// Whether everything that was waited for is there.
    met: bool,
    #[serde(flatten)]
    seen: &'a Seen,
    seconds: f64,
    reasons: &'a [Reason],
}

impl Wait {
    /// Waits, and says what is there, or why it is not.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let signals = Signals::handle()?;
        let begin = Instant::now();
        let mut watch = Watch::default();
        let mut met = false;
        while !signals.is_stopped() {
            watch.look(context, self.topic.name(), self.message)?;
            met = self.is_met(&watch.seen);
            if met || context.timeout.is_some_and(|timeout| begin.elapsed() >= timeout) {
                break;
            }
            if signals.wants_statistics() {
                eprintln!("{}: {} after {:.1} s", self.topic.name(), watch.seen, begin.elapsed().as_secs_f64());
            }
            signals.sleep(STEP);
        }
        let seconds = begin.elapsed().as_secs_f64();
        let reasons =
            if met || signals.is_stopped() { Vec::new() } else { why::examine(context, self.topic.name()).reasons };
        self.print(&watch.seen, met, seconds, &reasons)?;
        Ok(if met { Outcome::Done } else { Outcome::No })
    }

    fn is_met(&self, seen: &Seen) -> bool {
        let is_default = self.publishers.is_none() && self.subscribers.is_none() && !self.message;
        seen.publishers >= self.publishers.unwrap_or(usize::from(is_default))
            && seen.subscribers >= self.subscribers.unwrap_or(0)
            && (!self.message || seen.messages > 0)
    }

    fn print(&self, seen: &Seen, met: bool, seconds: f64, reasons: &[Reason]) -> Result<()> {
        let topic = self.topic.name().as_str();
        match self.format {
            Format::Json => {
                let waited = Waited { topic, met, seen, seconds, reasons };
                writeln!(io::stdout().lock(), "{}", serde_json::to_string(&waited)?)?;
            }
            Format::Text if met => writeln!(io::stdout().lock(), "{topic}: {seen} after {seconds:.1} s")?,
            Format::Text => {
                let mut out = io::stderr().lock();
                writeln!(out, "{topic}: gave up after {seconds:.1} s with {seen}")?;
                why::print(&mut out, reasons)?;
            }
        }
        Ok(())
    }
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = |count: u64, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        let [publishers, subscribers] = [self.publishers, self.subscribers].map(|count| count as u64);
        write!(f, "{}, {}", count(publishers, "publisher"), count(subscribers, "subscriber"))?;
        if self.messages > 0 { write!(f, ", {}", count(self.messages, "message")) } else { Ok(()) }
    }
}

/// The endpoints of a topic, looked at again and again.
#[derive(Default)]
struct Watch {
    seen: Seen,
    /// Publishers, and how much they had published when they were first seen; 0 for those that have
    /// joined since the first look.
    publishers: HashMap<EndpointId, (ObservedPublisher, u64)>,
    has_looked: bool,
}

impl Watch {
    fn look(&mut self, context: &Context, topic: &slotcast::TopicName, messages: bool) -> Result<()> {
        let observed = context.observer().topic(topic)?;
        let mut living: Vec<Peer> = Vec::new();
        if let Some(observed) = &observed {
            let endpoints = observed.endpoints()?.into_iter().filter(|endpoint| endpoint.alive);
            living.extend(endpoints.filter_map(|endpoint| endpoint.peer.ok()));
        }
        let count = |role| living.iter().filter(|peer| peer.role == role).count();
        (self.seen.publishers, self.seen.subscribers) = (count(Role::Publisher), count(Role::Subscriber));
        if let Some(observed) = observed.filter(|_| messages) {
            for peer in living.into_iter().filter(|peer| peer.role == Role::Publisher) {
                let id = peer.id;
                // One whose memory cannot be read is explained when the time is over.
                if !self.publishers.contains_key(&id)
                    && let Ok(publisher) = observed.publisher(peer)
                {
                    let before = if self.has_looked { 0 } else { publisher.published() };
                    self.publishers.insert(id, (publisher, before));
                }
            }
        }
        self.has_looked = true;
        let new = |(publisher, before): &(ObservedPublisher, u64)| publisher.published().saturating_sub(*before);
        self.seen.messages = self.publishers.values().map(new).sum();
        Ok(())
    }
}

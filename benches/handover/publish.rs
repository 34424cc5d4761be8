//! One publish call while nobody receives: in a loop, and with many subscribers.

use crate::bare::{self, Ring};
use crate::cli::Arguments;
use crate::links::Outbox;
use crate::message::{self, Small};
use crate::peer::{self, Context, Peer, Task};
use crate::report::{Row, Target};
use serde::{Deserialize, Serialize};
use slotcast::{Publisher, Subscriber};
use std::error::Error;
use std::time::Instant;

/// The number of subscribers of the crowded topic, all in the other process.
const CROWD: usize = 64;

/// Rounds between changes of the number of subscribers.
const BLOCK: u32 = 15;

pub(crate) fn measure(arguments: &Arguments, peer: &mut Peer) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = crowd(arguments, peer)?;
    rows.extend(could_sleep(arguments, peer)?);
    Ok(rows)
}

/// With one subscriber, and with many.
fn crowd(arguments: &Arguments, peer: &mut Peer) -> Result<Vec<Row>, Box<dyn Error>> {
    // One publisher, so that code and memory are the same: only the subscribers differ.
    let mut side = Side::new(arguments, peer, "publish")?;
    let mut with_bare = Vec::new();
    let mut with_crowd = Vec::new();
    for _ in 0..arguments.rounds(BLOCK) {
        side.hold(peer, 1, false)?;
        let alone = side.block()?;
        side.hold(peer, CROWD - 1, false)?;
        let among_many = side.block()?;
        side.drain(peer)?;
        with_crowd.extend(among_many.iter().zip(&alone).map(|(many, one)| (many.0, one.0)));
        with_bare.extend(alone);
    }
    Ok(vec![
        Row::of_pairs("publish, 48 bytes, 1 subscriber", "ns", "a stamped ring", &with_bare)
            .target(Target::AtMost(5.0)),
        Row::of_pairs("publish, 48 bytes, 64 subscribers", "ns", "1 subscriber", &with_crowd)
            .target(Target::RatioAtMost(1.1)),
    ])
}

/// With subscribers that have a descriptor and have waited, and are awake.
fn could_sleep(arguments: &Arguments, peer: &mut Peer) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut side = Side::new(arguments, peer, "publish/descriptors")?;
    let crowds = [1, 8, CROWD];
    let mut pairs = crowds.map(|_| Vec::new());
    for _ in 0..arguments.rounds(4 * BLOCK) {
        for (crowd, pairs) in crowds.iter().zip(&mut pairs) {
            let alone = side.block()?;
            side.hold(peer, *crowd, true)?;
            let among = side.block()?;
            side.drain(peer)?;
            pairs.extend(among.iter().zip(&alone).map(|(among, alone)| (among.0, alone.0)));
        }
    }
    let row = |(crowd, pairs): (usize, &Vec<_>)| {
        let plural = if crowd == 1 { "" } else { "s" };
        let name = format!("publish, 48 bytes, {crowd} subscriber{plural} with a descriptor, awake");
        Row::of_pairs(&name, "ns", "nobody", pairs).target(Target::RatioAtMost(1.1))
    };
    Ok(crowds.into_iter().zip(&pairs).map(row).collect())
}

/// A publisher, and a bare ring beside it.
struct Side {
    publisher: Publisher<Small>,
    ring: Ring<'static, 6>,
    topic: &'static str,
    next: u64,
    calls: u64,
    subscribers: usize,
}

impl Side {
    fn new(arguments: &Arguments, peer: &Peer, topic: &'static str) -> Result<Self, Box<dyn Error>> {
        let publisher = Publisher::builder(topic).domain(peer.domain()).create()?;
        bare::wipe(&peer.table.small.0);
        let ring = Ring::new(&peer.table.small.0);
        let calls = if arguments.is_quick() { 100 } else { 2000 };
        Ok(Self { publisher, ring, topic, next: 0, calls, subscribers: 0 })
    }

    /// Has the other process create more subscribers.
    fn hold(&mut self, peer: &mut Peer, subscribers: usize, descriptors: bool) -> Result<(), Box<dyn Error>> {
        self.subscribers += subscribers;
        peer.tell(&Join { topic: self.topic.into(), subscribers, descriptors })
    }

    /// Measures one call, here and on the bare ring, in some rounds. Returns nanoseconds.
    fn block(&mut self) -> Result<Vec<(f64, f64)>, Box<dyn Error>> {
        assert_eq!(self.publisher.subscribers()?.len(), self.subscribers);
        // Wakes the sleepers. Not by a call of its own: `publish` is inlined as in a loop because
        // it has one caller.
        each(&mut self.publisher, self.next, 1);
        self.next += 1;
        let round = |_| {
            let first = self.next;
            self.next += self.calls;
            (each(&mut self.publisher, first, self.calls), each(&mut self.ring, first, self.calls))
        };
        Ok((0..BLOCK).map(round).collect())
    }

    /// Has the other process check the last message, and leave.
    fn drain(&mut self, peer: &mut Peer) -> Result<(), Box<dyn Error>> {
        self.subscribers = 0;
        peer.tell(&Drain { last: self.next - 1 })
    }
}

/// Returns the nanoseconds of one call.
#[inline(never)]
fn each(outbox: &mut impl Outbox<6>, first: u64, calls: u64) -> f64 {
    let begin = Instant::now();
    for number in first..first + calls {
        outbox.put(&message::of(number));
    }
    begin.elapsed().as_nanos() as f64 / calls as f64
}

/// For the other process: subscribe, and do nothing else; or get a descriptor and poll once.
#[derive(Serialize, Deserialize)]
pub(crate) struct Join {
    pub(crate) topic: String,
    pub(crate) subscribers: usize,
    pub(crate) descriptors: bool,
}

impl Task for Join {
    const NAME: &'static str = "join";
    type Answer = ();

    fn run(self, context: &mut Context) -> Result<(), Box<dyn Error>> {
        for _ in 0..self.subscribers {
            let mut subscriber = Subscriber::<Small>::builder(&*self.topic).domain(&context.domain).create()?;
            if self.descriptors {
                subscriber.event_fd()?;
                subscriber.try_recv()?;
            }
            context.kept::<Vec<_>>().push(subscriber);
        }
        peer::answer(&())
    }
}

/// For the other process: check what all subscribers receive, up to the last message, and drop
/// them.
#[derive(Serialize, Deserialize)]
pub(crate) struct Drain {
    pub(crate) last: u64,
}

impl Task for Drain {
    const NAME: &'static str = "drain";
    type Answer = ();

    fn run(self, context: &mut Context) -> Result<(), Box<dyn Error>> {
        context.kept::<Vec<_>>().drain(..).try_for_each(|subscriber| drain(subscriber, self.last))?;
        peer::answer(&())
    }
}

/// Checks what a subscriber receives: whole messages, up to the last one.
fn drain(mut subscriber: Subscriber<Small>, last: u64) -> Result<(), Box<dyn Error>> {
    let mut found = None;
    while let Some(sample) = subscriber.try_recv()? {
        message::check(&sample, sample.sequence());
        found = Some(sample.sequence());
    }
    if found == Some(last) { Ok(()) } else { Err(format!("the last message was {found:?}, not {last}").into()) }
}
